//! The private half of a signing key, parsed once and held in memory (RFC 5958, RFC 8017, RFC 5915, RFC 8410).
//!
//! Keys, the nonces of ES256 and the salts of PS256 come from aws-lc's own generator, which takes no other source.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
    RsaKeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, EllipticCurveKeyParameters, EllipticCurveKeyType, OctetKeyPairParameters,
    OctetKeyPairType, RSAKeyParameters, RSAKeyType,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::model::Algorithm;
use crate::secret::Secret;

/// A key pair with the way in which it signs.
pub(super) enum Pair {
    Rsa(&'static dyn RsaEncoding, RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    /// A new key pair. `rsa_bits` counts for the RSA algorithms only.
    pub(super) fn generate(algorithm: Algorithm, rsa_bits: u32) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                let size = match rsa_bits {
                    2048 => KeySize::Rsa2048,
                    3072 => KeySize::Rsa3072,
                    4096 => KeySize::Rsa4096,
                    other => return Err(KeyError::RsaBits(other)),
                };
                RsaKeyPair::generate(size).map(|pair| Self::rsa(algorithm, pair))
            }
            Algorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self::Ecdsa),
            Algorithm::EdDsa => Ed25519KeyPair::generate().map(Self::Ed25519),
        };
        pair.map_err(|Unspecified| KeyError::NotGenerated)
    }

    pub(super) fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => RsaKeyPair::from_pkcs8(der).map(|pair| Self::rsa(algorithm, pair)),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Self::Ecdsa),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Self::Ed25519),
        };
        pair.map_err(|reason| KeyError::Rejected { algorithm, reason })
    }

    /// The first private key of a PEM text, in PKCS#8 or in the form that its kind had before.
    pub(super) fn from_pem(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let der = Secret::new(PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?);
        let pair = match (algorithm, der.expose()) {
            (_, PrivateKeyDer::Pkcs8(der)) => return Self::from_pkcs8(algorithm, der.secret_pkcs8_der()),
            (Algorithm::Rs256 | Algorithm::Ps256, PrivateKeyDer::Pkcs1(der)) => {
                RsaKeyPair::from_der(der.secret_pkcs1_der()).map(|pair| Self::rsa(algorithm, pair))
            }
            (Algorithm::Es256, PrivateKeyDer::Sec1(der)) => {
                EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, der.secret_sec1_der()).map(Self::Ecdsa)
            }
            _ => return Err(KeyError::OtherKind(algorithm)),
        };
        pair.map_err(|reason| KeyError::Rejected { algorithm, reason })
    }

    fn rsa(algorithm: Algorithm, pair: RsaKeyPair) -> Self {
        match algorithm {
            Algorithm::Ps256 => Self::Rsa(&RSA_PSS_SHA256, pair),
            _ => Self::Rsa(&RSA_PKCS1_SHA256, pair),
        }
    }

    pub(super) fn to_pkcs8(&self) -> Result<Secret<Vec<u8>>, KeyError> {
        let der = match self {
            Self::Rsa(_, pair) => AsDer::<Pkcs8V1Der>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Self::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Self::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        der.map(Secret::new).map_err(|Unspecified| KeyError::NotExported)
    }

    /// The public half.
    pub(super) fn public(&self) -> Result<AlgorithmParameters, KeyError> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        match self {
            Self::Rsa(_, pair) => Ok(AlgorithmParameters::RSA(RSAKeyParameters {
                key_type: RSAKeyType::RSA,
                n: encode(pair.public_key().modulus().big_endian_without_leading_zero()),
                e: encode(pair.public_key().exponent().big_endian_without_leading_zero()),
            })),
            Self::Ecdsa(pair) => {
                // An uncompressed point: a 4, then both coordinates in full length (SEC 1, section 2.3.3).
                let Some((4, point)) = pair.public_key().as_ref().split_first() else { return Err(KeyError::NotExported) };
                let (x, y) = point.split_at(point.len() / 2);
                Ok(AlgorithmParameters::EllipticCurve(EllipticCurveKeyParameters {
                    key_type: EllipticCurveKeyType::EC,
                    curve: EllipticCurve::P256,
                    x: encode(x),
                    y: encode(y),
                }))
            }
            Self::Ed25519(pair) => Ok(AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
                key_type: OctetKeyPairType::OctetKeyPair,
                curve: EllipticCurve::Ed25519,
                x: encode(pair.public_key().as_ref()),
            })),
        }
    }

    /// Appends the signature of `message` to `out`, in the form of a JWS (RFC 7518, section 3; RFC 8037, section 3.1).
    pub(super) fn sign(&self, message: &[u8], out: &mut Vec<u8>) -> Result<(), Unspecified> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(encoding, pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature)?;
                out.append(&mut signature);
            }
            Self::Ecdsa(pair) => out.extend_from_slice(pair.sign(&random, message)?.as_ref()),
            Self::Ed25519(pair) => out.extend_from_slice(pair.try_sign(message)?.as_ref()),
        }
        Ok(())
    }
}

/// Why there is no signing key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("an RSA key is made with 2048, 3072 or 4096 bits, not {0}")]
    RsaBits(u32),
    #[error("the key could not be generated")]
    NotGenerated,
    #[error(
        "this is no usable {algorithm} key ({reason}): RS256 and PS256 take RSA of 2048 to 8192 bits, ES256 takes P-256, EdDSA \
         takes Ed25519"
    )]
    Rejected { algorithm: Algorithm, reason: KeyRejected },
    #[error("there is no private key in this PEM: expected a section `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`")]
    Pem,
    #[error("the private key in this PEM is of another kind than {0} takes")]
    OtherKind(Algorithm),
    #[error("the key could not be exported")]
    NotExported,
    #[error("the key has no JWK: {0}")]
    Jwk(#[from] jsonwebtoken::errors::Error),
}
