//! What a JWT says, for a golden: its header and claims, once its signature is verified as a partner would.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::{Value, json};

use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// The token in an answer, whether it is the whole of it or a member.
pub fn of(answer: &Response) -> String {
    match answer.text() {
        object if object.starts_with('{') => answer.json()["access_token"].as_str().unwrap().to_owned(),
        bare => bare.to_owned(),
    }
}

/// Header and claims, with the signature verified against the JWKS that the realm publishes.
pub async fn verified(server: &Server, realm: &str, token: String) -> String {
    let jwks = server.send(&Request::new("GET", &format!("/realms/{realm}/jwks.json"))).await;
    let jwks: JwkSet = serde_json::from_slice(&jwks.body).unwrap();
    let (kid, algorithm) = {
        let header = jsonwebtoken::decode_header(&token).unwrap();
        (header.kid.expect("a kid"), header.alg)
    };
    let key = DecodingKey::from_jwk(jwks.find(&kid).expect("the JWKS has the key")).unwrap();
    let mut rules = Validation::new(algorithm);
    rules.validate_aud = false;
    // The clock of the tests stands still in another year.
    rules.validate_exp = false;
    rules.required_spec_claims.clear();
    let claims = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap().claims;
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: Value = serde_json::from_slice(&header).unwrap();
    serde_json::to_string_pretty(&json!({ "header": header, "claims": claims })).unwrap() + "\n"
}
