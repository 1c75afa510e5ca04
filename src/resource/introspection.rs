//! Introspection: is a token good, and what does it say? As JSON (RFC 7662), or signed (RFC 9701).
//!
//! A caller is told of tokens that are meant for the APIs that it serves, and of its own. Every other token is answered like
//! one that nobody knows.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue};
use serde_json::{Map, Value, json};

use super::query::{self, Asked, Question, Reply};
use crate::app::App;
use crate::dialect;
use crate::error::OAuthError;
use crate::guard::Caller;
use crate::model::ActiveToken;
use crate::realms::RealmContext;
use crate::token::active::{self, MeantFor};
use crate::token::{acting, sign};

/// The type of a signed answer; no access token has it.
const TYP: &str = "token-introspection+jwt";
const JWT: HeaderValue = HeaderValue::from_static("application/token-introspection+jwt");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `/oauth2/introspect`.
pub async fn introspect(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    query::answer(&app, &caller, Question::Introspection, request).await
}

pub(super) async fn reply(app: &App, asked: &Asked, headers: &HeaderMap) -> Result<Reply, OAuthError> {
    let Asked { realm, client, token } = asked;
    let client = &client.client().id;
    let found = active::check(app, realm, token.expose(), MeantFor::ServedBy(client)).await;
    let said = said(realm, query::unless_inactive(found)?.as_deref());
    if !JWT.to_str().is_ok_and(|jwt| dialect::lists(headers, jwt)) {
        return Ok(Reply { content_type: Some(JSON), body: said.to_string().into() });
    }
    let claims = json!({
        "iss": &*realm.issuer,
        "aud": client,
        "iat": app.now().seconds(),
        "token_introspection": said,
    });
    let signed = sign(app, realm, realm.realm.algorithm, TYP, claims.to_string().as_bytes())?;
    Ok(Reply { content_type: Some(JWT), body: signed.into() })
}

/// What a token says (RFC 7662, section 2.2); of one that is not good, only that.
fn said(realm: &RealmContext, token: Option<&ActiveToken>) -> Value {
    let Some(token) = token else { return json!({ "active": false }) };
    let audience = match token.audience.as_slice() {
        [] => None,
        [one] => Some(json!(one)),
        several => Some(json!(several)),
    };
    let members = [
        ("active", Some(json!(true))),
        ("iss", Some(json!(&*realm.issuer))),
        ("sub", Some(json!(token.subject_id()))),
        ("aud", audience),
        ("client_id", Some(json!(token.client))),
        ("scope", (!token.scopes.is_empty()).then(|| json!(token.scopes.to_string()))),
        ("token_type", Some(json!("Bearer"))),
        ("exp", Some(json!(token.expires_at.seconds()))),
        ("iat", Some(json!(token.issued_at.seconds()))),
        ("jti", Some(json!(token.id))),
        ("institution_id", token.institution.as_ref().map(|institution| json!(institution))),
        ("act", acting(&token.actors)),
    ];
    let present = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect::<Map<_, _>>())
}
