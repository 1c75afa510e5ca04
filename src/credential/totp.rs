//! Time-based one-time passwords (RFC 6238 with SHA-1, steps of 30 s, 6 digits): what every authenticator app speaks.

use aws_lc_rs::hmac;

use crate::model::Timestamp;
use crate::secret::{Secret, ct_eq};

const STEP_SECONDS: i64 = 30;
const DIGITS: usize = 6;
/// Earlier and later steps whose codes are taken too, for clocks that differ and people who type slowly.
const WINDOW: i64 = 1;

/// The step whose code this is, if it is that of the present step or of a neighbour. The caller remembers it: a step that
/// was used once, and every one before it, is used up (RFC 6238, section 5.2).
pub fn matching_step(secret: &Secret<Vec<u8>>, code: &str, now: Timestamp) -> Option<i64> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.expose());
    let present = now.seconds().div_euclid(STEP_SECONDS);
    // All are compared, whichever matches; of two with the same code the later counts, so that neither is left for a replay.
    (present - WINDOW..=present + WINDOW).fold(None, |found, step| {
        let matches = ct_eq(code_of(&key, step).as_bytes(), code.as_bytes());
        if matches && step >= 0 { Some(step) } else { found }
    })
}

/// HOTP of a step (RFC 4226, section 5.3).
fn code_of(key: &hmac::Key, step: i64) -> String {
    let mac = hmac::sign(key, &step.to_be_bytes());
    let mac = mac.as_ref();
    let offset = mac.last().map_or(0, |last| usize::from(last & 0x0f));
    let chosen = mac.get(offset..).and_then(<[u8]>::first_chunk).map_or(0, |chunk| u32::from_be_bytes(*chunk));
    format!("{:0DIGITS$}", (chosen & 0x7fff_ffff) % 10_u32.pow(6))
}

/// A secret in base32 as authenticator apps exchange it (RFC 4648, section 6): upper case, with all of its padding or
/// none.
pub fn decode_base32(text: &str) -> Result<Secret<Vec<u8>>, Base32Error> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if padding != 0 && (!text.len().is_multiple_of(8) || padding >= 8) {
        return Err(Base32Error);
    }
    // The full length at once: a buffer that grew would leave a copy of itself behind.
    let mut bytes = Vec::with_capacity(digits.len() * 5 / 8);
    let (mut buffer, mut bits) = (0_u16, 0);
    for digit in digits.bytes() {
        buffer = buffer << 5 | value_of(digit).ok_or(Base32Error)?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            let [_, byte] = (buffer >> bits).to_be_bytes();
            bytes.push(byte);
        }
        buffer &= (1 << bits) - 1;
    }
    let bytes = Secret::new(bytes);
    // What is left belongs to no byte: fewer bits than a digit has, and none of them set.
    if bits >= 5 || buffer != 0 { Err(Base32Error) } else { Ok(bytes) }
}

fn value_of(digit: u8) -> Option<u16> {
    match digit {
        b'A'..=b'Z' => Some(u16::from(digit - b'A')),
        b'2'..=b'7' => Some(u16::from(digit - b'2') + 26),
        _ => None,
    }
}

/// The text is not base32. Nothing of it is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret is not base32: use the letters A-Z and the digits 2-7")]
pub struct Base32Error;

#[cfg(test)]
mod tests;
