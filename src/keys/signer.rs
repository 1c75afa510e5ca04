//! A signing key: what puts the signature under a token (RFC 7515, section 5.1).
//!
//! The parsed key and the encoded headers are kept, because parsing an RSA key costs more than half of what signing with
//! it costs.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aws_lc_rs::error::Unspecified;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;

use super::jwk::public_jwk;
use super::pair::{KeyError, Pair};
use crate::model::{Algorithm, KeyId};
use crate::secret::Secret;

/// A private key with its name and its algorithm.
pub struct SigningKey {
    kid: KeyId,
    algorithm: Algorithm,
    pair: Pair,
    jwk: Jwk,
    /// The encoded header for each `typ`. Dialects name them, so there are few.
    headers: RwLock<HashMap<String, Arc<str>>>,
}

impl SigningKey {
    /// A new key. Without a `kid` it is named by its thumbprint (RFC 7638). `rsa_bits` (2048, 3072 or 4096) counts for the
    /// RSA algorithms only.
    pub fn generate(algorithm: Algorithm, kid: Option<KeyId>, rsa_bits: u32) -> Result<Self, KeyError> {
        Self::new(algorithm, kid, Pair::generate(algorithm, rsa_bits)?)
    }

    /// A key from its PKCS#8 form (RFC 5958).
    pub fn from_pkcs8(algorithm: Algorithm, kid: Option<KeyId>, der: &[u8]) -> Result<Self, KeyError> {
        Self::new(algorithm, kid, Pair::from_pkcs8(algorithm, der)?)
    }

    /// A key from PEM: a section `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY` (RFC 7468).
    pub fn from_pem(algorithm: Algorithm, kid: Option<KeyId>, pem: &str) -> Result<Self, KeyError> {
        Self::new(algorithm, kid, Pair::from_pem(algorithm, pem)?)
    }

    fn new(algorithm: Algorithm, kid: Option<KeyId>, pair: Pair) -> Result<Self, KeyError> {
        let (kid, jwk) = public_jwk(algorithm, pair.public()?, kid)?;
        Ok(Self { kid, algorithm, pair, jwk, headers: RwLock::default() })
    }

    pub fn kid(&self) -> &KeyId {
        &self.kid
    }

    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The private key in PKCS#8 form, to be sealed.
    pub fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        self.pair.to_pkcs8()
    }

    /// The public half, with `use`, `alg` and `kid`.
    pub fn public_jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// The protected header `{"alg", "typ", "kid"}` in base64url: the first part of a token.
    pub fn encoded_header(&self, typ: &str) -> Arc<str> {
        if let Some(header) = self.headers.read().unwrap_or_else(PoisonError::into_inner).get(typ) {
            return Arc::clone(header);
        }
        let header = serde_json::json!({ "alg": self.algorithm, "typ": typ, "kid": self.kid }).to_string();
        let header: Arc<str> = URL_SAFE_NO_PAD.encode(header).into();
        self.headers.write().unwrap_or_else(PoisonError::into_inner).insert(typ.to_owned(), Arc::clone(&header));
        header
    }

    /// Appends the signature of `message` to `out`, not encoded.
    pub fn sign(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), SignError> {
        self.pair.sign(message, out).map_err(|Unspecified| SignError { kid: self.kid.clone() })
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// A key that could be parsed refused to sign.
#[derive(Debug, thiserror::Error)]
#[error("the key `{kid}` did not sign")]
pub struct SignError {
    pub kid: KeyId,
}

#[cfg(test)]
mod tests;
