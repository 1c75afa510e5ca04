//! The public half of a signing key as a JWK (RFC 7517; RFC 7518, section 6; RFC 8037).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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

/// What verifies signatures of `algorithm` under this JWK, parsed once; `None` if the key is not one for this algorithm. A
/// symmetric key is one for none of them.
pub(super) fn verification_key(algorithm: Algorithm, jwk: &Jwk) -> Option<ParsedPublicKey> {
    if jwk.common.key_algorithm.is_some_and(|named| named != jws(algorithm).into()) {
        return None;
    }
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    match (algorithm, &jwk.algorithm) {
        (Algorithm::Rs256 | Algorithm::Ps256, AlgorithmParameters::RSA(key)) => {
            let components = RsaPublicKeyComponents { n: bytes(&key.n)?, e: bytes(&key.e)? };
            let rsa = if algorithm == Algorithm::Ps256 { &RSA_PSS_2048_8192_SHA256 } else { &RSA_PKCS1_2048_8192_SHA256 };
            components.to_parsed_public_key(rsa).ok()
        }
        (Algorithm::Es256, AlgorithmParameters::EllipticCurve(key)) if key.curve == EllipticCurve::P256 => {
            // An uncompressed point: a 4, then both coordinates in full length (SEC 1, section 2.3.3).
            let point = [vec![4], bytes(&key.x)?, bytes(&key.y)?].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
        }
        (Algorithm::EdDsa, AlgorithmParameters::OctetKeyPair(key)) if key.curve == EllipticCurve::Ed25519 => {
            ParsedPublicKey::new(&ED25519, bytes(&key.x)?).ok()
        }
        _ => None,
    }
}
