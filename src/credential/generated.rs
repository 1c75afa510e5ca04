//! Generated secrets: 256 random bits in a form that scanners find and that gives typos away before any lookup.
//!
//! ```text
//! cs_ │ 32 random bytes in base64url (43 characters) │ checksum (6 characters)            52 characters in all
//! ```
//!
//! The checksum is the first six base64url characters (36 bits) of SHA-256 over the domain `countersign secret v1:` and
//! the 46 characters before it. It finds typos; it proves nothing.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::{Entropy, random};
use crate::secret::Secret;

const PREFIX: &str = "cs_";
const DOMAIN: &[u8] = b"countersign secret v1:";
const CHECKSUM_LEN: usize = 6;
const LEN: usize = PREFIX.len() + 43 + CHECKSUM_LEN;

/// A new secret. It is shown once and kept as a digest.
pub fn generate(entropy: &dyn Entropy) -> Secret<String> {
    let bytes: Secret<[u8; 32]> = Secret::new(random(entropy));
    // The full length at once: a string that grew would leave a copy of itself behind.
    let mut text = String::with_capacity(LEN);
    text.push_str(PREFIX);
    URL_SAFE_NO_PAD.encode_string(bytes.expose(), &mut text);
    let checksum = checksum(&text);
    text.push_str(&checksum);
    Secret::new(text)
}

/// Can this be a generated secret? If not, it is a typo or something else, and need not be looked up.
pub fn is_well_formed(text: &str) -> bool {
    let Some((body, presented)) = text.len().checked_sub(CHECKSUM_LEN).and_then(|end| text.split_at_checked(end)) else {
        return false;
    };
    let random = body.strip_prefix(PREFIX).and_then(|encoded| URL_SAFE_NO_PAD.decode(encoded).ok()).map(Secret::new);
    random.is_some_and(|random| random.expose().len() == 32) && presented == checksum(body)
}

fn checksum(body: &str) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(DOMAIN);
    context.update(body.as_bytes());
    URL_SAFE_NO_PAD.encode(context.finish()).chars().take(CHECKSUM_LEN).collect()
}

#[cfg(test)]
mod tests;
