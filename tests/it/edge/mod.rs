//! The edge cases of the partner contracts, each under its number in the contracts' list: what a caller sends, and the
//! answer that it expects, over real HTTP on both databases.
//!
//! Cases 56 to 58 and 74 to 82, the API side, stand in `gate`; the doubts of the contracts' tables stand in `doubts`.

mod alike;
mod anyone;
mod crossriver;
mod doubts;
mod foreign;
mod gate;
mod lendingclub;
mod loanstreet;
mod lock;
mod outage;
mod resource;
mod scope;
mod secrets;
mod token;
pub mod tools;
pub mod watch;

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::harness::http::{Request, Response, form};

pub const LS: &str = "/oauth/token";
pub const LC: &str = "/auth/oauth/v2/token?realm=lc";
pub const CR: &str = "/connect/token";
pub const UP: &str = "/core/oauth2/token";
pub const OAUTH2: &str = "/oauth2/token";
pub const TEST: &str = "/api/SignupCard/TestOauth";

pub const EMAIL: &str = "jane@bank.example";
pub const PASSWORD: &str = "correct horse battery staple";
pub const LS_ID: &str = "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ";
pub const LS_SECRET: &str = "s3cr3t-loanstreet";
pub const LC_ID: &str = "P9L8PJ9QIAFAKBNQG6E0";
pub const LC_SECRET: &str = "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg";
pub const CR_ID: &str = "acme";
pub const CR_SECRET: &str = "s3cr3t-crossriver";
pub const UP_ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
pub const UP_SECRET: &str = "s3cr3t-uphold";

/// A refusal: status and body.
pub type Refusal = (u16, &'static str);

pub const LS_DENIED: Refusal = (401, r#"{"error":"access_denied","error_description":"Unauthorized"}"#);
pub const LC_DENIED: Refusal =
    (401, r#"{"error":"invalid_client","error_description":"The given client credentials were not valid"}"#);
pub const CR_DENIED: Refusal = (400, r#"{"error":"invalid_client"}"#);
pub const CR_INVALID: Refusal = (400, r#"{"error":"invalid_request"}"#);
pub const CR_SCOPE: Refusal = (400, r#"{"error":"invalid_scope"}"#);
pub const UP_DENIED: Refusal =
    (401, r#"{"error":"invalid_client","error_description":"Client does not exist or secret is incorrect"}"#);
pub const UP_NO_HEADER: Refusal = (
    401,
    r#"{"error":"invalid_client","error_description":"Client id and secret could not be extracted from Authorization header"}"#,
);
pub const UP_SCOPE: Refusal =
    (400, r#"{"error":"invalid_scope","error_description":"Requested scopes must be equal or narrower"}"#);

/// A POST by a caller whose address nobody else has, so that no limit joins requests that do not mean to meet.
pub fn post(target: &str) -> Request {
    static CALLERS: AtomicU32 = AtomicU32::new(0);
    let caller = Ipv4Addr::from(0x0A00_0001 + CALLERS.fetch_add(1, Ordering::Relaxed));
    Request::new("POST", target).header("X-Forwarded-For", &caller.to_string())
}

pub fn get(target: &str) -> Request {
    Request::new("GET", target)
}

pub fn bearer(target: &str, token: &str) -> Request {
    get(target).header("Authorization", &format!("Bearer {token}"))
}

/// LoanStreet: an account.
pub fn account(email: &str, password: &str) -> Request {
    post(LS).json(&json!({ "email": email, "password": password }))
}

/// LoanStreet: a service account.
pub fn service(id: &str, secret: &str) -> Request {
    post(LS).json(&json!({ "client_id": id, "client_secret": secret }))
}

pub fn lc_header(id: &str, secret: &str) -> String {
    format!("LC-API2 {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
}

/// LendingClub: this value of `Authorization`.
pub fn lc_with(authorization: &str) -> Request {
    post(LC).header("Authorization", authorization).json(&json!({ "grant_type": "client_credentials" }))
}

pub fn lc_as(id: &str, secret: &str) -> Request {
    lc_with(&lc_header(id, secret))
}

/// A form for `client_credentials`, with more behind it.
pub fn ask(more: &[(&str, &str)]) -> String {
    form(&[&[("grant_type", "client_credentials")], more].concat())
}

pub fn raw_form(target: &str, body: &str) -> Request {
    post(target).header("Content-Type", "application/x-www-form-urlencoded").body(body)
}

/// Cross River: credentials in the form.
pub fn cr_as(id: &str, secret: &str, more: &[(&str, &str)]) -> Request {
    raw_form(CR, &ask(&[&[("client_id", id), ("client_secret", secret)], more].concat()))
}

pub fn cr(more: &[(&str, &str)]) -> Request {
    cr_as(CR_ID, CR_SECRET, more)
}

/// Uphold: Basic credentials as they stand, and a form.
pub fn up_as(id: &str, secret: &str, more: &[(&str, &str)]) -> Request {
    raw_form(UP, &ask(more)).basic(id, secret)
}

pub fn up(more: &[(&str, &str)]) -> Request {
    up_as(UP_ID, UP_SECRET, more)
}

/// Plain RFC 6749.
pub fn oauth2(more: &[(&str, &str)]) -> Request {
    raw_form(OAUTH2, &ask(more)).basic("demo", "demo-secret")
}

/// The right request of each contract that answers with an object, with this query beside what the contract has there.
pub fn right_ones_with(query: &str) -> [(&'static str, Request); 5] {
    let with = |target: &str| match query {
        "" => post(target),
        query => post(&format!("{target}{}{query}", if target.contains('?') { '&' } else { '?' })),
    };
    let credentials = [("grant_type", "client_credentials"), ("client_id", CR_ID), ("client_secret", CR_SECRET)];
    [
        ("loanstreet", with(LS).json(&json!({ "client_id": LS_ID, "client_secret": LS_SECRET }))),
        (
            "lendingclub",
            with(LC).header("Authorization", &lc_header(LC_ID, LC_SECRET)).json(&json!({ "grant_type": "client_credentials" })),
        ),
        ("crossriver", with(CR).form(&credentials)),
        ("uphold", with(UP).form(&credentials[..1]).basic(UP_ID, UP_SECRET)),
        ("oauth2", with(OAUTH2).form(&credentials[..1]).basic("demo", "demo-secret")),
    ]
}

pub fn right_ones() -> [(&'static str, Request); 5] {
    right_ones_with("")
}

/// The answer is this refusal to the byte, and hands out nothing.
#[track_caller]
pub fn refused(answer: &Response, refusal: Refusal, case: &str) {
    assert_eq!((answer.status, answer.text()), refusal, "{case}: {answer:?}");
    tokenless(answer, case);
}

/// 400 `invalid_request` with this description, in the words of RFC 6749.
#[track_caller]
pub fn invalid(answer: &Response, description: &str, case: &str) {
    let body = json!({ "error": "invalid_request", "error_description": description }).to_string();
    assert_eq!((answer.status, answer.text()), (400, body.as_str()), "{case}: {answer:?}");
    tokenless(answer, case);
}

/// No field of a token, and nothing that a cache may keep.
#[track_caller]
pub fn tokenless(answer: &Response, case: &str) {
    for trace in ["access_token", "refresh_token", "token_type", "expires_in", "eyJ"] {
        assert!(!answer.text().contains(trace), "{case}: {trace} in {answer:?}");
    }
    assert!(answer.header("Cache-Control").is_some_and(|value| value.contains("no-store")), "{case}: {answer:?}");
}

/// A token was handed out, as an object.
#[track_caller]
pub fn granted(answer: &Response, case: &str) -> Value {
    assert_eq!(answer.status, 200, "{case}: {answer:?}");
    let body = answer.json();
    assert!(body["access_token"].as_str().is_some_and(|token| token.len() >= 36), "{case}: {answer:?}");
    assert_eq!(body["token_type"], "Bearer", "{case}");
    body
}

/// The token of a right request.
#[track_caller]
pub fn token_of(answer: &Response, case: &str) -> String {
    granted(answer, case)["access_token"].as_str().unwrap().to_owned()
}
