//! A question about a token, from a client that proves who it is: how it comes in and how its answer leaves, in the plain
//! dialect (RFC 7662, section 2; RFC 7009, section 2).

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use http::header::VARY;
use http::{HeaderValue, Request};

use super::{introspection, revocation};
use crate::app::App;
use crate::audit::AuditEvent;
use crate::client_auth::{self, AuthenticatedClient, Desk};
use crate::error::{About, ErrorKind, OAuthError};
use crate::grant;
use crate::guard::Caller;
use crate::model::Inbound;
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::telemetry::EndpointLabel;

/// What is asked of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Is it good, and what does it say?
    Introspection,
    /// Let it end.
    Revocation,
}

/// Who asks, and about which token.
#[derive(Debug)]
pub(super) struct Asked {
    pub realm: Arc<RealmContext>,
    pub client: AuthenticatedClient,
    pub token: Secret<String>,
}

/// What is answered.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub content_type: Option<HeaderValue>,
    pub body: Vec<u8>,
}

/// Answers one question.
pub(super) async fn answer(app: &App, caller: &Caller, question: Question, request: Request<Body>) -> Response {
    let dialects = app.dialects();
    let dialect = dialects.plain();
    let (endpoint, refusal) = match question {
        Question::Introspection => (EndpointLabel::Introspect, AuditEvent::IntrospectionRefused),
        Question::Revocation => (EndpointLabel::Revoke, AuditEvent::RevocationRefused),
    };
    let desk = Desk { app, dialect, caller, endpoint, refusal };
    let (head, body) = request.into_parts();
    let host_realm = app.realms.of_request(&head);
    let bare = Inbound::of(&head, host_realm.as_deref().map(|realm| realm.id().as_str()));
    let shape = dialect.answering_query(&bare, &caller.request_id.to_string());
    let outcome = reply(&desk, question, &bare, body).await;
    let log = desk.leave_behind(outcome.as_ref().map(|(_, about)| about));
    let rendered = match outcome {
        Ok((Reply { content_type, body }, _)) => dialect.render_query(&shape, content_type, body),
        Err(refusal) => dialect.render(&shape, Err(&refusal)),
    };
    let mut response = rendered.map(Body::from);
    if question == Question::Introspection && response.status().is_success() {
        response.headers_mut().insert(VARY, HeaderValue::from_static("Accept"));
    }
    response.extensions_mut().insert(log);
    response
}

async fn reply(desk: &Desk<'_>, question: Question, bare: &Inbound<'_>, body: Body) -> Result<(Reply, About), OAuthError> {
    let body = desk.read(body).await?;
    let asked = Asked::by(desk, &bare.with_body(&body)).await?;
    let about = asked.about();
    if let Some(secret) = &about.secret {
        desk.app.audit.note_use(secret, desk.app.now());
    }
    let reply = match question {
        Question::Introspection => introspection::reply(desk.app, &asked, bare.headers).await,
        Question::Revocation => revocation::revoke(desk, &asked).await.map(|()| Reply::default()),
    };
    match reply {
        Ok(reply) => Ok((reply, about)),
        Err(refusal) => Err(refusal.about(about)),
    }
}

impl Asked {
    /// What a request asks, once its client has proved who it is.
    async fn by(desk: &Desk<'_>, inbound: &Inbound<'_>) -> Result<Self, OAuthError> {
        let query = desk.dialect.parse_query(inbound)?;
        let realm = desk.app.realm(&query.realm.0)?;
        let of_realm = About { realm: Some(realm.id().clone()), ..About::default() };
        let client = match client_auth::authenticate(desk.app, &realm, desk.caller, &query.client).await {
            Ok(client) => client,
            Err(refusal) => return Err(refusal.about(of_realm)),
        };
        match grant::network(desk.caller, client.institution().map(|institution| &**institution)) {
            Ok(()) => Ok(Self { realm, client, token: query.token }),
            Err(refusal) => Err(refusal.about(client.about().or(of_realm))),
        }
    }

    /// Whom the answer is about, for trail and log.
    pub fn about(&self) -> About {
        self.client.about().or(About { realm: Some(self.realm.id().clone()), ..About::default() })
    }
}

/// What was found of a token; `None` if it is not good, whatever the reason. That it could not be found out is a failure.
pub(super) fn unless_inactive<T>(found: Result<T, OAuthError>) -> Result<Option<T>, OAuthError> {
    match found {
        Ok(token) => Ok(Some(token)),
        Err(refusal) if matches!(refusal.kind, ErrorKind::RsInvalid | ErrorKind::RsExpired | ErrorKind::RsRevoked) => Ok(None),
        Err(failure) => Err(failure),
    }
}
