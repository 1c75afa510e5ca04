//! Tokens as an attacker makes them: signed well, signed wrongly, or not at all (RFC 7515, RFC 7523).

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::keys::SigningKey;
use countersign::model::{Algorithm, KeyId};
use serde_json::{Value, json};

use super::{GRANT, token};
use crate::harness::clock::BEGINNING;
use crate::harness::http::Request;

pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
pub const ES256: &str = include_str!("../fixtures/es256.pem");

pub fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A compact JWS, really signed: by a key of ours, by HMAC under this text, or not at all.
pub fn signed(header: &Value, claims: &Value, by: By<'_>) -> String {
    let input = format!("{}.{}", encoded(header), encoded(claims));
    let mut signature = Vec::new();
    match by {
        By::Key(algorithm, pem) => {
            let key = SigningKey::from_pem(algorithm, Some(KeyId::new("k1")), pem).unwrap();
            key.sign(input.as_bytes(), &mut signature).unwrap();
        }
        By::Hmac(secret) => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
            signature.extend_from_slice(hmac::sign(&key, input.as_bytes()).as_ref());
        }
        By::Raw(bytes) => signature.extend_from_slice(bytes),
    }
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

#[derive(Clone, Copy)]
pub enum By<'a> {
    Key(Algorithm, &'a str),
    Hmac(&'a str),
    Raw(&'a [u8]),
}

pub const GOOD: By<'static> = By::Key(Algorithm::Es256, ES256);

pub fn es256_header() -> Value {
    json!({ "alg": "ES256", "typ": "JWT", "kid": "k1" })
}

/// What a perfect client assertion of `demo` says (RFC 7523, section 3).
pub fn perfect_claims() -> Value {
    let now = BEGINNING.seconds();
    let issuer = "http://127.0.0.1:8080/realms/main";
    json!({ "iss": "demo", "sub": "demo", "aud": issuer, "jti": "j1", "iat": now, "nbf": now, "exp": now + 60 })
}

pub fn with(mut base: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap().clone() {
        match value {
            Value::Null => drop(base.as_object_mut().unwrap().remove(&name)),
            value => base[name] = value,
        }
    }
    base
}

pub fn asserted(assertion: &str) -> Request {
    token(&[GRANT, ("client_id", "demo"), ("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)])
}
