//! A client of the outside world: the `openidconnect` crate fetches tokens, and its own JOSE code, which shares nothing with
//! ours, verifies them against the published keys.

mod rotation;

use std::io;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::admin::service::{ClientChange, NewApi};
use countersign::audit::Actor;
use countersign::model::{Algorithm, ClientId as Id, RealmId, ScopeSet};
use openidconnect::core::{CoreClient, CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreTokenType};
use openidconnect::{
    ClientId, ClientSecret, HttpRequest, HttpResponse, IssuerUrl, JsonWebKey, JsonWebKeySetUrl, OAuth2TokenResponse, Scope,
    TokenUrl,
};
use serde_json::Value;

use crate::harness::http::{Request, send};
use crate::harness::server::{Server, on_both};

const ALGORITHMS: [(Algorithm, CoreJwsSigningAlgorithm); 4] = [
    (Algorithm::Rs256, CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256),
    (Algorithm::Ps256, CoreJwsSigningAlgorithm::RsaSsaPssSha256),
    (Algorithm::Es256, CoreJwsSigningAlgorithm::EcdsaP256Sha256),
    (Algorithm::EdDsa, CoreJwsSigningAlgorithm::EdDsa),
];

on_both! {
    async fn a_third_partys_library_fetches_and_verifies(server) {
        let metadata = server.send(&Request::new("GET", "/realms/main/.well-known/oauth-authorization-server")).await.json();
        apis(&server).await;
        let url = |name: &str| metadata[name].as_str().expect(name).to_owned();
        let http = |request: HttpRequest| carry(server.public, request);
        let keys_url = JsonWebKeySetUrl::new(url("jwks_uri")).unwrap();
        let keys = CoreJsonWebKeySet::fetch_async(&keys_url, &http).await.expect("the library reads the JWKS");
        assert_eq!(keys.keys().len(), 4);
        let issuer = IssuerUrl::new(url("issuer")).unwrap();
        let client = CoreClient::new(ClientId::new("demo".into()), issuer, keys.clone())
            .set_client_secret(ClientSecret::new("demo-secret".into()))
            .set_token_uri(TokenUrl::new(url("token_endpoint")).unwrap());
        for (ours, theirs) in ALGORITHMS {
            let scope = Scope::new(scope_of(ours));
            let asked = client.exchange_client_credentials().add_scope(scope.clone());
            let answer = asked.request_async(&http).await.expect("the library reads the answer");
            assert_eq!(answer.token_type(), &CoreTokenType::Bearer);
            assert_eq!(answer.expires_in(), Some(std::time::Duration::from_secs(3600)));
            assert_eq!(answer.scopes(), Some(&vec![scope]), "{ours}");
            assert_verifies(&keys, answer.access_token().secret(), (ours, &theirs), &url("issuer"));
        }
    }

    async fn a_wrong_secret_is_an_error_that_the_library_understands(server) {
        let http = |request: HttpRequest| carry(server.public, request);
        let issuer = IssuerUrl::new("http://127.0.0.1:8080/realms/main".into()).unwrap();
        let client = CoreClient::new(ClientId::new("demo".into()), issuer, CoreJsonWebKeySet::new(Vec::new()))
            .set_client_secret(ClientSecret::new("wrong".into()))
            .set_token_uri(TokenUrl::new("http://127.0.0.1:8080/oauth2/token".into()).unwrap());
        let refusal = client.exchange_client_credentials().request_async(&http).await.expect_err("a wrong secret");
        let openidconnect::RequestTokenError::ServerResponse(refusal) = refusal else { panic!("{refusal}") };
        assert_eq!(refusal.error().as_ref(), "invalid_client");
        assert_eq!(refusal.error_description().map(String::as_str), Some("Client authentication failed"));
    }
}

/// The token verifies under the key that it names, in its algorithm only, and not with any bit of it changed.
fn assert_verifies(keys: &CoreJsonWebKeySet, token: &str, (ours, theirs): (Algorithm, &CoreJwsSigningAlgorithm), issuer: &str) {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let parts: Vec<Vec<u8>> = token.split('.').map(|part| BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).collect();
    let [header, claims, signature_bytes] = parts.as_slice() else { panic!("{token}") };
    let (header, claims): (Value, Value) = (serde_json::from_slice(header).unwrap(), serde_json::from_slice(claims).unwrap());
    assert_eq!((&header["alg"], &header["typ"]), (&ours.as_str().into(), &"at+jwt".into()));
    assert_eq!((&claims["iss"], &claims["aud"]), (&issuer.into(), &audience_of(ours).into()));

    let named = |key: &&CoreJsonWebKey| key.key_id().is_some_and(|kid| header["kid"] == kid.as_str());
    let key = keys.keys().iter().find(named).expect("the key that the token names");
    let verify = |signed: &[u8], signature: &[u8]| key.verify_signature(theirs, signed, signature);
    verify(signed.as_bytes(), signature_bytes).unwrap_or_else(|error| panic!("{ours}: {error}"));
    for bit in 0..8 {
        let flipped = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let middle = bytes.len() * (bit + 1) / 9;
            bytes[middle] ^= 1 << bit;
            bytes
        };
        assert!(verify(&flipped(signed.as_bytes()), signature_bytes).is_err(), "{ours}: changed claims, bit {bit}");
        assert!(verify(signed.as_bytes(), &flipped(signature_bytes)).is_err(), "{ours}: changed signature, bit {bit}");
    }
    assert!(verify(signed.as_bytes(), &signature_bytes[1..]).is_err(), "{ours}: {signature} cut short");
    for (_, other) in ALGORITHMS.iter().filter(|(_, other)| other != theirs) {
        assert!(key.verify_signature(other, signed.as_bytes(), signature_bytes).is_err(), "{ours} under {other:?}");
    }
    for other in keys.keys().iter().filter(|other| other.key_id() != key.key_id()) {
        assert!(other.verify_signature(theirs, signed.as_bytes(), signature_bytes).is_err(), "{ours} under {:?}", other.key_id());
    }
}

/// An API for each algorithm, and the right to ask for each.
async fn apis(server: &Server) {
    let (ops, realm) = (server.ops(), RealmId::new("main"));
    let mut scopes = ScopeSet::default();
    for (algorithm, _) in ALGORITHMS {
        let of_api = ScopeSet::parse(&scope_of(algorithm)).unwrap();
        scopes = scopes.iter().chain(of_api.iter()).cloned().collect();
        let api = NewApi {
            audience: audience_of(algorithm),
            scopes: of_api,
            ttl: None,
            token_reuse: None,
            algorithm: Some(algorithm),
            owners: Vec::new(),
        };
        ops.put_api(&Actor::Shell, &realm, &api).await.unwrap();
    }
    let change = ClientChange { scopes: Some(scopes), ..ClientChange::default() };
    ops.update_client(&Actor::Shell, &realm, &Id::new("demo"), change).await.unwrap();
    server.refresh().await;
}

fn audience_of(algorithm: Algorithm) -> String {
    format!("https://{}.example.com", algorithm.as_str().to_lowercase())
}

fn scope_of(algorithm: Algorithm) -> String {
    format!("use-{algorithm}")
}

/// The library's HTTP: every authority is the server's.
async fn carry(server: std::net::SocketAddr, request: HttpRequest) -> Result<HttpResponse, io::Error> {
    let (head, body) = request.into_parts();
    let mut ours = Request::new(head.method.as_str(), head.uri.path());
    for (name, value) in &head.headers {
        ours = ours.header(name.as_str(), value.to_str().unwrap());
    }
    let answer = send(server, &if body.is_empty() { ours } else { ours.body(body) }).await;
    let mut theirs = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        theirs = theirs.header(name, value);
    }
    theirs.body(answer.body).map_err(io::Error::other)
}
