//! `application/x-www-form-urlencoded`, read strictly: a half escape or bytes that are not UTF-8 are a fault, never repaired.

use crate::secret::Secret;

/// The pairs of a form or a query, in their order; `None` if an escape is broken. Empty pairs are passed over.
pub fn pairs(text: &str) -> Option<Vec<(String, Secret<String>)>> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decode(name)?.expose().clone(), decode(value)?))
        })
        .collect()
}

/// One name or value: `+` is a blank, `%` begins an escape. `None` if an escape is broken or the result is not UTF-8.
pub fn decode(text: &str) -> Option<Secret<String>> {
    // Never grows, so that no copy of a secret is left behind.
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex_digit(rest.next()?)? << 4 | hex_digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok().map(Secret::new)
}

pub fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
