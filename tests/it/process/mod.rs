//! The server as operators run it: processes that share a database, are told to stop or to read again, and die.

#[cfg(test)]
mod audit;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod lockout;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod shutdown;
#[cfg(test)]
mod visible;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::store::Db;
use countersign::store::audit::{AuditFilter, AuditRow, list};
use serde_json::Value;

use crate::harness::http::{Request, Response};

/// Cross River's contract: the client and its secret in the form.
pub fn acme(secret: &str) -> Request {
    let pairs = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", secret)];
    Request::new("POST", "/connect/token").form(&pairs)
}

/// RFC 6749, in the realm `main`.
pub fn oauth2(id: &str, secret: &str) -> Request {
    Request::new("POST", "/oauth2/token").basic(id, secret).form(&[("grant_type", "client_credentials")])
}

pub fn bearer(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// The token of a good answer.
pub fn token(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["access_token"].as_str().expect("a token").to_owned()
}

/// The text under a name in a part of a JWT: 0 for the header, 1 for the claims.
pub fn said(token: &str, part: usize, name: &str) -> String {
    let part = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(part).unwrap()).unwrap();
    let part: Value = serde_json::from_slice(&part).unwrap();
    part[name].as_str().expect(name).to_owned()
}

/// All rows of the audit trail about this event, oldest first.
pub async fn trail(db: &Db, event: &str) -> Vec<AuditRow> {
    let all = AuditFilter { limit: u32::MAX, ..AuditFilter::default() };
    let rows = list(&mut db.read().await.unwrap().conn(), &all).await.unwrap();
    rows.into_iter().map(|(_, row)| row).filter(|row| row.event == event).collect()
}

/// The `jti` of every issued token that the audit trail knows, oldest first.
pub async fn issued(db: &Db) -> Vec<String> {
    let rows = trail(db, "token_issued").await;
    let jti = |row: &AuditRow| serde_json::from_str::<Value>(&row.detail).unwrap()["jti"].as_str().map(str::to_owned);
    rows.iter().filter_map(jti).collect()
}
