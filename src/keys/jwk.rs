//! The public half of a signing key as a JWK (RFC 7517; RFC 7518, section 6; RFC 8037).

use jsonwebtoken::DecodingKey;
use jsonwebtoken::errors::Result;
use jsonwebtoken::jwk::{AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash};

use crate::model::{Algorithm, KeyId};

/// The algorithm by the name that `jsonwebtoken` has for it.
pub(super) const fn jws(algorithm: Algorithm) -> jsonwebtoken::Algorithm {
    match algorithm {
        Algorithm::Rs256 => jsonwebtoken::Algorithm::RS256,
        Algorithm::Ps256 => jsonwebtoken::Algorithm::PS256,
        Algorithm::Es256 => jsonwebtoken::Algorithm::ES256,
        Algorithm::EdDsa => jsonwebtoken::Algorithm::EdDSA,
    }
}

/// The JWK of a public key. Without a `kid` of its own, the key is named by its thumbprint (RFC 7638).
pub(super) fn public_jwk(algorithm: Algorithm, key: AlgorithmParameters, kid: Option<KeyId>) -> Result<(KeyId, Jwk)> {
    let common = CommonParameters {
        public_key_use: Some(PublicKeyUse::Signature),
        key_algorithm: Some(jws(algorithm).into()),
        ..CommonParameters::default()
    };
    let mut jwk = Jwk { common, algorithm: key };
    let kid = match kid {
        Some(kid) => kid,
        None => KeyId::new(jwk.thumbprint(ThumbprintHash::SHA256)?),
    };
    jwk.common.key_id = Some(kid.as_str().to_owned());
    Ok((kid, jwk))
}

/// What verifies signatures of `algorithm` under this JWK; `None` if the key is not one for this algorithm. A symmetric
/// key is one for none of them.
pub(super) fn decoding_key(algorithm: Algorithm, jwk: &Jwk) -> Option<DecodingKey> {
    let fits = match (algorithm, &jwk.algorithm) {
        (Algorithm::Rs256 | Algorithm::Ps256, AlgorithmParameters::RSA(_)) => true,
        (Algorithm::Es256, AlgorithmParameters::EllipticCurve(key)) => key.curve == EllipticCurve::P256,
        (Algorithm::EdDsa, AlgorithmParameters::OctetKeyPair(key)) => key.curve == EllipticCurve::Ed25519,
        _ => false,
    };
    let named = jwk.common.key_algorithm.is_none_or(|named| named == jws(algorithm).into());
    if fits && named { DecodingKey::from_jwk(jwk).ok() } else { None }
}
