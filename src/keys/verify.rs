//! Verification of our own tokens: JWS compact serialisation under a key of the realm's ring, and nothing else
//! (RFC 7515, section 5.2; RFC 8725).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};

use super::KeyRing;
use crate::model::{Algorithm, KeyId};

/// The longest token that is looked at, in bytes: what a usual HTTP server takes as a header.
const MAX_TOKEN_LEN: usize = 16 * 1024;

/// A token whose signature is ours. Whether it is still good is another question.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<C> {
    pub algorithm: Algorithm,
    pub kid: KeyId,
    pub typ: Option<String>,
    pub claims: C,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
    #[serde(default, deserialize_with = "is_there")]
    b64: bool,
    #[serde(default, deserialize_with = "is_there")]
    jwk: bool,
    #[serde(default, deserialize_with = "is_there")]
    jku: bool,
    #[serde(default, deserialize_with = "is_there")]
    x5u: bool,
    #[serde(default, deserialize_with = "is_there")]
    x5c: bool,
    #[serde(default, deserialize_with = "is_there")]
    zip: bool,
    #[serde(default, deserialize_with = "is_there")]
    enc: bool,
}

impl Header {
    /// Parameters that bring a key along, change what the signature covers, or must be understood: none is ours.
    fn refuse(&self) -> Result<(), VerifyError> {
        let refused = [
            ("crit", self.crit),
            ("b64", self.b64),
            ("jwk", self.jwk),
            ("jku", self.jku),
            ("x5u", self.x5u),
            ("x5c", self.x5c),
            ("zip", self.zip),
            ("enc", self.enc),
        ];
        match refused.into_iter().find(|(_, is_there)| *is_there) {
            Some((name, _)) => Err(VerifyError::RefusedParameter(name)),
            None => Ok(()),
        }
    }
}

/// Verifies form and signature of a token, and the types of its claims.
pub fn verify<C: DeserializeOwned>(ring: &KeyRing, token: &str) -> Result<Verified<C>, VerifyError> {
    if token.len() > MAX_TOKEN_LEN {
        return Err(VerifyError::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::NotCompact)?;
    let (header, payload) = message.split_once('.').ok_or(VerifyError::NotCompact)?;
    let header: Header = decode(header).ok_or(VerifyError::Header)?;
    header.refuse()?;
    let kid = KeyId::new(header.kid.ok_or(VerifyError::NoKid)?);
    let (algorithm, key) = ring.verification_key(&kid).ok_or(VerifyError::UnknownKid)?;
    if header.alg != algorithm.as_str() {
        return Err(VerifyError::WrongAlgorithm);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| VerifyError::Signature)?;
    key.verify_sig(message.as_bytes(), &signature).map_err(|_| VerifyError::Signature)?;
    let claims = decode(payload).ok_or(VerifyError::Claims)?;
    Ok(Verified { algorithm, kid, typ: header.typ, claims })
}

/// JSON in base64url, without padding and without anything behind it.
fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// A parameter is there, whatever its value.
fn is_there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Why a token is not one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("the token is longer than {MAX_TOKEN_LEN} bytes")]
    TooLong,
    #[error("the token has not the three parts of a JWS")]
    NotCompact,
    #[error("the token's header is not a JWS header")]
    Header,
    #[error("the token's header has the parameter `{0}`, which no token of ours has")]
    RefusedParameter(&'static str),
    #[error("the token names no key")]
    NoKid,
    #[error("the token names a key that is not published")]
    UnknownKid,
    #[error("the token names another algorithm than its key has")]
    WrongAlgorithm,
    #[error("the signature is not of the key that the token names")]
    Signature,
    #[error("the token's claims are not those of a token of ours")]
    Claims,
}

#[cfg(test)]
mod tests;
