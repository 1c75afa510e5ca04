//! The bare rates of the cryptography under the server: what a core could do if it did nothing else.

use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaPublicKeyComponents};

use crate::Fallible;
use crate::usage::cpu_of_thread;

/// An RSA-2048 key of the run's own, and what it signed: as long as the signed part of a token.
#[derive(Debug)]
pub(crate) struct Cryptography {
    pair: KeyPair,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// RS256 operations per CPU-second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// With a public key that was parsed before: the limit.
    pub(crate) verify: f64,
    /// With a public key that is parsed each time, as `jsonwebtoken` verifies under a `DecodingKey` of a JWK.
    pub(crate) parse_and_verify: f64,
    pub(crate) sign: f64,
}

impl Cryptography {
    pub(crate) fn new(message: Vec<u8>) -> Fallible<Self> {
        let pair = KeyPair::generate(KeySize::Rsa2048)?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature)?;
        Ok(Self { pair, message, signature })
    }

    /// Measures each for so long, on the calling thread.
    pub(crate) fn measure(&self, duration: Duration) -> Fallible<Limits> {
        let Self { pair, message, signature } = self;
        let public = pair.public_key();
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
                let mut out = vec![0; pair.public_modulus_len()];
                Ok(pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut out)?)
            })?,
        })
    }
}

/// How often a CPU-second has room for it.
fn rate(duration: Duration, mut operation: impl FnMut() -> Fallible<()>) -> Fallible<f64> {
    /// Enough that looking at the clock costs nothing beside it.
    const BATCH: u32 = 64;
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
    fn verification_is_cheaper_than_a_signature() {
        let limits = Cryptography::new(vec![b'a'; 500]).unwrap().measure(Duration::from_millis(50)).unwrap();
        assert!(limits.verify > limits.sign && limits.parse_and_verify > limits.sign, "{limits:?}");
    }

    #[test]
    fn a_failure_is_no_rate() {
        assert!(rate(Duration::from_secs(60), || Err("broken".into())).is_err());
    }
}
