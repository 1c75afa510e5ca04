//! What every test of the engine needs: the built-in dialects, requests to them and outcomes for them.

mod credentials;
mod faults;
mod knobs;
mod parsing;
mod partner;
mod policies;
mod queries;
mod rendering;
mod robustness;
mod routing;
mod transcripts;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use super::{Dialect, Dialects};
use crate::error::{ErrorKind, OAuthError, Reason};
use crate::model::{
    AuthMethod, Client, ClientId, Credentials, Facts, GrantKind, Inbound, Institution, InstitutionId, Issued, RealmId, ScopeSet,
    Timestamp, TokenFormat, TokenRequest, User, UserId,
};
use crate::secret::Secret;

static BUILT_IN: LazyLock<Dialects> = LazyLock::new(|| Dialects::builtin().unwrap());

fn dialect(name: &str) -> &'static Arc<Dialect> {
    BUILT_IN.get(name).unwrap()
}

/// A request in the making.
#[derive(Clone, Debug)]
struct Call {
    method: Method,
    path: &'static str,
    query: Option<String>,
    headers: HeaderMap,
    body: Vec<u8>,
    host_realm: Option<&'static str>,
}

impl Call {
    fn new(path: &'static str) -> Self {
        Self { method: Method::POST, path, query: None, headers: HeaderMap::new(), body: Vec::new(), host_realm: None }
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
        self
    }

    fn query(mut self, query: &str) -> Self {
        self.query = Some(query.to_owned());
        self
    }

    fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    fn form(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }

    fn json(self, body: &str) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    fn inbound(&self) -> Inbound<'_> {
        Inbound {
            method: &self.method,
            path: self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
            body: &self.body,
            host_realm: self.host_realm,
        }
    }

    fn parse(&self, dialect: &Dialect) -> Result<TokenRequest, OAuthError> {
        dialect.parse(&self.inbound())
    }

    /// The refusal that this request meets.
    fn refusal(&self, dialect: &Dialect) -> OAuthError {
        self.parse(dialect).unwrap_err()
    }

    fn answer(&self, dialect: &Dialect, outcome: Result<&Issued, &OAuthError>) -> Response<Bytes> {
        dialect.render(&dialect.answering(&self.inbound(), REQUEST_ID), outcome)
    }

    /// The answer to a request that does not come past `parse`.
    fn refused(&self, dialect: &Dialect) -> Response<Bytes> {
        self.answer(dialect, Err(&self.refusal(dialect)))
    }
}

const REQUEST_ID: &str = "9092ee4d-f0fb-42e9-8787-b668dbcec531";

/// The readings of a client's credentials, in clear.
fn readings(request: &TokenRequest) -> Vec<(&str, &str)> {
    match &request.client {
        Credentials::Client { readings, .. } => {
            readings.iter().map(|(id, secret)| (id.as_str(), secret.expose().as_str())).collect()
        }
        Credentials::Implied(_) => panic!("no client credentials"),
    }
}

/// Status line, headers in lower case and body, as a partner sees them.
fn transcript(response: &Response<Bytes>) -> String {
    let mut text = format!("{}\n", response.status());
    for (name, value) in response.headers() {
        text.push_str(&format!("{name}: {}\n", value.to_str().unwrap()));
    }
    format!("{text}\n{}", std::str::from_utf8(response.body()).unwrap())
}

fn header<'r>(response: &'r Response<Bytes>, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

fn text(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// The answer to a refusal of the engine, for a request without credential headers.
fn refusal(name: &str, error: &OAuthError) -> Response<Bytes> {
    Call::new("/any").answer(dialect(name), Err(error))
}

const JWT: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhY21lIn0.SIG";

/// A token for a service account of an institution.
fn issued(realm: &str, token: &str, expires_in: i64, scope: &str) -> Issued {
    let client = Client {
        realm: RealmId::new(realm),
        id: ClientId::new("acme"),
        name: "Acme".into(),
        institution: Some(InstitutionId::new(INSTITUTION)),
        auth_method: AuthMethod::Secret,
        grants: vec![GrantKind::ClientCredentials],
        scopes: ScopeSet::default(),
        requires_mfa: false,
        token_ttl: None,
        token_reuse: None,
        user: None,
        disabled_at: None,
        not_before: None,
        created_at: Timestamp::from_seconds(0),
    };
    let institution = Institution {
        realm: RealmId::new(realm),
        id: InstitutionId::new(INSTITUTION),
        name: "Acme Bank".into(),
        scopes: None,
        claims: serde_json::Map::new(),
        networks: Vec::new(),
        quota: None,
        disabled_at: None,
        not_before: None,
        created_at: Timestamp::from_seconds(0),
    };
    let facts = Facts {
        realm: RealmId::new(realm),
        issuer: "https://auth.example/".into(),
        client: client.into(),
        institution: Some(institution.into()),
        user: None,
        subject_client: None,
        actors: Vec::new(),
        scope: ScopeSet::parse(scope).unwrap(),
        audience: Vec::new(),
    };
    Issued {
        format: TokenFormat::Jwt,
        jti: None,
        issued_at: Timestamp::from_seconds(1_700_000_000),
        access_token: Secret::new(token.into()),
        grant: GrantKind::ClientCredentials,
        expires_in,
        expires_at: Timestamp::from_seconds(1_700_000_000 + expires_in),
        scope_differs: false,
        pending: false,
        reuse: None,
        facts,
    }
}

const INSTITUTION: &str = "194d62ba-f585-40ff-83d7-9cb99b1c77c0";

/// A token for an account.
fn issued_to_user(realm: &str, token: &str) -> Issued {
    let mut issued = issued(realm, token, 86400, "");
    issued.grant = GrantKind::Password;
    issued.facts.user = Some(User {
        realm: RealmId::new(realm),
        id: UserId::new("auth0|60e70d2166"),
        institution: Some(InstitutionId::new(INSTITUTION)),
        email: Some("jane@bank.example".into()),
        name: "Jane".into(),
        roles: vec!["EXTERNAL API ADMIN".into(), "LOANST_SUPPORT".into()],
        scopes: None,
        blocked_at: None,
        not_before: None,
        created_at: Timestamp::from_seconds(0),
    });
    issued
}

fn error(kind: ErrorKind) -> OAuthError {
    OAuthError::new(kind)
}

fn rate_limited(retry_after: Duration) -> OAuthError {
    OAuthError { retry_after: Some(retry_after), ..error(ErrorKind::RateLimited) }
}

const ACCOUNT: &str = r#"{"email":"jane@bank.example","password":"correct horse battery staple"}"#;
const SERVICE: &str = r#"{"client_id":"0ab6P6SF","client_secret":"s3cr3t"}"#;
const PAGE_SAMPLE: &str = "UDlMOFBKOVFJQUZBS0JOUUc2RTA6REdqMlh1S1dqRmIweTl4N0FCS2tBWHNjdlEyekVpdTdiUE1Hd3IwTGsvM2pvR0lNV2c=";
const LISTED_PAIR: &str = "QTlCOUFCOVFJQUZBS0JOUUc5RTk6REM5WHVLV2pGYjB5OXg5QUJLa0FYc2N2UTJ6RWl1NmJQTUd3cjBMay8zam9HSU1XaA==";

fn loanstreet() -> Call {
    Call::new("/oauth/token")
}

fn lendingclub() -> Call {
    Call::new("/auth/oauth/v2/token").query("realm=lc").json(r#"{"grant_type": "client_credentials"}"#)
}

fn with_lc(scheme_and_value: &str) -> Call {
    lendingclub().header("authorization", scheme_and_value)
}

fn crossriver(form: &str) -> Call {
    Call::new("/connect/token").form(form)
}

fn uphold(basic: &str) -> Call {
    Call::new("/core/oauth2/token").form("grant_type=client_credentials").header("authorization", &format!("Basic {basic}"))
}

fn base64(text: impl AsRef<[u8]>) -> String {
    base64::Engine::encode(&base64::engine::general_purpose::STANDARD, text)
}

/// The kind of the refusal, with the reason that only log and audit learn.
fn kind(call: &Call, dialect_name: &str) -> (ErrorKind, Option<Reason>) {
    let error = call.refusal(dialect(dialect_name));
    (error.kind, error.reason)
}

fn refused_as(call: &Call, dialect_name: &str, expected: ErrorKind) {
    assert_eq!(kind(call, dialect_name).0, expected, "{dialect_name}: {call:?}");
}

fn bad_credentials(call: &Call, dialect_name: &str, reason: Reason) {
    assert_eq!(kind(call, dialect_name), (ErrorKind::BadCredentials, Some(reason)), "{dialect_name}: {call:?}");
}
