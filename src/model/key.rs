//! What is known of a signing key without its private half.

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

/// A signing key at rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    pub realm: RealmId,
    pub kid: KeyId,
    pub algorithm: Algorithm,
    pub state: KeyState,
    /// The public half as a JWK (RFC 7517), in JSON.
    pub public_jwk: String,
    /// The private half, sealed under the master key.
    pub sealed: Vec<u8>,
    pub created_at: Timestamp,
    pub published_at: Option<Timestamp>,
    pub activated_at: Option<Timestamp>,
    pub grace_at: Option<Timestamp>,
    pub retired_at: Option<Timestamp>,
}
