//! The attack list: each row that this release can meet, as tests named `atk_NNN_…`, over real HTTP on both databases.
//! `tests/attacks.toml` says which test holds which row, and why a row has none; [`matrix`] holds that file to the truth.

mod admin;
mod assertions;
mod client_secrets;
mod disk;
mod exchange;
mod gateway;
mod grants;
mod injection;
mod introspection;
mod jose;
mod keys;
mod limits;
mod matrix;
mod mixups;
mod outage;
mod process;
mod reset;
mod stale;
mod startup;
mod throttle;
mod tokens;
mod trap;
mod unoffered;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use countersign::model::{ClientId, RealmId};
use countersign::store::Pools;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::harness::http::{Request, Response};
use crate::harness::server::Server;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");
/// RFC 6749's answers to a wrong secret and to none at all.
const BAD: &str = r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#;
const NONE: &str = r#"{"error":"invalid_client","error_description":"Client credentials are required"}"#;
const LOANSTREET_BAD: &str = r#"{"error":"access_denied","error_description":"Unauthorized"}"#;

/// One wire contract with a client of the demo: how it asks, and what it is told when its secret is wrong, when it sends
/// none, and when the database is away.
struct Contract {
    name: &'static str,
    realm: &'static str,
    client: &'static str,
    secret: &'static str,
    bad: (u16, &'static str),
    none: (u16, &'static str),
}

const CONTRACTS: [Contract; 5] = [
    Contract { name: "oauth2", realm: "main", client: "demo", secret: "demo-secret", bad: (401, BAD), none: (401, NONE) },
    Contract {
        name: "loanstreet",
        realm: "loanstreet",
        client: "0ab6P6SFnWoAPeTkt3Ec0QZwJEC9xyzQ",
        secret: "s3cr3t-loanstreet",
        bad: (401, LOANSTREET_BAD),
        none: (400, r#"{"error":"invalid_request","error_description":"the parameter `client_secret` is missing"}"#),
    },
    Contract {
        name: "lendingclub",
        realm: "lc",
        client: "P9L8PJ9QIAFAKBNQG6E0",
        secret: "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg",
        bad: (401, r#"{"error":"invalid_client","error_description":"The given client credentials were not valid"}"#),
        none: (401, r#"{"error":"invalid_client","error_description":"The given client credentials were not valid"}"#),
    },
    Contract {
        name: "crossriver",
        realm: "crossriver",
        client: "acme",
        secret: "s3cr3t-crossriver",
        bad: (400, r#"{"error":"invalid_client"}"#),
        none: (400, r#"{"error":"invalid_client"}"#),
    },
    Contract {
        name: "uphold",
        realm: "uphold",
        client: "3fa85f64-5717-4562-b3fc-2c963f66afa6",
        secret: "s3cr3t-uphold",
        bad: (401, r#"{"error":"invalid_client","error_description":"Client does not exist or secret is incorrect"}"#),
        none: (
            401,
            r#"{"error":"invalid_client","error_description":"Client id and secret could not be extracted from Authorization header"}"#,
        ),
    },
];

fn contract(name: &str) -> &'static Contract {
    CONTRACTS.iter().find(|contract| contract.name == name).expect("one of the five")
}

impl Contract {
    /// The request of a client with its secret, as the contract has it; without the secret, only with its id where that has a
    /// place.
    fn ask(&self, id: &str, secret: Option<&str>) -> Request {
        let lending = Request::new("POST", "/auth/oauth/v2/token?realm=lc").json(&json!({ "grant_type": "client_credentials" }));
        let river = Request::new("POST", "/connect/token");
        match (self.name, secret) {
            ("oauth2", Some(secret)) => basic_token(id, secret),
            ("oauth2", None) => token(&[GRANT, ("client_id", id)]),
            ("loanstreet", secret) => {
                let mut body = json!({ "client_id": id });
                if let Some(secret) = secret {
                    body["client_secret"] = secret.into();
                }
                Request::new("POST", "/oauth/token").json(&body)
            }
            ("lendingclub", Some(secret)) => {
                lending.header("Authorization", &format!("LC-API2 {}", BASE64_STANDARD.encode(format!("{id}:{secret}"))))
            }
            ("lendingclub", None) => lending,
            ("crossriver", Some(secret)) => river.form(&[GRANT, ("client_id", id), ("client_secret", secret)]),
            ("crossriver", None) => river.form(&[GRANT, ("client_id", id)]),
            (_, Some(secret)) => Request::new("POST", "/core/oauth2/token").basic(id, secret).form(&[GRANT]),
            (_, None) => Request::new("POST", "/core/oauth2/token").form(&[GRANT, ("client_id", id)]),
        }
    }

    fn good(&self) -> Request {
        self.ask(self.client, Some(self.secret))
    }
}

/// A form for RFC 6749's endpoint of the realm `main`.
fn token(pairs: &[(&str, &str)]) -> Request {
    Request::new("POST", "/oauth2/token").form(pairs)
}

fn basic_token(id: &str, secret: &str) -> Request {
    token(&[GRANT]).basic(id, secret)
}

fn account(email: &str, password: &str) -> Request {
    Request::new("POST", "/oauth/token").json(&json!({ "email": email, "password": password }))
}

fn test_oauth(token: &str) -> Request {
    Request::new("GET", "/api/SignupCard/TestOauth").header("Authorization", &format!("Bearer {token}"))
}

/// Makes a request come from this address: the tests' server believes a proxy on loopback.
fn from(address: &str, request: Request) -> Request {
    request.header("X-Forwarded-For", address)
}

/// The refusal, to the byte, that nobody stores and that hands out nothing.
#[track_caller]
fn assert_refused(answer: &Response, (status, body): (u16, &str), what: &str) {
    assert_eq!((answer.status, answer.text()), (status, body), "{what}");
    assert_eq!(answer.header("Cache-Control").map(|value| value.contains("no-store")), Some(true), "{what}: {answer:?}");
    assert_bare(answer, what);
}

/// Nothing in the answer is of use to who asked.
#[track_caller]
fn assert_bare(answer: &Response, what: &str) {
    assert!(!(200..400).contains(&answer.status), "{what}: {answer:?}");
    for part in ["\"access_token\"", "\"refresh_token\"", "\"id_token\"", "eyJ"] {
        assert!(!String::from_utf8_lossy(&answer.body).contains(part), "{what}: {part} in {answer:?}");
        assert!(!answer.headers.iter().any(|(_, value)| value.contains(part)), "{what}: {part} in {answer:?}");
    }
    assert!(answer.headers("Set-Cookie").is_empty() && answer.headers("Location").is_empty(), "{what}: {answer:?}");
}

/// The token of an answer that must be a success.
#[track_caller]
fn granted(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("no access_token in {answer:?}"))
}

/// The claims of a JWT, unverified; `part` 0 is its header.
fn part(token: &str, part: usize) -> Value {
    let text = token.split('.').nth(part).expect("a JWT has three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}

fn realm(id: &str) -> RealmId {
    RealmId::new(id)
}

fn client(id: &str) -> ClientId {
    ClientId::new(id)
}

/// A token with the right to administer everything.
async fn admin_token(server: &Server) -> String {
    let request = token(&[GRANT, ("scope", "countersign.admin")]).basic("demo-admin", "demo-admin-secret");
    granted(&server.send(&request).await)
}

fn bearer(token: &str, request: Request) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

/// A statement behind the server's back. On SQLite it runs on the connection with which the server writes.
async fn sql(server: &Server, statement: &str) {
    let statement = AssertSqlSafe(statement.to_owned());
    match &server.app.db.pools {
        Pools::Postgres(pool) => sqlx::raw_sql(statement).execute(pool).await.map(drop),
        Pools::Sqlite { write, .. } => sqlx::raw_sql(statement).execute(write).await.map(drop),
    }
    .expect("the statement is right");
}

/// The one number that a query yields.
async fn count(server: &Server, query: &str) -> i64 {
    let query = AssertSqlSafe(query.to_owned());
    match &server.app.db.pools {
        Pools::Postgres(pool) => sqlx::query_scalar(query).fetch_one(pool).await,
        Pools::Sqlite { read, .. } => sqlx::query_scalar(query).fetch_one(read).await,
    }
    .expect("the query is right")
}

/// No wrong secret locks anybody any more, so that a test can go on guessing.
async fn no_locks(server: &Server) {
    sql(server, "UPDATE realms SET lockout_threshold = 0").await;
    server.refresh().await;
}

/// What one of the server's own counters says.
async fn metric(server: &Server, name: &str) -> i64 {
    let scrape = server.operate(&Request::new("GET", "/metrics")).await;
    let line = scrape.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in {}", scrape.text())).parse().expect("a number")
}
