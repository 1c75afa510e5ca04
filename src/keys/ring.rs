//! The key ring of one realm: who signs, what the JWKS shows, which key verifies (RFC 7517, section 5).

use std::collections::HashMap;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::ParsedPublicKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jsonwebtoken::jwk::{Jwk, JwkSet};

use super::SigningKey;
use super::jwk;
use crate::model::{Algorithm, KeyId, KeyState};

/// A key as the ring takes it in.
#[derive(Clone, Debug)]
pub struct PublishedKey {
    pub kid: KeyId,
    pub algorithm: Algorithm,
    pub state: KeyState,
    pub jwk: Jwk,
    /// The private half; only the active key needs it.
    pub signer: Option<Arc<SigningKey>>,
}

/// The public keys of a realm as verifiers fetch them: serialised once, sent many times.
#[derive(Clone, Debug)]
pub struct Jwks {
    /// The JSON document.
    pub body: Bytes,
    /// A strong entity tag with its quotes (RFC 9110, section 8.8.3): the digest of the body.
    pub etag: String,
}

/// Every published key of one realm. Immutable: a change makes a new ring.
#[derive(Debug)]
pub struct KeyRing {
    signers: HashMap<Algorithm, Arc<SigningKey>>,
    verification_keys: HashMap<KeyId, (Algorithm, ParsedPublicKey)>,
    jwks: Jwks,
}

impl KeyRing {
    /// The ring of these keys. Retired keys are left out.
    pub fn new(keys: Vec<PublishedKey>) -> Result<Self, RingError> {
        let mut keys: Vec<_> = keys.into_iter().filter(|key| key.state.is_published()).collect();
        // The signing key first, for verifiers that only look at the first; then the same order on every node.
        keys.sort_by(|a, b| (a.state != KeyState::Active, &a.kid).cmp(&(b.state != KeyState::Active, &b.kid)));
        let mut signers = HashMap::new();
        let mut verification_keys = HashMap::new();
        for key in &keys {
            let verifier = verification_key(key)?;
            if verification_keys.insert(key.kid.clone(), (key.algorithm, verifier)).is_some() {
                return Err(RingError::SameKid(key.kid.clone()));
            }
            if key.state == KeyState::Active && signers.insert(key.algorithm, signer(key)?).is_some() {
                return Err(RingError::TwoActive(key.algorithm));
            }
        }
        let jwks = Jwks::new(keys.into_iter().map(|key| key.jwk).collect())?;
        Ok(Self { signers, verification_keys, jwks })
    }

    /// The active key of this algorithm.
    pub fn signer(&self, algorithm: Algorithm) -> Option<&Arc<SigningKey>> {
        self.signers.get(&algorithm)
    }

    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// The published key of this name, with the only algorithm that it verifies.
    pub fn verification_key(&self, kid: &KeyId) -> Option<(Algorithm, &ParsedPublicKey)> {
        self.verification_keys.get(kid).map(|(algorithm, key)| (*algorithm, key))
    }
}

impl Jwks {
    fn new(keys: Vec<Jwk>) -> Result<Self, RingError> {
        let body = serde_json::to_vec(&JwkSet { keys })?;
        let etag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest(&SHA256, &body)));
        Ok(Self { body: body.into(), etag })
    }
}

fn verification_key(key: &PublishedKey) -> Result<ParsedPublicKey, RingError> {
    let named = key.jwk.common.key_id.as_deref() == Some(key.kid.as_str());
    let verifier = if named { jwk::verification_key(key.algorithm, &key.jwk) } else { None };
    verifier.ok_or_else(|| RingError::WrongJwk { kid: key.kid.clone(), algorithm: key.algorithm })
}

/// The private half of an active key, which must belong to the public half that is shown.
fn signer(key: &PublishedKey) -> Result<Arc<SigningKey>, RingError> {
    match &key.signer {
        Some(signer) if *signer.public_jwk() == key.jwk => Ok(Arc::clone(signer)),
        Some(_) => Err(RingError::OtherHalf(key.kid.clone())),
        None => Err(RingError::NoSigner(key.kid.clone())),
    }
}

/// Why these keys are no ring.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    #[error("the public JWK of the key `{kid}` is not one of a key of that name for {algorithm}")]
    WrongJwk { kid: KeyId, algorithm: Algorithm },
    #[error("two published keys have the name `{0}`")]
    SameKid(KeyId),
    #[error("two keys are active for {0}")]
    TwoActive(Algorithm),
    #[error("the active key `{0}` has no private half")]
    NoSigner(KeyId),
    #[error("the private half of the active key `{0}` does not belong to its public JWK")]
    OtherHalf(KeyId),
    #[error("the JWKS cannot be written: {0}")]
    Jwks(#[from] serde_json::Error),
}

#[cfg(test)]
mod tests;
