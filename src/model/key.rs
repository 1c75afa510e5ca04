//! What is known of a signing key without opening its private half.

use super::{KeyId, RealmId, Timestamp};

closed! {
    /// A JWS signature algorithm (RFC 7518, section 3; RFC 8037).
    pub enum Algorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256: the default, which every partner's library verifies.
        Rs256 = "RS256",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
        /// ECDSA on P-256 with SHA-256.
        Es256 = "ES256",
        /// Ed25519.
        EdDsa = "EdDSA",
    }
}

closed! {
    /// The life of a signing key: one way only, one active key per realm and algorithm.
    pub enum KeyState {
        /// Published in the JWKS, not yet signing, so that every cache has met it before its first signature.
        Prepublished = "prepublished",
        /// Signs.
        Active = "active",
        /// Signs no more; published until the last token that it signed has expired.
        Grace = "grace",
        /// No longer published; kept for the record.
        Retired = "retired",
    }
}

impl KeyState {
    /// Is the public half in the JWKS?
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Prepublished | Self::Active | Self::Grace)
    }
}

/// A signing key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub realm: RealmId,
    pub kid: KeyId,
    pub algorithm: Algorithm,
    pub state: KeyState,
    /// The public half as JSON (RFC 7517).
    pub public_jwk: String,
    /// The private half, sealed.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub published_at: Timestamp,
    pub activated_at: Option<Timestamp>,
    pub grace_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
}

impl KeyRecord {
    /// Every state leaves its time behind: a row that lacks one, has one too many, or has them out of order was not
    /// written by us.
    pub fn check(&self) -> Result<(), InconsistentKey> {
        let reached =
            [(KeyState::Active, self.activated_at), (KeyState::Grace, self.grace_at), (KeyState::Retired, self.retired_at)];
        let told = reached.iter().all(|(state, at)| at.is_some() == (self.state >= *state));
        let times: Vec<_> =
            [self.created_at, self.published_at].into_iter().chain(reached.iter().filter_map(|(_, at)| *at)).collect();
        if told && times.is_sorted() {
            Ok(())
        } else {
            Err(InconsistentKey { realm: self.realm.clone(), kid: self.kid.clone(), state: self.state })
        }
    }
}

/// A row that cannot be a key in the state that it names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key `{kid}` of realm `{realm}` says {state}, which the times in its row contradict")]
pub struct InconsistentKey {
    pub realm: RealmId,
    pub kid: KeyId,
    pub state: KeyState,
}
