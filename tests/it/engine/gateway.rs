//! An API's gateway: a client that serves an API, and what it and others ask about tokens.

use countersign::admin::service::NewApi;
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};
use serde_json::{Value, json};

use super::scopes;
use crate::edge::tools::client;
use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// The client that serves the API of every realm here.
pub const GATEWAY: &str = "gateway";
pub const GATEWAY_SECRET: &str = "gateway-secret";

/// Gives the realm an API for these scopes, and its gateway.
pub async fn open(server: &Server, realm: &str, audience: &str, known: &str) {
    client(server, realm, GATEWAY, GATEWAY_SECRET, known).await;
    let owners = vec![ClientId::new(GATEWAY)];
    let api =
        NewApi { audience: audience.to_owned(), scopes: scopes(known), ttl: None, token_reuse: None, algorithm: None, owners };
    server.ops().put_api(&Actor::Shell, &RealmId::new(realm), &api).await.unwrap();
    server.refresh().await;
}

/// The gateway of `main`.
pub async fn open_main(server: &Server) {
    open(server, "main", "https://api.example.com", "read write").await;
}

fn about(endpoint: &str, realm: &str, token: &str) -> Request {
    Request::new("POST", &format!("/realms/{realm}/oauth2/{endpoint}")).form(&[("token", token)])
}

/// The gateway's question.
pub fn introspect(realm: &str, token: &str) -> Request {
    about("introspect", realm, token).basic(GATEWAY, GATEWAY_SECRET)
}

/// The question of another client.
pub fn introspect_as((id, secret): (&str, &str), realm: &str, token: &str) -> Request {
    about("introspect", realm, token).basic(id, secret)
}

pub fn revoke_as((id, secret): (&str, &str), realm: &str, token: &str) -> Request {
    about("revoke", realm, token).basic(id, secret)
}

/// What the gateway is told.
pub async fn told(server: &Server, realm: &str, token: &str) -> Value {
    let answer = server.send(&introspect(realm, token)).await;
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some("application/json")), "{answer:?}");
    answer.json()
}

/// Only that it is not good, to the byte.
#[track_caller]
pub fn inactive(answer: &Response, case: &str) {
    assert_eq!((answer.status, answer.text()), (200, r#"{"active":false}"#), "{case}: {answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{case}");
}

/// Done, and no word about it.
#[track_caller]
pub fn revoked(answer: &Response, case: &str) {
    assert_eq!((answer.status, answer.body.len()), (200, 0), "{case}: {answer:?}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{case}");
}

pub fn is_active(said: &Value) -> bool {
    said["active"] == json!(true)
}
