//! One of the several live secrets of a client, as it is at rest: never the secret itself.

use super::{SecretId, Timestamp};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSecret {
    pub id: SecretId,
    pub verifier: Verifier,
    /// Raised by every change of the row, so that nothing learnt of an older one is believed.
    pub version: i64,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
}

impl StoredSecret {
    /// May it still authenticate?
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// What a presented secret is compared with.
#[derive(Clone, PartialEq, Eq)]
pub enum Verifier {
    /// HMAC-SHA-256 of a generated 256-bit secret under the pepper.
    Digest(Vec<u8>),
    /// A slow hash in PHC form or in an imported one, for a secret that a human chose.
    Hash(String),
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Digest(_) => "Digest([redacted])",
            Self::Hash(_) => "Hash([redacted])",
        })
    }
}
