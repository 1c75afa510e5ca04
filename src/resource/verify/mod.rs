//! Forward-auth: a gateway asks for every call to an API whether it may pass, and gets 200 with who it is, or the refusal in
//! the words of the API's own contract (nginx `auth_request`, Caddy and Traefik `forward_auth`, Envoy `ext_authz`).
//!
//! Authenticate, authorise, state: 401 before 403 before 409 (contracts 3, case 81).

mod needed;
mod original;
mod passed;

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use self::needed::{Needed, Refusal};
use self::original::Gateway;
use self::passed::Passed;
use super::on_behalf_of;
use crate::app::App;
use crate::audit::{AuditEvent, Detail, Record};
use crate::client_auth::Desk;
use crate::error::{ErrorKind, OAuthError};
use crate::guard::Caller;
use crate::rules::Need;
use crate::telemetry::{EndpointLabel, LogFields};
use crate::token::active::{self, MeantFor};

/// When trying again makes sense after the audit trail could not be written, or after a refusal that is none any more.
const RETRY: Duration = Duration::from_secs(1);

/// `/verify`: Caddy, Traefik, and services that ask for themselves.
pub async fn forward(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    answer(&app, &caller, Gateway::Forward, &request.into_parts().0).await
}

/// `/verify/envoy/…`.
pub async fn envoy(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    answer(&app, &caller, Gateway::Envoy, &request.into_parts().0).await
}

/// `/verify/nginx`: the question. nginx knows 401 and 403 and takes everything else for a failure, so that every refusal of
/// the caller is one of the two here.
pub async fn nginx(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let mut response = answer(&app, &caller, Gateway::Nginx, &request.into_parts().0).await;
    let status = response.status();
    if status.is_client_error() && status != StatusCode::UNAUTHORIZED {
        *response.status_mut() = StatusCode::FORBIDDEN;
    }
    // nginx reads no body of a refusal, and gives up the connection for one.
    if status.is_client_error() {
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        *response.body_mut() = Body::empty();
    }
    response
}

/// `/verify/nginx/refusal`: the refusal itself, which nginx fetches for the caller. Never a success: what has become good in
/// between was refused all the same.
pub async fn nginx_refusal(State(app): State<Arc<App>>, Extension(caller): Extension<Caller>, request: Request) -> Response {
    let head = request.into_parts().0;
    let response = answer(&app, &caller, Gateway::Nginx, &head).await;
    if !response.status().is_success() {
        return response;
    }
    let error = OAuthError::unavailable("what was refused may pass by now", RETRY);
    refuse(&caller, &head, &Refusal::plain(&app, error))
}

async fn answer(app: &App, caller: &Caller, gateway: Gateway, head: &Parts) -> Response {
    let (needed, method) = match question(app, caller, gateway, head) {
        Ok(question) => question,
        Err(refusal) => return refuse(caller, head, &refusal),
    };
    match let_pass(app, caller, &needed, (&method, &head.headers)).await {
        Ok(passed) => passed.response(&needed.dialect.name),
        Err(error) => {
            let realm = needed.realm.id().to_string();
            refuse(caller, head, &Refusal { dialect: needed.dialect, realm, error })
        }
    }
}

/// What is needed, and the method of the original request.
fn question(app: &App, caller: &Caller, gateway: Gateway, head: &Parts) -> Result<(Needed, Method), Box<Refusal>> {
    let original = original::read(gateway, caller, head).map_err(|error| Refusal::plain(app, error))?;
    let host_realm = app.realms.of_request(head);
    let host_realm = host_realm.as_deref().map(|realm| realm.id().as_str());
    let needed = needed::find(app, (gateway, &head.uri), host_realm, original.as_ref())?;
    let method = original.map_or_else(|| head.method.clone(), |original| original.method);
    Ok((needed, method))
}

/// Authenticate, authorise, state; and the record of an act for an account, before it is let through.
async fn let_pass(
    app: &App,
    caller: &Caller,
    needed: &Needed,
    (method, headers): (&Method, &HeaderMap),
) -> Result<Passed, OAuthError> {
    let realm = &needed.realm;
    let Need::Token(scopes) = &needed.need else { return Ok(Passed::public(realm.id())) };
    let meant_for = needed.audience.as_deref().map_or(MeantFor::Realm, MeantFor::Api);
    let token = active::check(app, realm, active::bearer(headers)?, meant_for).await?;
    let passed = Passed { realm: realm.id().clone(), token: Some(token.clone()), acting_for: None };
    let (endpoint, refusal) = (EndpointLabel::Verify, AuditEvent::ActingRefused);
    let desk = Desk { app, dialect: &needed.dialect, caller, endpoint, refusal };
    let refused = |error: OAuthError| error.about(passed.about());
    if !scopes.iter().all(|scope| needed.dialect.issue.scope.allows(&token.scopes, scope)) {
        let said = Some((scopes.clone(), token.scopes.clone()));
        return Err(refused(OAuthError { scopes: said, ..OAuthError::new(ErrorKind::RsScope) }));
    }
    let rule = needed.dialect.resource.on_behalf_of.as_ref();
    match on_behalf_of::find(app, realm, rule, (&token, headers)).await {
        Ok(None) => Ok(passed),
        Ok(Some(acting_for)) => {
            let permitted = on_behalf_of::permits(&needed.dialect, &acting_for, method);
            let passed = Passed { acting_for: Some(acting_for.user), ..passed };
            acted(&desk, &passed, permitted).await.map(|()| passed)
        }
        Err(error) => {
            let error = refused(error);
            not_acted(&desk, &error);
            Err(error)
        }
    }
}

/// Client and account stand in the trail before anything is done for the account.
async fn acted(desk: &Desk<'_>, passed: &Passed, permitted: Result<(), OAuthError>) -> Result<(), OAuthError> {
    if let Err(error) = permitted {
        let error = error.about(passed.about());
        not_acted(desk, &error);
        return Err(error);
    }
    let jti = passed.token.as_ref().map(|token| token.id.clone());
    let record = desk.record(AuditEvent::ActedForUser, &passed.about());
    let recorded = desk.app.audit.record(Record { detail: Detail { jti, ..Detail::default() }, ..record });
    recorded.await.map_err(|error| OAuthError::unavailable(error, RETRY))
}

fn not_acted(desk: &Desk<'_>, error: &OAuthError) {
    let record = desk.record(desk.refusal, &error.about);
    desk.app.audit.record_refusal(Record { detail: Detail { error: Some(error.kind), ..Detail::default() }, ..record });
}

fn refuse(caller: &Caller, head: &Parts, refusal: &Refusal) -> Response {
    let Refusal { dialect, realm, error } = refusal;
    let answer = dialect.answering_for(realm, &head.headers, &caller.request_id.to_string());
    let mut response = dialect.refuse(&answer, error).map(Body::from);
    let log = LogFields::new(EndpointLabel::Verify, &error.about, Some(error));
    response.extensions_mut().insert(LogFields { dialect: Some(dialect.name.clone()), ..log });
    response
}
