//! The test endpoint of a dialect: is this token good? 200 or 401, whatever its scopes.

use axum::body::Body;
use axum::response::Response;
use http::Method;
use http::request::Parts;

use crate::app::App;
use crate::dialect::Dialect;
use crate::error::{About, ErrorKind, OAuthError};
use crate::guard::Caller;
use crate::model::Inbound;
use crate::telemetry::{EndpointLabel, LogFields};
use crate::token::active::{self, MeantFor};

/// Answers in the dialect.
pub async fn test(app: &App, dialect: &Dialect, caller: &Caller, head: &Parts) -> Response {
    let host_realm = app.realms.of_request(head);
    let inbound = Inbound::of(head, host_realm.as_deref().map(|realm| realm.id().as_str()));
    let answer = dialect.answering(&inbound, &caller.request_id.to_string());
    let outcome = check(app, dialect, &inbound).await;
    let about = outcome.as_ref().map_or_else(|refusal| refusal.about.clone(), Clone::clone);
    let log =
        LogFields { dialect: Some(dialect.name.clone()), ..LogFields::new(EndpointLabel::Test, &about, outcome.as_ref().err()) };
    let mut response = dialect.render_test(&answer, outcome.as_ref().map(|_| ())).map(Body::from);
    response.extensions_mut().insert(log);
    response
}

/// The endpoint's one method; HEAD is GET without the body (RFC 9110, section 9.3.2).
fn method(dialect: &Dialect, used: &Method) -> Result<(), OAuthError> {
    let wanted = dialect.test.as_ref().map_or(&Method::GET, |test| &test.method);
    if used == wanted || (used == Method::HEAD && wanted == Method::GET) {
        return Ok(());
    }
    Err(OAuthError::new(ErrorKind::WrongMethod).hint(format!("the method must be {wanted}")))
}

async fn check(app: &App, dialect: &Dialect, inbound: &Inbound<'_>) -> Result<About, OAuthError> {
    method(dialect, inbound.method)?;
    let realm = app.realm(&dialect.realm(inbound)?.0)?;
    let token = active::check(app, &realm, active::bearer(inbound.headers)?, MeantFor::Realm).await?;
    Ok(About {
        realm: Some(realm.id().clone()),
        client: Some(token.client.clone()),
        user: token.user().cloned(),
        ..About::default()
    })
}
