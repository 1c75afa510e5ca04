use serde_json::{Value, json};

use super::*;

fn published(kid: &str, algorithm: Algorithm, state: KeyState) -> PublishedKey {
    let signer = SigningKey::generate(algorithm, Some(KeyId::new(kid)), 2048).unwrap();
    let jwk = signer.public_jwk().clone();
    PublishedKey { kid: KeyId::new(kid), algorithm, state, jwk, signer: Some(Arc::new(signer)) }
}

fn ed(kid: &str, state: KeyState) -> PublishedKey {
    published(kid, Algorithm::EdDsa, state)
}

fn kids(ring: &KeyRing) -> Vec<String> {
    let jwks: Value = serde_json::from_slice(&ring.jwks().body).unwrap();
    jwks["keys"].as_array().unwrap().iter().map(|jwk| jwk["kid"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_active_key_signs() {
    let keys = vec![
        ed("next", KeyState::Prepublished),
        ed("now", KeyState::Active),
        ed("last", KeyState::Grace),
        published("now-ec", Algorithm::Es256, KeyState::Active),
    ];
    let ring = KeyRing::new(keys).unwrap();
    assert_eq!(ring.signer(Algorithm::EdDsa).unwrap().kid().as_str(), "now");
    assert_eq!(ring.signer(Algorithm::Es256).unwrap().kid().as_str(), "now-ec");
    assert!(ring.signer(Algorithm::Rs256).is_none());
}

#[test]
fn the_jwks_shows_every_published_key_the_signing_ones_first() {
    let states = [KeyState::Prepublished, KeyState::Retired, KeyState::Active, KeyState::Grace];
    let keys: Vec<_> = states.iter().map(|state| ed(state.as_str(), *state)).collect();
    let ring = KeyRing::new(keys).unwrap();
    assert_eq!(kids(&ring), ["active", "grace", "prepublished"]);
    for kid in ["active", "grace", "prepublished"] {
        assert_eq!(ring.verification_key(&KeyId::new(kid)).unwrap().0, Algorithm::EdDsa);
    }
    assert!(ring.verification_key(&KeyId::new("retired")).is_none());
    assert!(ring.verification_key(&KeyId::new("Active")).is_none());
}

#[test]
fn an_empty_ring_is_an_empty_set() {
    let ring = KeyRing::new(Vec::new()).unwrap();
    assert_eq!(ring.jwks().body, br#"{"keys":[]}"#.as_slice());
    assert_eq!(ring.jwks().etag, "\"ljjRGRRzXQByAC3U1nxzSpTuegzYRebcvJhO51gYYKc\"");
}

#[test]
fn the_entity_tag_is_of_the_body_whatever_the_order_of_the_rows() {
    let keys = vec![ed("a", KeyState::Active), ed("b", KeyState::Grace), ed("c", KeyState::Grace)];
    let ring = KeyRing::new(keys.clone()).unwrap();
    let reversed = KeyRing::new(keys.iter().rev().cloned().collect()).unwrap();
    assert_eq!(ring.jwks().etag, reversed.jwks().etag);
    let fewer = KeyRing::new(keys.into_iter().take(2).collect()).unwrap();
    assert_ne!(ring.jwks().etag, fewer.jwks().etag);
}

#[test]
fn only_the_active_key_needs_its_private_half() {
    let without = |state| PublishedKey { signer: None, ..ed("k", state) };
    assert!(KeyRing::new(vec![without(KeyState::Grace)]).is_ok());
    assert!(KeyRing::new(vec![without(KeyState::Prepublished)]).is_ok());
    assert!(matches!(KeyRing::new(vec![without(KeyState::Active)]), Err(RingError::NoSigner(kid)) if kid.as_str() == "k"));
}

#[test]
fn two_keys_cannot_stand_in_one_place() {
    let same_kid = vec![ed("k", KeyState::Active), published("k", Algorithm::Es256, KeyState::Active)];
    assert!(matches!(KeyRing::new(same_kid), Err(RingError::SameKid(kid)) if kid.as_str() == "k"));
    let two_active = vec![ed("a", KeyState::Active), ed("b", KeyState::Active)];
    assert!(matches!(KeyRing::new(two_active), Err(RingError::TwoActive(Algorithm::EdDsa))));
}

#[test]
fn the_private_half_belongs_to_the_public_one() {
    let (one, other) = (ed("k", KeyState::Active), ed("k", KeyState::Active));
    let mixed = PublishedKey { signer: other.signer, ..one };
    assert!(matches!(KeyRing::new(vec![mixed]), Err(RingError::OtherHalf(_))));
}

#[test]
fn a_jwk_that_does_not_fit_its_row_is_refused() {
    let jwk = |value: Value| serde_json::from_value::<Jwk>(value).unwrap();
    let good = ed("k", KeyState::Grace);
    let x = serde_json::to_value(&good.jwk).unwrap()["x"].clone();
    let unfit = [
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "k" }),
        json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "k", "alg": "HS256" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "other" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k", "alg": "ES256" }),
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "not base64!", "kid": "k" }),
        json!({ "kty": "EC", "crv": "P-384", "x": x, "y": x, "kid": "k" }),
        json!({ "kty": "AKP", "pub": x, "priv": x, "kid": "k" }),
    ];
    for value in unfit {
        let key = PublishedKey { jwk: jwk(value.clone()), ..good.clone() };
        assert!(matches!(KeyRing::new(vec![key]), Err(RingError::WrongJwk { .. })), "{value}");
    }
    for algorithm in [Algorithm::Rs256, Algorithm::Ps256, Algorithm::Es256] {
        let key = PublishedKey { algorithm, ..good.clone() };
        assert!(matches!(KeyRing::new(vec![key]), Err(RingError::WrongJwk { .. })), "{algorithm}");
    }
}

#[test]
fn private_members_of_a_stored_jwk_are_not_shown() {
    let key = ed("k", KeyState::Grace);
    let mut stored = serde_json::to_value(&key.jwk).unwrap();
    stored["d"] = json!("private");
    let ring = KeyRing::new(vec![PublishedKey { jwk: serde_json::from_value(stored).unwrap(), ..key }]).unwrap();
    assert!(!String::from_utf8(ring.jwks().body.to_vec()).unwrap().contains("private"));
}
