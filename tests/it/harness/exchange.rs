//! Services that pass tokens on (RFC 8693): a partner calls one API, whose service calls the next.
//!
//! `demo` is the partner. `gateway` serves `API`, `books` serves `LEDGER` and may call both; nobody may call `VAULT`.

use countersign::admin::service::{ClientChange, NewUser, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ActiveToken, ClientId, InstitutionId, RealmId, ScopeSet, UserId};
use countersign::secret::Secret;
use countersign::token::active::{self, MeantFor};
use serde_json::{Value, json};

use super::http::{Request, Response};
use super::server::Server;

pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";
pub const API: &str = "https://api.example.com";
pub const LEDGER: &str = "https://ledger.example";
pub const VAULT: &str = "https://vault.example";
pub const BANK: &str = "0b7e6c1a-4a52-4a6e-9c0f-2d9b7a1f3e55";
pub const ELSEWHERE: &str = "6c0e2f7d-98f5-4f1b-9d0a-40f0a0d8b1c2";
/// An account of the bank, one that is blocked, and one of another institution.
pub const USER: &str = "5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11";
pub const BLOCKED: &str = "cd21b26d-35d2-408a-9201-b8fdbef7a604";
pub const FOREIGN: &str = "a3f1c9d2-0c55-4d0f-8a77-51f0e6b2c9e4";

pub fn main() -> RealmId {
    RealmId::new("main")
}

pub fn client(id: &str) -> ClientId {
    ClientId::new(id)
}

pub fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

/// Builds all of it in the realm `main`.
pub async fn services(server: &Server) {
    let (ops, realm, shell) = (server.ops(), main(), Actor::Shell);
    for (id, name) in [(BANK, "Bank"), (ELSEWHERE, "Elsewhere")] {
        let new = serde_json::from_value(json!({ "id": id, "name": name })).unwrap();
        ops.create_institution(&shell, &realm, new).await.unwrap();
    }
    for (audience, scopes, owner) in [
        (API, ["read", "write"], "gateway"),
        (LEDGER, ["ledger.read", "ledger.write"], "books"),
        (VAULT, ["open", "close"], "books"),
    ] {
        let api = json!({ "audience": audience, "scopes": scopes, "owners": [owner] });
        ops.put_api(&shell, &realm, &serde_json::from_value(api).unwrap()).await.unwrap();
    }
    let partner = ClientChange {
        institution: Some(Some(InstitutionId::new(BANK))),
        scopes: Some(scopes("read write ledger.read act-on-behalf-of")),
        ..ClientChange::default()
    };
    ops.update_client(&shell, &realm, &client("demo"), partner).await.unwrap();
    service(server, "gateway", json!({ "scopes": ["read", "ledger.read", "ledger.write", "act-on-behalf-of"] })).await;
    service(server, "books", json!({ "scopes": ["read", "ledger.read", "ledger.write", "act-on-behalf-of"] })).await;
    for (id, institution) in [(USER, BANK), (BLOCKED, BANK), (FOREIGN, ELSEWHERE)] {
        user(server, id, institution).await;
    }
    ops.block_user(&shell, &realm, &UserId::new(BLOCKED)).await.unwrap();
    server.refresh().await;
}

/// One more account.
pub async fn user(server: &Server, id: &str, institution: &str) {
    let new: NewUser = serde_json::from_value(json!({ "id": id, "institution": institution })).unwrap();
    server.ops().create_user(&Actor::Shell, &main(), &new).await.unwrap();
}

/// One more client that may exchange tokens, with the secret `ID-secret`.
pub async fn service(server: &Server, id: &str, mut more: Value) {
    let members = more.as_object_mut().unwrap();
    members.insert("id".into(), id.into());
    members.entry("grants").or_insert(json!(["client_credentials", GRANT]));
    server.ops().create_client(&Actor::Shell, &main(), serde_json::from_value(more).unwrap()).await.unwrap();
    let secret = SecretSource::Chosen(Secret::new(format!("{id}-secret")));
    server.ops().add_secret(&Actor::Shell, &main(), &client(id), secret, None).await.unwrap();
}

pub async fn change(server: &Server, id: &str, change: ClientChange) {
    server.ops().update_client(&Actor::Shell, &main(), &client(id), change).await.unwrap();
    server.refresh().await;
}

/// A token request of a client that has its usual secret.
pub fn asks(id: &str, parameters: &[(&str, &str)]) -> Request {
    Request::new("POST", "/oauth2/token").basic(id, &format!("{id}-secret")).form(parameters)
}

/// The client's own token, with these scopes; with all of its scopes if there are none.
pub async fn own_token(server: &Server, id: &str, scope: &str) -> String {
    token(&server.send(&asks(id, &[("grant_type", "client_credentials"), ("scope", scope)])).await)
}

/// The request to exchange this token.
pub fn swap(id: &str, token: &str, more: &[(&str, &str)]) -> Request {
    let usual = [("grant_type", GRANT), ("subject_token", token), ("subject_token_type", ACCESS_TOKEN)];
    asks(id, &[&usual, more].concat())
}

pub async fn swapped(server: &Server, id: &str, from: &str, more: &[(&str, &str)]) -> String {
    token(&server.send(&swap(id, from, more)).await)
}

#[track_caller]
pub fn token(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// The token as every API would find it, or the kind of its refusal.
pub async fn active(server: &Server, token: &str) -> Result<ActiveToken, &'static str> {
    server.refresh().await;
    let realm = server.app.realm("main").unwrap();
    let found = active::check(&server.app, &realm, token, MeantFor::Realm).await;
    found.map(|token| (*token).clone()).map_err(|refusal| refusal.kind.as_str())
}
