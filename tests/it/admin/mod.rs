//! The admin API over HTTP: every route, whom it lets in, what it refuses, and the trail that each change leaves.

mod access;
mod accounts;
mod clients;
mod institutions;
mod keys;
mod lists;
mod outage;
mod refusals;
mod routes;
mod secrets;
mod tokens;
mod trail;

use countersign::store::audit::{self, AuditFilter, AuditRow};
use serde_json::{Value, json};

use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

/// Where the administrator of these tests calls from.
const ADDRESS: &str = "203.0.113.9";
/// When everything happens, as operators read it.
const NOW: &str = "2026-01-02T03:04:05.000Z";

/// An administrator at work in one realm.
struct Desk<'a> {
    server: &'a Server,
    realm: &'a str,
    token: String,
}

impl<'a> Desk<'a> {
    /// An administrator of `main`, at work in this realm.
    async fn of(server: &'a Server, realm: &'a str) -> Self {
        let token = token(server, "main", ("demo-admin", "demo-admin-secret")).await;
        Self { server, realm, token }
    }

    fn request(&self, method: &str, path: &str) -> Request {
        bearer(Request::new(method, &format!("/admin/v1/realms/{}{path}", self.realm)), &self.token)
    }

    async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Response {
        let request = self.request(method, path);
        self.server.operate(&body.map_or(request.clone(), |body| request.json(body))).await
    }

    async fn get(&self, path: &str) -> Response {
        self.send("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Response {
        self.send("POST", path, Some(&body)).await
    }

    /// A POST without a body.
    async fn press(&self, path: &str) -> Response {
        self.send("POST", path, None).await
    }

    async fn patch(&self, path: &str, body: Value) -> Response {
        self.send("PATCH", path, Some(&body)).await
    }
}

fn bearer(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}")).header("X-Forwarded-For", ADDRESS)
}

/// A token of a realm, from its own plain endpoint.
async fn token(server: &Server, realm: &str, (id, secret): (&str, &str)) -> String {
    let form = [("grant_type", "client_credentials")];
    let answer = server.send(&Request::new("POST", &format!("/realms/{realm}/oauth2/token")).basic(id, secret).form(&form)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

/// Asserts that an answer is a good one, with its status, and gives its body.
fn good(answer: &Response, status: u16) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    kept_by_nobody(answer);
    if status == 204 {
        assert!(answer.body.is_empty(), "{answer:?}");
        return Value::Null;
    }
    assert_eq!(answer.header("Content-Type"), Some("application/json"), "{answer:?}");
    answer.json()
}

/// Asserts that an answer is a problem of this status with exactly these members beside it (RFC 9457).
fn problem(answer: &Response, status: u16, members: &Value) {
    let title = http::StatusCode::from_u16(status).unwrap().canonical_reason();
    let mut told = json!({ "type": "about:blank", "title": title, "status": status });
    told.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    assert_eq!((answer.status, answer.json()), (status, told), "{answer:?}");
    assert_eq!(answer.header("Content-Type"), Some("application/problem+json"));
    kept_by_nobody(answer);
}

/// Asserts that an answer is a problem about this member of the request.
fn invalid(answer: &Response, field: &str) {
    let told = answer.json();
    assert_eq!((answer.status, told["field"].as_str()), (400, Some(field)), "{answer:?}");
    problem(answer, 400, &json!({ "field": field, "detail": told["detail"] }));
    assert!(!told["detail"].as_str().unwrap().is_empty());
}

fn kept_by_nobody(answer: &Response) {
    assert_eq!((answer.header("Cache-Control"), answer.header("X-Content-Type-Options")), (Some("no-store"), Some("nosniff")));
}

/// What operations have left in the trail since a row of this number, with the number of the last.
async fn trail(server: &Server, after: i64) -> (Vec<AuditRow>, i64) {
    let filter = AuditFilter { after, limit: 10_000, ..AuditFilter::default() };
    let rows = audit::list(&mut server.app.db.read().await.unwrap().conn(), &filter).await.unwrap();
    let last = rows.last().map_or(after, |(seq, _)| *seq);
    // Token requests are written in batches, some time later.
    (
        rows.into_iter()
            .map(|(_, row)| row)
            .filter(|row| !["token_issued", "token_refused"].contains(&row.event.as_str()))
            .collect(),
        last,
    )
}

async fn events(server: &Server, after: i64) -> Vec<String> {
    trail(server, after).await.0.into_iter().map(|row| row.event).collect()
}

/// The number of the last row of the trail.
async fn last(server: &Server) -> i64 {
    trail(server, 0).await.1
}
