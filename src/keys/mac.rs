//! HMAC-SHA-256 (RFC 2104) under a key of our own: the building block of digests, memos and key derivation.

use aws_lc_rs::hmac;

use crate::secret::Secret;

/// A key that authenticates byte strings; it is known nowhere else.
#[derive(Clone, Debug)]
pub struct MacKey(hmac::Key);

impl MacKey {
    pub fn new(key: &Secret<[u8; 32]>) -> Self {
        Self::from_bytes(key.expose())
    }

    pub(super) fn from_bytes(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The MAC of the parts, one after the other. Where more than one has a variable length, the caller marks where each
    /// ends.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}
