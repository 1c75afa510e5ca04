use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use serde_json::{Value, json};

use super::super::jwk::jws;
use super::*;

const MESSAGE: &[u8] = b"header.payload";

fn key(algorithm: Algorithm) -> SigningKey {
    SigningKey::generate(algorithm, Some(KeyId::new("k1")), 2048).unwrap()
}

fn signature(key: &SigningKey, message: &[u8]) -> Vec<u8> {
    let mut signature = Vec::new();
    key.sign(message, &mut signature).unwrap();
    signature
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// The older form of a private key is the last field of its PKCS#8 form; `start` is where it begins.
fn inner(key: &SigningKey, start: usize) -> Vec<u8> {
    key.to_pkcs8().unwrap().expose()[start..].to_vec()
}

const PKCS1_START: usize = 26;
const SEC1_START: usize = 29;

#[test]
fn each_algorithm_signs_what_its_public_jwk_verifies() {
    for algorithm in Algorithm::ALL {
        let key = key(*algorithm);
        let mut out = b"kept".to_vec();
        key.sign(MESSAGE, &mut out).unwrap();
        let signature = URL_SAFE_NO_PAD.encode(out.strip_prefix(b"kept").unwrap());
        let public = DecodingKey::from_jwk(key.public_jwk()).unwrap();
        assert!(jsonwebtoken::crypto::verify(&signature, MESSAGE, &public, jws(*algorithm)).unwrap(), "{algorithm}");
        assert!(!jsonwebtoken::crypto::verify(&signature, b"other", &public, jws(*algorithm)).unwrap(), "{algorithm}");
    }
}

#[test]
fn signatures_have_the_length_that_a_jws_has() {
    let lengths = [(Algorithm::Rs256, 256), (Algorithm::Ps256, 256), (Algorithm::Es256, 64), (Algorithm::EdDsa, 64)];
    for (algorithm, length) in lengths {
        assert_eq!(signature(&key(algorithm), MESSAGE).len(), length, "{algorithm}");
    }
}

#[test]
fn eddsa_is_that_of_rfc_8037() {
    // The key of appendix A.1 with the PKCS#8 header of RFC 8410, section 7.
    let der = STANDARD.decode("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g").unwrap();
    let key = SigningKey::from_pkcs8(Algorithm::EdDsa, None, &der).unwrap();
    assert_eq!(key.kid().as_str(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "appendix A.3");
    let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(URL_SAFE_NO_PAD.encode(signature(&key, message)), expected, "appendix A.4");
}

#[test]
fn a_key_comes_back_from_its_pkcs8_form_and_from_pem() {
    for algorithm in Algorithm::ALL {
        let key = key(*algorithm);
        let der = key.to_pkcs8().unwrap();
        let again = SigningKey::from_pkcs8(*algorithm, Some(KeyId::new("k1")), der.expose()).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk(), "{algorithm}");
        let text = pem("PRIVATE KEY", der.expose());
        let again = SigningKey::from_pem(*algorithm, Some(KeyId::new("k1")), &text).unwrap();
        assert_eq!(again.public_jwk(), key.public_jwk(), "{algorithm}");
    }
}

#[test]
fn the_older_pem_forms_are_read_too() {
    let rsa = SigningKey::generate(Algorithm::Rs256, None, 2048).unwrap();
    let text = pem("RSA PRIVATE KEY", &inner(&rsa, PKCS1_START));
    assert_eq!(SigningKey::from_pem(Algorithm::Rs256, None, &text).unwrap().public_jwk(), rsa.public_jwk());
    assert!(matches!(SigningKey::from_pem(Algorithm::Es256, None, &text), Err(KeyError::OtherKind(Algorithm::Es256))));
    let ec = SigningKey::generate(Algorithm::Es256, None, 0).unwrap();
    let text = pem("EC PRIVATE KEY", &inner(&ec, SEC1_START));
    assert_eq!(SigningKey::from_pem(Algorithm::Es256, None, &text).unwrap().public_jwk(), ec.public_jwk());
}

#[test]
fn what_is_not_a_private_key_for_the_algorithm_is_refused() {
    let rsa = key(Algorithm::Rs256).to_pkcs8().unwrap();
    let refused = SigningKey::from_pkcs8(Algorithm::EdDsa, None, rsa.expose()).unwrap_err().to_string();
    assert!(refused.starts_with("this is no usable EdDSA key ("), "{refused}");
    for pem in ["", "no PEM", &pem("CERTIFICATE", b"x"), &pem("PUBLIC KEY", b"x"), "-----BEGIN PRIVATE KEY-----\nAAAA"] {
        assert!(matches!(SigningKey::from_pem(Algorithm::Rs256, None, pem), Err(KeyError::Pem)), "{pem}");
    }
    let nonsense = pem("PRIVATE KEY", b"nonsense");
    assert!(matches!(SigningKey::from_pem(Algorithm::Rs256, None, &nonsense), Err(KeyError::Rejected { .. })));
}

#[test]
fn rsa_keys_are_large_enough() {
    for bits in [0, 512, 1024, 2047, 16384] {
        assert!(matches!(SigningKey::generate(Algorithm::Rs256, None, bits), Err(KeyError::RsaBits(refused)) if refused == bits));
    }
    let refused = SigningKey::from_pkcs8(Algorithm::Rs256, None, include_bytes!("rsa_1024.pkcs8.der")).unwrap_err();
    assert!(matches!(refused, KeyError::Rejected { .. }));
}

#[test]
fn a_public_jwk_has_use_alg_and_kid_and_nothing_private() {
    let expected = [
        (Algorithm::Rs256, vec!["use", "alg", "kid", "kty", "n", "e"]),
        (Algorithm::Ps256, vec!["use", "alg", "kid", "kty", "n", "e"]),
        (Algorithm::Es256, vec!["use", "alg", "kid", "kty", "crv", "x", "y"]),
        (Algorithm::EdDsa, vec!["use", "alg", "kid", "kty", "crv", "x"]),
    ];
    for (algorithm, members) in expected {
        let jwk = serde_json::to_value(key(algorithm).public_jwk()).unwrap();
        assert_eq!(jwk.as_object().unwrap().keys().collect::<Vec<_>>(), members);
        assert_eq!(jwk["use"], "sig");
        assert_eq!(jwk["alg"], algorithm.as_str());
        assert_eq!(jwk["kid"], "k1");
    }
}

#[test]
fn a_kid_may_be_any_string() {
    let odd = KeyId::new("../etc/\"passwd'; DROP TABLE keys; ä");
    let key = SigningKey::generate(Algorithm::EdDsa, Some(odd.clone()), 0).unwrap();
    let header = URL_SAFE_NO_PAD.decode(&*key.encoded_header("JWT")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&header).unwrap(), json!({ "alg": "EdDSA", "typ": "JWT", "kid": odd.as_str() }));
}

#[test]
fn the_header_is_encoded_once_for_each_typ() {
    let key = key(Algorithm::EdDsa);
    let header = key.encoded_header("at+jwt");
    assert_eq!(URL_SAFE_NO_PAD.decode(&*header).unwrap(), br#"{"alg":"EdDSA","typ":"at+jwt","kid":"k1"}"#);
    assert!(Arc::ptr_eq(&header, &key.encoded_header("at+jwt")));
    assert_ne!(header, key.encoded_header("JWT"));
}

#[test]
fn debug_shows_no_private_half() {
    assert_eq!(format!("{:?}", key(Algorithm::EdDsa)), "SigningKey { kid: KeyId(\"k1\"), algorithm: EdDsa, .. }");
}
