use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{PublishedKey, SigningKey};
use super::*;
use crate::model::KeyState;

/// A ring with one key for each algorithm, whose `kid` is the algorithm's name.
static RING: LazyLock<KeyRing> = LazyLock::new(|| {
    let key = |algorithm: &Algorithm| {
        let kid = KeyId::new(algorithm.as_str());
        let signer = SigningKey::generate(*algorithm, Some(kid.clone()), 2048).unwrap();
        let jwk = signer.public_jwk().clone();
        PublishedKey { kid, algorithm: *algorithm, state: KeyState::Active, jwk, signer: Some(Arc::new(signer)) }
    };
    KeyRing::new(Algorithm::ALL.iter().map(key).collect()).unwrap()
});

fn signed(algorithm: Algorithm, header: &[u8], payload: &[u8]) -> String {
    let mut token = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
    let mut signature = Vec::new();
    RING.signer(algorithm).unwrap().sign(token.as_bytes(), &mut signature).unwrap();
    token.push('.');
    token.push_str(&URL_SAFE_NO_PAD.encode(signature));
    token
}

fn ours(token: &str) -> Result<Verified<Map<String, Value>>, VerifyError> {
    verify(&RING, token)
}

fn with_header(header: &str) -> Result<Verified<Map<String, Value>>, VerifyError> {
    ours(&signed(Algorithm::EdDsa, header.as_bytes(), br#"{"sub":"s"}"#))
}

fn with_payload(payload: &[u8]) -> Result<Verified<Map<String, Value>>, VerifyError> {
    ours(&signed(Algorithm::EdDsa, br#"{"alg":"EdDSA","kid":"EdDSA"}"#, payload))
}

#[test]
fn a_token_of_ours_verifies_under_each_algorithm() {
    for algorithm in Algorithm::ALL {
        let signer = RING.signer(*algorithm).unwrap();
        let header = URL_SAFE_NO_PAD.decode(&*signer.encoded_header("at+jwt")).unwrap();
        let verified = ours(&signed(*algorithm, &header, br#"{"sub":"s","exp":1}"#)).unwrap();
        let claims = json!({ "sub": "s", "exp": 1 }).as_object().unwrap().clone();
        let expected = Verified { algorithm: *algorithm, kid: signer.kid().clone(), typ: Some("at+jwt".into()), claims };
        assert_eq!(verified, expected);
    }
}

#[test]
fn no_part_of_a_token_can_be_changed() {
    let token = signed(Algorithm::Es256, br#"{"alg":"ES256","kid":"ES256"}"#, br#"{"sub":"s"}"#);
    assert!(ours(&token).is_ok());
    for position in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        assert!(ours(&String::from_utf8(bytes).unwrap()).is_err(), "byte {position}");
    }
}

#[test]
fn only_the_compact_form_is_read() {
    let token = signed(Algorithm::EdDsa, br#"{"alg":"EdDSA","kid":"EdDSA"}"#, b"{}");
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts.as_slice() else { panic!("three parts") };
    let (padded, spaced, cut) = (format!("{token}="), format!(" {token}"), token.trim_end_matches(|end| end != '.'));
    let five = format!("{header}..{payload}.{signature}.");
    let json = json!({ "protected": header, "payload": payload, "signature": signature }).to_string();
    let unsigned = format!("{header}.{payload}");
    let four = format!("{token}.{signature}");
    for malformed in ["", ".", "..", "...", "a.b.c", &padded, &spaced, cut, &five, &json, &unsigned, &four] {
        assert!(ours(malformed).is_err(), "{malformed}");
    }
    assert_eq!(ours("ab").unwrap_err(), VerifyError::NotCompact);
    assert_eq!(ours("a.b").unwrap_err(), VerifyError::NotCompact);
    assert_eq!(ours(&"a".repeat(MAX_TOKEN_LEN + 1)).unwrap_err(), VerifyError::TooLong);
}

#[test]
fn a_header_has_a_known_key_its_algorithm_and_nothing_that_it_must_not_have() {
    use VerifyError::{Header, NoKid, RefusedParameter, UnknownKid, WrongAlgorithm};
    assert!(with_header(r#"{"alg":"EdDSA","kid":"EdDSA","cty":"of no meaning"}"#).is_ok());
    let refused = [
        (r#"{"alg":"none","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":"None","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":"eddsa","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":"HS256","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":"RS256","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":"EdDSA","kid":"RS256"}"#, WrongAlgorithm),
        (r#"{"alg":"","kid":"EdDSA"}"#, WrongAlgorithm),
        (r#"{"alg":["EdDSA"],"kid":"EdDSA"}"#, Header),
        (r#"{"alg":null,"kid":"EdDSA"}"#, Header),
        (r#"{"kid":"EdDSA"}"#, Header),
        (r#"{"alg":"EdDSA"}"#, NoKid),
        (r#"{"alg":"EdDSA","kid":null}"#, NoKid),
        (r#"{"alg":"EdDSA","kid":7}"#, Header),
        (r#"{"alg":"EdDSA","kid":["EdDSA"]}"#, Header),
        (r#"{"alg":"EdDSA","kid":""}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"eddsa"}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"../EdDSA"}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"EdDSA\u0000"}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"/dev/null"}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"' OR 1=1 --"}"#, UnknownKid),
        (r#"{"alg":"EdDSA","kid":"EdDSA","kid":"EdDSA"}"#, Header),
        (r#"{"alg":"none","alg":"EdDSA","kid":"EdDSA"}"#, Header),
        (r#"{"alg":"EdDSA","kid":"EdDSA","typ":7}"#, Header),
        (r#"{"alg":"EdDSA","kid":"EdDSA","crit":["exp"],"exp":1}"#, RefusedParameter("crit")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","crit":[]}"#, RefusedParameter("crit")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","crit":null}"#, RefusedParameter("crit")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","b64":false}"#, RefusedParameter("b64")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","jwk":{"kty":"oct","k":"AA"}}"#, RefusedParameter("jwk")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","jku":"https://evil.example/jwks"}"#, RefusedParameter("jku")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","x5u":"https://evil.example/x"}"#, RefusedParameter("x5u")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","x5c":["MII="]}"#, RefusedParameter("x5c")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","zip":"DEF"}"#, RefusedParameter("zip")),
        (r#"{"alg":"EdDSA","kid":"EdDSA","enc":"A256GCM"}"#, RefusedParameter("enc")),
        (r#"["EdDSA"]"#, Header),
        (r#""EdDSA""#, Header),
        (r#"{"alg":"EdDSA","kid":"EdDSA"} {}"#, Header),
        ("", Header),
        ("{", Header),
    ];
    for (header, error) in refused {
        assert_eq!(with_header(header).unwrap_err(), error, "{header}");
    }
}

#[test]
fn a_public_key_is_no_hmac_key() {
    use aws_lc_rs::hmac;
    let public = serde_json::to_vec(RING.signer(Algorithm::Rs256).unwrap().public_jwk()).unwrap();
    let header = URL_SAFE_NO_PAD.encode(br#"{"alg":"HS256","kid":"RS256"}"#);
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(b"{}"));
    let forged = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &public), message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(forged.as_ref()));
    assert_eq!(ours(&token).unwrap_err(), VerifyError::WrongAlgorithm);
}

#[test]
fn a_signature_has_its_one_form() {
    let message = format!("{}.e30", URL_SAFE_NO_PAD.encode(br#"{"alg":"ES256","kid":"ES256"}"#));
    let mut good = Vec::new();
    RING.signer(Algorithm::Es256).unwrap().sign(message.as_bytes(), &mut good).unwrap();
    let verdict = |signature: &[u8]| ours(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)));
    assert!(verdict(&good).is_ok());
    let forms = [vec![], vec![0; 64], vec![0xff; 64], [good.as_slice(), &[0]].concat(), good[..63].to_vec()];
    for signature in forms {
        assert_eq!(verdict(&signature).unwrap_err(), VerifyError::Signature, "{signature:?}");
    }
}

#[test]
fn claims_are_an_object() {
    for payload in [&b""[..], b"null", b"[]", b"\"{}\"", b"7", b"{", b"{} {}", b"{\"a\":1e400}", b"\xff", b"{\"a\":\"\xff\"}"] {
        assert_eq!(with_payload(payload).unwrap_err(), VerifyError::Claims, "{payload:?}");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    assert_eq!(with_payload(deep.as_bytes()).unwrap_err(), VerifyError::Claims);
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused_without_a_panic(token in "\\PC{0,200}|[A-Za-z0-9_.-]{0,300}") {
        prop_assert!(ours( &token).is_err());
    }

    #[test]
    fn arbitrary_parts_are_refused_without_a_panic(
        header in prop::collection::vec(any::<u8>(), 0..80),
        payload in prop::collection::vec(any::<u8>(), 0..80),
        signature in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let parts = [header, payload, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert!(ours( &parts.join(".")).is_err());
    }
}
