//! What the engine promises beside the contracts: scopes, audiences, lifetimes, institutions, hosts, secrets, token exchange.

mod agreement;
mod audience;
mod cost;
mod exchange;
pub mod gateway;
mod handles;
mod hosts;
mod institutions;
mod introspection;
mod protected;
mod reuse;
mod revocation;
mod second_factor;
mod secrets;
mod user_bound;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::model::{ClientId, RealmId, ScopeSet};
use serde_json::Value;

use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

fn main() -> RealmId {
    RealmId::new("main")
}

fn demo() -> ClientId {
    ClientId::new("demo")
}

fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

/// A token request of the demo client at the plain endpoint.
async fn ask(server: &Server, parameters: &[(&str, &str)]) -> Response {
    server.send(&request("demo", "demo-secret", parameters)).await
}

fn request(id: &str, secret: &str, parameters: &[(&str, &str)]) -> Request {
    let grant = [("grant_type", "client_credentials")];
    Request::new("POST", "/oauth2/token").basic(id, secret).form(&[&grant, parameters].concat())
}

/// One part of the JWT in an answer: 0 the header, 1 the claims.
fn part(answer: &Response, index: usize) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// The claims of a JWT.
fn claims_of(token: &str) -> Value {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

fn claims(answer: &Response) -> Value {
    part(answer, 1)
}

fn refused(answer: &Response, status: u16, error: &str) {
    assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(error)), "{answer:?}");
    assert_eq!(answer.json().get("access_token"), None);
}
