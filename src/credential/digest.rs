//! Digests of what we generated ourselves: HMAC-SHA-256 under a pepper (RFC 2104).
//!
//! Fast on purpose: a slow hash protects guessable secrets, and nobody guesses 256 random bits. The pepper makes a stolen
//! table worthless without the master key.

use crate::keys::{MacKey, MasterKey, Purpose};

/// What is digested. Each kind has a key of its own, so that the digest of one is never found as another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestDomain {
    ClientSecret,
    AccessToken,
}

/// The keys of all digests, derived from the master key.
#[derive(Clone, Debug)]
pub struct Pepper {
    client_secret: MacKey,
    access_token: MacKey,
}

impl Pepper {
    pub fn new(master: &MasterKey) -> Self {
        Self {
            client_secret: MacKey::new(&master.derive(Purpose::Pepper)),
            access_token: MacKey::new(&master.derive(Purpose::TokenDigest)),
        }
    }

    /// What is stored and looked up in place of `value`.
    pub fn digest(&self, domain: DigestDomain, value: &[u8]) -> [u8; 32] {
        let key = match domain {
            DigestDomain::ClientSecret => &self.client_secret,
            DigestDomain::AccessToken => &self.access_token,
        };
        key.mac(&[value])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(text: &str) -> Pepper {
        Pepper::new(&MasterKey::from_text("the test", text).unwrap())
    }

    #[test]
    fn a_digest_depends_on_master_key_domain_and_value() {
        let (one, other) = (pepper(&"A".repeat(43)), pepper(&format!("B{}", "A".repeat(42))));
        let digests = [
            one.digest(DigestDomain::ClientSecret, b"value"),
            one.digest(DigestDomain::AccessToken, b"value"),
            one.digest(DigestDomain::ClientSecret, b"Value"),
            other.digest(DigestDomain::ClientSecret, b"value"),
        ];
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[index + 1..].contains(digest));
        }
        assert_eq!(digests[0], pepper(&"A".repeat(43)).digest(DigestDomain::ClientSecret, b"value"));
    }

    /// A change here would make every stored secret unknown. Computed independently, with Python's hmac.
    #[test]
    fn digests_are_frozen() {
        let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let pepper = pepper("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
        assert_eq!(
            hex(pepper.digest(DigestDomain::ClientSecret, b"value")),
            "a3dc0847fdc409861f50623399663cabbb840593608d4ae4f879b8e7b8f60a99"
        );
        assert_eq!(
            hex(pepper.digest(DigestDomain::AccessToken, b"value")),
            "f8559b2074dafc0f07c021afdacb1dec3d902d78a64763e1b45577a126e55e4c"
        );
    }
}
