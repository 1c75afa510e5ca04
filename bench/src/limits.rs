//! The bare rates of the cryptography under the server: what a core could do if it did nothing else.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaPublicKeyComponents,
};

use crate::Fallible;
use crate::usage::cpu_of_thread;

/// Keys of the run's own, and what the RSA-2048 key among them signed: as long as the signed part of a token.
#[derive(Debug)]
pub(crate) struct Cryptography {
    rsa: KeyPair,
    p256: EcdsaKeyPair,
    ed25519: Ed25519KeyPair,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// Operations per CPU-second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    /// RS256 with a public key that was parsed before.
    pub(crate) verify: f64,
    /// RS256 with a public key that is parsed each time, as `jsonwebtoken` verifies under a `DecodingKey` of a JWK.
    pub(crate) parse_and_verify: f64,
    /// RS256.
    pub(crate) sign: f64,
    pub(crate) sign_es256: f64,
    pub(crate) sign_eddsa: f64,
}

impl Cryptography {
    pub(crate) fn new(message: Vec<u8>) -> Fallible<Self> {
        let rsa = KeyPair::generate(KeySize::Rsa2048)?;
        let mut signature = vec![0; rsa.public_modulus_len()];
        rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature)?;
        let (p256, ed25519) = (EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?, Ed25519KeyPair::generate()?);
        Ok(Self { rsa, p256, ed25519, message, signature })
    }

    /// Measures each for so long, on the calling thread.
    pub(crate) fn measure(&self, duration: Duration) -> Fallible<Limits> {
        let Self { rsa, p256, ed25519, message, signature } = self;
        let public = rsa.public_key();
        let components = RsaPublicKeyComponents {
            n: public.modulus().big_endian_without_leading_zero(),
            e: public.exponent().big_endian_without_leading_zero(),
        };
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public)?;
        let random = SystemRandom::new();
        Ok(Limits {
            verify: rate(duration, || Ok(parsed.verify_sig(message, signature)?))?,
            parse_and_verify: rate(duration, || Ok(components.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)?))?,
            sign: rate(duration, || {
                let mut out = vec![0; rsa.public_modulus_len()];
                Ok(rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut out)?)
            })?,
            sign_es256: rate(duration, || Ok(p256.sign(&random, message).map(drop)?))?,
            sign_eddsa: rate(duration, || Ok(ed25519.try_sign(message).map(drop)?))?,
        })
    }
}

impl Limits {
    /// Of measurements that took equally long.
    pub(crate) fn mean(all: &[Self]) -> Self {
        let mean = |rate: fn(&Self) -> f64| all.iter().map(rate).sum::<f64>() / all.iter().map(|_| 1.0).sum::<f64>();
        Self {
            verify: mean(|limits| limits.verify),
            parse_and_verify: mean(|limits| limits.parse_and_verify),
            sign: mean(|limits| limits.sign),
            sign_es256: mean(|limits| limits.sign_es256),
            sign_eddsa: mean(|limits| limits.sign_eddsa),
        }
    }
}

/// How often a CPU-second has room for it.
fn rate(duration: Duration, mut operation: impl FnMut() -> Fallible<()>) -> Fallible<f64> {
    /// Enough that looking at the clock costs nothing beside it.
    const BATCH: u32 = 16;
    operation()?;
    let (began, cpu) = (Instant::now(), cpu_of_thread()?);
    let mut batches = 0_u32;
    while began.elapsed() < duration {
        for _ in 0..BATCH {
            operation()?;
        }
        batches += 1;
    }
    Ok(f64::from(batches) * f64::from(BATCH) / (cpu_of_thread()? - cpu).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rsa_signature_is_the_dearest() {
        let limits = Cryptography::new(vec![b'a'; 500]).unwrap().measure(Duration::from_millis(50)).unwrap();
        for cheaper in [limits.verify, limits.parse_and_verify, limits.sign_es256, limits.sign_eddsa] {
            assert!(cheaper > limits.sign, "{limits:?}");
        }
    }

    #[test]
    fn a_mean_is_of_each_rate() {
        let limits = |sign| Limits { sign, verify: 2.0 * sign, ..Limits::default() };
        let mean = Limits::mean(&[limits(1000.0), limits(3000.0)]);
        assert!((mean.sign - 2000.0).abs() < 1e-9 && (mean.verify - 4000.0).abs() < 1e-9, "{mean:?}");
    }

    #[test]
    fn a_failure_is_no_rate() {
        assert!(rate(Duration::from_secs(60), || Err("broken".into())).is_err());
    }
}
