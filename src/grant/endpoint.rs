//! The token endpoint of every dialect: bytes in, bytes out, and what an issued token leaves behind.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;

use crate::app::App;
use crate::audit::{AuditEvent, Detail, Record};
use crate::client_auth::Desk;
use crate::dialect::Dialect;
use crate::error::{About, OAuthError};
use crate::guard::{Caller, throttle};
use crate::model::{Inbound, Issued, TokenId};
use crate::telemetry::EndpointLabel;

/// When trying again makes sense after the audit trail could not be written.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Answers one token request in its dialect.
pub async fn token(app: &App, dialect: &Dialect, caller: &Caller, request: http::Request<Body>) -> Response {
    let desk = Desk { app, dialect, caller, endpoint: EndpointLabel::Token, refusal: AuditEvent::TokenRefused };
    let (head, body) = request.into_parts();
    let host_realm = app.realms.of_request(&head);
    let bare = Inbound::of(&head, host_realm.as_deref().map(|realm| realm.id().as_str()));
    let answer = dialect.answering(&bare, &caller.request_id.to_string());
    let outcome = match admit(app, dialect, caller) {
        Err(refusal) => Err(refusal),
        Ok(()) => match desk.read(body).await {
            Err(refusal) => Err(refusal),
            Ok(body) => issue(&desk, &bare.with_body(&body)).await,
        },
    };
    if let Ok((issued, _)) = &outcome {
        app.metrics.issued(issued.grant, issued.is_reused());
    }
    let log = desk.leave_behind(outcome.as_ref().map(|(_, about)| about));
    let mut response = dialect.render(&answer, outcome.as_ref().map(|(issued, _)| issued)).map(Body::from);
    response.extensions_mut().insert(log);
    response
}

/// The dialect's rate limit for one address.
fn admit(app: &App, dialect: &Dialect, caller: &Caller) -> Result<(), OAuthError> {
    let Some(rate) = dialect.rate else { return Ok(()) };
    app.limiter.take((&dialect.name, caller.address), rate, app.now()).map_err(|wait| throttle::refusal(wait, rate))
}

async fn issue(desk: &Desk<'_>, inbound: &Inbound<'_>) -> Result<(Issued, About), OAuthError> {
    let Desk { app, dialect, caller, .. } = *desk;
    let request = dialect.parse(inbound)?;
    let (issued, about) = super::run(app, caller, &dialect.issue, &request).await?;
    let detail = Detail {
        grant: Some(issued.grant),
        scope: Some(issued.facts.scope.clone()),
        subject_client: issued.facts.subject_client.clone(),
        actors: issued.facts.actors.clone(),
        jti: issued.jti.map(|jti| TokenId::new(jti.to_string())),
        expires_at: Some(issued.expires_at),
        reused: issued.is_reused(),
        ..Detail::default()
    };
    let record = Record { detail, ..desk.record(AuditEvent::TokenIssued, &about) };
    // No token leaves before its record is as safe as the operator wants it.
    app.audit.record(record).await.map_err(|error| OAuthError::unavailable(error, RETRY_AFTER))?;
    Ok((issued, about))
}
