//! Hashes that came from elsewhere, taken apart (RFC 8018, RFC 7914, RFC 2307, the PHC string format):
//!
//! ```text
//! bcrypt  $2a$ $2b$ $2y$            $2b$12$<salt and hash, 53 characters>
//! PBKDF2  PHC                       $pbkdf2-sha256$i=600000$<salt>$<hash>              sha512 too
//!         Django                    pbkdf2_sha256$600000$<salt as text>$<hash>
//! scrypt  PHC                       $scrypt$ln=17,r=8,p=1$<salt>$<hash>
//! SHA-2   plain                     {SHA256}<hex> {SHA512}<hex>
//!         salted                    {SSHA256}<base64 of hash and salt> {SSHA512}
//! ```

use std::num::NonZeroU32;

use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, STANDARD_NO_PAD};
use base64::{Engine, alphabet};

use super::hash::{HashError, HashFormat, StoredHash};
use super::recipe::{Method, Recipe, Sha};

/// bcrypt's alphabet; some of its implementations leave bits behind the last whole byte.
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
/// A shorter output would be found by chance.
const MIN_OUTPUT_LEN: usize = 16;
/// No format has a longer one.
const MAX_OUTPUT_LEN: usize = 64;

/// Takes a hash apart that is not one of our own Argon2 hashes.
pub(super) fn parse(hash: &str) -> Result<StoredHash, HashError> {
    let parts: Vec<&str> = hash.split('$').collect();
    let (format, parsed) = match parts.as_slice() {
        ["", "2a" | "2b" | "2y", cost, rest] => (HashFormat::Bcrypt, bcrypt(cost, rest)),
        ["", "pbkdf2-sha256", params, salt, output] => (HashFormat::Pbkdf2, pbkdf2(Sha::Sha256, params, salt, output)),
        ["", "pbkdf2-sha512", params, salt, output] => (HashFormat::Pbkdf2, pbkdf2(Sha::Sha512, params, salt, output)),
        ["pbkdf2_sha256", iterations, salt, output] => (HashFormat::Pbkdf2, django(iterations, salt, output)),
        ["", "scrypt", params, salt, output] => (HashFormat::Scrypt, scrypt(params, salt, output)),
        [text] => (HashFormat::Sha2, sha2(text).ok_or(HashError::UnknownFormat)?),
        _ => return Err(HashError::UnknownFormat),
    };
    let stored = parsed.ok_or(HashError::Malformed(format))?;
    stored.recipe.check()?;
    Ok(stored)
}

fn bcrypt(cost: &str, rest: &str) -> Option<StoredHash> {
    let cost = cost.parse().ok().filter(|cost| (4..=31).contains(cost) && rest.len() == 53)?;
    let (salt, output) = rest.split_at_checked(22)?;
    let salt = BCRYPT_BASE64.decode(salt).ok()?.try_into().ok()?;
    stored(Method::Bcrypt { cost, salt }, Vec::new(), BCRYPT_BASE64.decode(output).ok()?)
}

fn pbkdf2(sha: Sha, params: &str, salt: &str, output: &str) -> Option<StoredHash> {
    let [iterations] = numbers(params, ["i"])?;
    let method = Method::Pbkdf2 { sha, iterations: NonZeroU32::new(iterations)? };
    stored(method, STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(output).ok()?)
}

fn django(iterations: &str, salt: &str, output: &str) -> Option<StoredHash> {
    let method = Method::Pbkdf2 { sha: Sha::Sha256, iterations: iterations.parse().ok()? };
    stored(method, salt.as_bytes().to_vec(), STANDARD.decode(output).ok()?)
}

fn scrypt(params: &str, salt: &str, output: &str) -> Option<StoredHash> {
    let [log_n, r, p] = numbers(params, ["ln", "r", "p"])?;
    let method = Method::Scrypt { log_n: u8::try_from(log_n).ok()?, r, p };
    stored(method, STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(output).ok()?)
}

/// `None` if the scheme is unknown, `Some(None)` if the rest does not fit it.
fn sha2(text: &str) -> Option<Option<StoredHash>> {
    let (scheme, rest) = text.strip_prefix('{')?.split_once('}')?;
    let (sha, salted) = match scheme {
        "SHA256" => (Sha::Sha256, false),
        "SHA512" => (Sha::Sha512, false),
        "SSHA256" => (Sha::Sha256, true),
        "SSHA512" => (Sha::Sha512, true),
        _ => return None,
    };
    let bytes = if salted { STANDARD.decode(rest).ok() } else { from_hex(rest) };
    Some(bytes.and_then(|bytes| {
        let (output, salt) = bytes.split_at_checked(sha.len())?;
        // Without a salt there is a form of its own, and a plain hash has nothing behind it.
        (salted != salt.is_empty()).then(|| stored(Method::Sha(sha), salt.to_vec(), output.to_vec()))?
    }))
}

/// The hash with its recipe, if the output is as long as that of a hash can be.
pub(super) fn stored(method: Method, salt: Vec<u8>, output: Vec<u8>) -> Option<StoredHash> {
    let output_len = output.len();
    (MIN_OUTPUT_LEN..=MAX_OUTPUT_LEN)
        .contains(&output_len)
        .then_some(StoredHash { recipe: Recipe { method, salt, output_len }, output })
}

/// The numbers of a PHC parameter list that has exactly these names in this order.
pub(super) fn numbers<const N: usize>(params: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut given = params.split(',');
    let mut numbers = [0; N];
    for (number, name) in numbers.iter_mut().zip(names) {
        *number = given.next()?.strip_prefix(name)?.strip_prefix('=')?.parse().ok()?;
    }
    given.next().is_none().then_some(numbers)
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    if rest.is_empty() { bytes } else { None }
}
