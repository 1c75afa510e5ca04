//! Verification of our own tokens: JWS compact serialisation under a key of the realm's ring, and nothing else
//! (RFC 7515, section 5.2; RFC 8725).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::KeyRing;
use super::jwk::jws;
use crate::model::{Algorithm, KeyId, Timestamp};

/// The longest token that is looked at, in bytes: what a usual HTTP server takes as a header.
const MAX_TOKEN_LEN: usize = 16 * 1024;
/// Header parameters that bring a key along, change what the signature covers, or must be understood: none is ours.
const REFUSED_PARAMETERS: [&str; 8] = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc"];
/// Claims that are points in time wherever they stand (RFC 7519, section 4.1).
const NUMERIC_DATES: [&str; 3] = ["exp", "nbf", "iat"];

/// A token whose signature is ours. Whether it is still good is another question.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    pub algorithm: Algorithm,
    pub kid: KeyId,
    pub typ: Option<String>,
    pub claims: Map<String, Value>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// Verifies form and signature of a token, and the type of its times.
pub fn verify(ring: &KeyRing, token: &str) -> Result<Verified, VerifyError> {
    if token.len() > MAX_TOKEN_LEN {
        return Err(VerifyError::TooLong);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(VerifyError::NotCompact)?;
    let (header, payload) = message.split_once('.').ok_or(VerifyError::NotCompact)?;
    let header: Header = decode(header).ok_or(VerifyError::Header)?;
    if let Some(refused) = REFUSED_PARAMETERS.into_iter().find(|name| header.others.contains_key(*name)) {
        return Err(VerifyError::RefusedParameter(refused));
    }
    let kid = KeyId::new(header.kid.ok_or(VerifyError::NoKid)?);
    let (algorithm, key) = ring.verification_key(&kid).ok_or(VerifyError::UnknownKid)?;
    if header.alg != algorithm.as_str() {
        return Err(VerifyError::WrongAlgorithm);
    }
    if !jsonwebtoken::crypto::verify(signature, message.as_bytes(), key, jws(algorithm)).unwrap_or(false) {
        return Err(VerifyError::Signature);
    }
    let claims = decode(payload).ok_or(VerifyError::Claims)?;
    for name in NUMERIC_DATES {
        numeric_date(&claims, name)?;
    }
    Ok(Verified { algorithm, kid, typ: header.typ, claims })
}

/// JSON in base64url, without padding and without anything behind it.
fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// A claim that is a point in time (RFC 7519, section 2, NumericDate): whole seconds, as every token of ours has them.
/// One of another type is an error, never an absent claim.
pub fn numeric_date(claims: &Map<String, Value>, name: &'static str) -> Result<Option<Timestamp>, ClaimError> {
    match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_i64().map(|seconds| Some(Timestamp::from_seconds(seconds))).ok_or(ClaimError { name }),
    }
}

/// A claim has a type that it must not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{name}` is not a whole number of seconds")]
pub struct ClaimError {
    pub name: &'static str,
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
    #[error("the token's claims are not a JSON object")]
    Claims,
    #[error(transparent)]
    Claim(#[from] ClaimError),
}

#[cfg(test)]
mod tests;
