//! Sealing at rest: envelope encryption with AES-256-GCM (NIST SP 800-38D).
//!
//! ```text
//! version (1) │ box(key-encryption key, data key) │ box(data key, plaintext)      box = nonce (12) │ ciphertext │ tag (16)
//! ```
//!
//! Each object has a data key of its own, so that what is learnt of one opens no other. Version and context are
//! authenticated with both boxes: an object that was moved to another place does not open there.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;

use super::{MasterKey, Purpose};
use crate::clock::{Entropy, random};
use crate::secret::Secret;

const VERSION: u8 = 1;
const DATA_KEY_LEN: usize = 32;
const WRAPPED_LEN: usize = NONCE_LEN + DATA_KEY_LEN + TAG_LEN;
const TAG_LEN: usize = 16;

/// Closes and opens what must not be readable in the database.
#[derive(Clone, Debug)]
pub struct Sealer {
    key_encryption_key: Secret<[u8; 32]>,
}

impl Sealer {
    pub fn new(master: &MasterKey) -> Self {
        Self { key_encryption_key: master.derive(Purpose::Seal) }
    }

    /// Seals `plaintext` for one place. `context` names the place: `signing key/{realm}/{kid}`.
    pub fn seal(&self, context: &str, plaintext: &[u8], entropy: &dyn Entropy) -> Result<Vec<u8>, SealError> {
        let aad = authenticated(context);
        let data_key: Secret<[u8; DATA_KEY_LEN]> = Secret::new(random(entropy));
        let mut sealed = vec![VERSION];
        for (key, content) in [(&self.key_encryption_key, data_key.expose().as_slice()), (&data_key, plaintext)] {
            sealed.extend(close(key, random(entropy), &aad, content).map_err(|Unspecified| SealError::NotSealed)?);
        }
        Ok(sealed)
    }

    /// Opens what was sealed for this context.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
        let (version, boxes) = sealed.split_first().ok_or(SealError::Truncated)?;
        if *version != VERSION {
            return Err(SealError::UnknownVersion(*version));
        }
        let (wrapped, content) = boxes.split_at_checked(WRAPPED_LEN).ok_or(SealError::Truncated)?;
        let aad = authenticated(context);
        let data_key = open(&self.key_encryption_key, &aad, wrapped)?;
        let data_key = <[u8; DATA_KEY_LEN]>::try_from(data_key.expose().as_slice()).map_err(|_| SealError::NotOpened)?;
        open(&Secret::new(data_key), &aad, content)
    }
}

fn authenticated(context: &str) -> Vec<u8> {
    [&[VERSION], context.as_bytes()].concat()
}

fn aes(key: &Secret<[u8; 32]>) -> Result<LessSafeKey, Unspecified> {
    UnboundKey::new(&AES_256_GCM, key.expose()).map(LessSafeKey::new)
}

/// One box. The nonce must never have been used with this key.
fn close(key: &Secret<[u8; 32]>, nonce: [u8; NONCE_LEN], aad: &[u8], content: &[u8]) -> Result<Vec<u8>, Unspecified> {
    // Room for the tag too: a buffer that grew would leave a copy of the plaintext behind.
    let mut ciphertext = Vec::with_capacity(content.len() + TAG_LEN);
    ciphertext.extend_from_slice(content);
    aes(key)?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), &mut ciphertext)?;
    Ok([nonce.as_slice(), &ciphertext].concat())
}

fn open(key: &Secret<[u8; 32]>, aad: &[u8], sealed: &[u8]) -> Result<Secret<Vec<u8>>, SealError> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Truncated)?;
    let mut content = ciphertext.to_vec();
    let len = aes(key)
        .and_then(|aes| Ok(aes.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad), &mut content)?.len()))
        .map_err(|Unspecified| SealError::NotOpened)?;
    content.truncate(len);
    Ok(Secret::new(content))
}

/// Why something could not be sealed or opened.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the sealed object is shorter than any sealed object can be")]
    Truncated,
    #[error("the sealed object has version {0}, which this program does not know: it was sealed by a newer one")]
    UnknownVersion(u8),
    #[error("the sealed object does not open: it was sealed under another master key, for another place, or it was changed")]
    NotOpened,
    #[error("the object could not be sealed")]
    NotSealed,
}

#[cfg(test)]
mod tests;
