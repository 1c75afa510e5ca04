//! Slow hashes for secrets that can be guessed: passwords, and client secrets that a human chose or that were imported
//! (RFC 9106, Argon2id; OWASP Password Storage Cheat Sheet).
//!
//! A run takes tens of milliseconds and tens of MiB on purpose: call these from the [pool](super::pool) only.

use argon2::Algorithm;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::foreign::{self, numbers, stored};
use super::recipe::{Method, Recipe};
use crate::clock::{Entropy, random};
use crate::closed;
use crate::secret::{Secret, ct_eq};

const SALT_LEN: usize = 16;
const OUTPUT_LEN: usize = 32;

closed! {
    /// The families of hashes that we can verify. We make only the first.
    pub enum HashFormat {
        Argon2 = "argon2",
        Bcrypt = "bcrypt",
        Pbkdf2 = "pbkdf2",
        Scrypt = "scrypt",
        Sha2 = "sha2",
    }
}

/// What one run of Argon2id costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Params {
    pub memory_kib: u32,
    pub iterations: u32,
    pub lanes: u32,
}

impl Default for Argon2Params {
    /// OWASP's recommendation.
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, lanes: 1 }
    }
}

/// What makes the hashes of two equal secrets differ. All secrets of one client share theirs, so that one run is enough
/// to compare with each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Salt([u8; SALT_LEN]);

impl Salt {
    pub fn random(entropy: &dyn Entropy) -> Self {
        Self(random(entropy))
    }

    /// The salt of one of our own hashes, for the next secret of the same client.
    pub fn of(hash: &str) -> Option<Self> {
        let recipe = StoredHash::parse(hash).ok()?.recipe;
        match recipe.method {
            Method::Argon2 { .. } => recipe.salt.try_into().ok().map(Self),
            _ => None,
        }
    }
}

/// A hash as it is stored: how it was made, and what came out.
pub(super) struct StoredHash {
    pub(super) recipe: Recipe,
    pub(super) output: Vec<u8>,
}

impl StoredHash {
    fn parse(hash: &str) -> Result<Self, HashError> {
        let parts: Vec<&str> = hash.split('$').collect();
        let ["", variant @ ("argon2id" | "argon2i" | "argon2d"), rest @ ..] = parts.as_slice() else {
            return foreign::parse(hash);
        };
        let stored = Algorithm::new(variant).ok().and_then(|variant| argon2(variant, rest));
        let stored = stored.ok_or(HashError::Malformed(HashFormat::Argon2))?;
        stored.recipe.check()?;
        Ok(stored)
    }
}

/// What follows the variant in the PHC form of Argon2 1.3.
fn argon2(variant: Algorithm, rest: &[&str]) -> Option<StoredHash> {
    let ["v=19", params, salt, output] = rest else { return None };
    let [memory_kib, iterations, lanes] = numbers(params, ["m", "t", "p"])?;
    let method = Method::Argon2 { variant, params: Argon2Params { memory_kib, iterations, lanes } };
    let salt = STANDARD_NO_PAD.decode(salt).ok().filter(|salt| salt.len() >= argon2::MIN_SALT_LEN)?;
    stored(method, salt, STANDARD_NO_PAD.decode(output).ok()?)
}

/// Our own recipe.
fn argon2id(salt: Salt, params: Argon2Params) -> Recipe {
    let method = Method::Argon2 { variant: Algorithm::Argon2id, params };
    Recipe { method, salt: salt.0.to_vec(), output_len: OUTPUT_LEN }
}

/// The Argon2id hash of a secret in the PHC string format.
pub fn hash(secret: &[u8], salt: Salt, params: Argon2Params) -> Result<String, HashError> {
    let output = argon2id(salt, params).run(secret)?;
    Ok(phc(salt, output.expose(), params))
}

/// A hash that nobody knows a secret for, made without a run. To verify against it costs what any other costs.
pub fn decoy(entropy: &dyn Entropy, params: Argon2Params) -> Result<String, HashError> {
    let (output, salt) = (random::<OUTPUT_LEN>(entropy), Salt::random(entropy));
    argon2id(salt, params).check()?;
    Ok(phc(salt, &output, params))
}

fn phc(salt: Salt, output: &[u8], params: Argon2Params) -> String {
    let Argon2Params { memory_kib, iterations, lanes } = params;
    let [salt, output] = [salt.0.as_slice(), output].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    format!("$argon2id$v=19$m={memory_kib},t={iterations},p={lanes}${salt}${output}")
}

/// Is this the hash of the presented secret?
pub fn verify(hash: &str, presented: &[u8]) -> Result<bool, HashError> {
    find(&[hash], presented).map(|found| found.is_some())
}

/// Which of these hashes is that of the presented secret? Hashes with the same salt and parameters cost one run together.
pub fn find(hashes: &[&str], presented: &[u8]) -> Result<Option<usize>, HashError> {
    find_with(hashes, |recipe| recipe.run(presented))
}

fn find_with(
    hashes: &[&str],
    mut run: impl FnMut(&Recipe) -> Result<Secret<Vec<u8>>, HashError>,
) -> Result<Option<usize>, HashError> {
    let mut outputs: Vec<(Recipe, Secret<Vec<u8>>)> = Vec::new();
    for (index, hash) in hashes.iter().enumerate() {
        let StoredHash { recipe, output } = StoredHash::parse(hash)?;
        let known = outputs.iter().find(|(known, _)| *known == recipe).map(|(_, presented)| ct_eq(presented.expose(), &output));
        let found = match known {
            Some(found) => found,
            None => {
                let presented = run(&recipe)?;
                let found = presented.ct_eq(&output);
                outputs.push((recipe, presented));
                found
            }
        };
        if found {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

/// Was this hash made otherwise than we make hashes now? After the next success it is to be made anew.
pub fn needs_rehash(hash: &str, params: Argon2Params) -> bool {
    match (Salt::of(hash), StoredHash::parse(hash)) {
        (Some(salt), Ok(stored)) => stored.recipe != argon2id(salt, params),
        _ => true,
    }
}

/// Can we verify this hash? An import refuses what we cannot.
pub fn recognise(hash: &str) -> Result<HashFormat, HashError> {
    StoredHash::parse(hash).map(|stored| stored.recipe.format())
}

/// Why a hash cannot be made or verified. None of it says anything about a presented secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    #[error(
        "the format of the hash is not known: it must be argon2, bcrypt ($2a$, $2b$, $2y$), PBKDF2 ($pbkdf2-sha256$i=…, \
         $pbkdf2-sha512$i=…, pbkdf2_sha256$…), scrypt ($scrypt$ln=…) or SHA-2 ({{SHA256}}, {{SHA512}}, {{SSHA256}}, {{SSHA512}})"
    )]
    UnknownFormat,
    #[error("this is not a whole {0} hash")]
    Malformed(HashFormat),
    #[error("one run of this {format} hash costs more than is allowed, which is {limit}")]
    TooCostly { format: HashFormat, limit: &'static str },
    #[error("this {0} hash cannot be run: {1}")]
    Unusable(HashFormat, String),
}

#[cfg(test)]
mod tests;
