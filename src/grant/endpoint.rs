//! The token endpoint of every dialect: bytes in, bytes out, and what a request leaves behind in audit trail, log and metrics.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::app::App;
use crate::audit::{Actor, AuditEvent, Detail, Record};
use crate::dialect::Dialect;
use crate::error::{About, ErrorKind, OAuthError};
use crate::guard::{Caller, throttle};
use crate::model::{DialectName, Inbound, Issued, TokenId};
use crate::telemetry::{EndpointLabel, LogFields};

/// When trying again makes sense after the audit trail could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Answers one token request in its dialect.
pub async fn token(app: &App, dialect: &Dialect, caller: &Caller, request: http::Request<Body>) -> Response {
    let (head, body) = request.into_parts();
    let host_realm = app.realms.of_request(&head);
    let bare = Inbound::of(&head, host_realm.as_deref().map(|realm| realm.id().as_str()));
    let answer = dialect.answering(&bare, &caller.request_id.to_string());
    let outcome = match admit(app, dialect, caller) {
        Err(refusal) => Err(refusal),
        Ok(()) => match read(app, dialect, body).await {
            Err(refusal) => Err(refusal),
            Ok(body) => issue(app, dialect, caller, &bare.with_body(&body)).await,
        },
    };
    let log = leave_behind(app, dialect, caller, &outcome);
    let mut response = dialect.render(&answer, outcome.as_ref().map(|(issued, _)| issued)).map(Body::from);
    response.extensions_mut().insert(log);
    response
}

/// The dialect's rate limit for one address.
fn admit(app: &App, dialect: &Dialect, caller: &Caller) -> Result<(), OAuthError> {
    let Some(rate) = dialect.rate else { return Ok(()) };
    app.limiter.take((&dialect.name, caller.address), rate, app.now()).map_err(|wait| throttle::refusal(wait, rate))
}

/// The whole body, or the refusal of one that is too long or broke off.
async fn read(app: &App, dialect: &Dialect, body: Body) -> Result<Bytes, OAuthError> {
    let too_large = || OAuthError::new(ErrorKind::BodyTooLarge).hint("The request body is too large");
    // What is announced to be too large is not waited for.
    if body.size_hint().lower() > u64::try_from(dialect.max_body).unwrap_or(u64::MAX) {
        return Err(too_large());
    }
    let whole = Limited::new(body, dialect.max_body).collect();
    match tokio::time::timeout(app.config.server.body_timeout(), whole).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err(OAuthError::new(ErrorKind::MalformedBody).hint("The request body broke off").detail(error.to_string()))
        }
        Err(_) => Err(OAuthError::new(ErrorKind::MalformedBody).hint("The request body did not arrive in time")),
    }
}

async fn issue(app: &App, dialect: &Dialect, caller: &Caller, inbound: &Inbound<'_>) -> Result<(Issued, About), OAuthError> {
    let request = dialect.parse(inbound)?;
    let (issued, about) = super::run(app, caller, &dialect.issue, &request).await?;
    let detail = Detail {
        grant: Some(issued.grant),
        scope: Some(issued.facts.scope.clone()),
        subject_client: issued.facts.subject_client.clone(),
        actors: issued.facts.actors.clone(),
        jti: issued.jti.map(|jti| TokenId::new(jti.to_string())),
        expires_at: Some(issued.expires_at),
        ..Detail::default()
    };
    let record = Record { detail, ..record(app, dialect, caller, AuditEvent::TokenIssued, &about) };
    // No token leaves before its record is as safe as the operator wants it.
    app.audit.record(record).await.map_err(|error| OAuthError::unavailable(error, RETRY_AFTER))?;
    Ok((issued, about))
}

fn record(app: &App, dialect: &Dialect, caller: &Caller, event: AuditEvent, about: &About) -> Record {
    let About { realm, institution, client, user, secret } = about.clone();
    let actor = client.clone().map_or(Actor::Anonymous, Actor::Client);
    Record {
        realm,
        institution,
        client,
        user,
        secret,
        request: Some(caller.request_id),
        ip: Some(caller.address),
        dialect: Some(DialectName::new(&dialect.name)),
        ..Record::new(app.now(), event, actor)
    }
}

/// Metrics, the audit record of a refusal, and the fields of the log line.
fn leave_behind(app: &App, dialect: &Dialect, caller: &Caller, outcome: &Result<(Issued, About), OAuthError>) -> LogFields {
    let about = match outcome {
        Ok((issued, about)) => {
            app.metrics.issued(issued.grant);
            about
        }
        Err(refusal) => {
            app.metrics.refused(refusal.kind, refusal.reason);
            let refused = record(app, dialect, caller, AuditEvent::TokenRefused, &refusal.about);
            let detail = Detail { error: Some(refusal.kind), ..Detail::default() };
            app.audit.record_refusal(Record { reason: refusal.reason, detail, ..refused });
            &refusal.about
        }
    };
    LogFields { dialect: Some(dialect.name.clone()), ..LogFields::new(EndpointLabel::Token, about, outcome.as_ref().err()) }
}
