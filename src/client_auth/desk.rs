//! What the endpoints have in common at which clients authenticate: how a body is read, and what a request leaves behind in
//! audit trail, log and metrics (RFC 6749, section 3.2; RFC 7009; RFC 7662).

use axum::body::Body;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Body as _;

use crate::app::App;
use crate::audit::{Actor, AuditEvent, Detail, Record};
use crate::dialect::Dialect;
use crate::error::{About, ErrorKind, OAuthError};
use crate::guard::Caller;
use crate::telemetry::{EndpointLabel, LogFields};

/// One request at such an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a> {
    pub app: &'a App,
    pub dialect: &'a Dialect,
    pub caller: &'a Caller,
    pub endpoint: EndpointLabel,
    /// What the trail calls a refusal here.
    pub refusal: AuditEvent,
}

impl Desk<'_> {
    /// The whole body, or the refusal of one that is too long or broke off.
    pub async fn read(&self, body: Body) -> Result<Bytes, OAuthError> {
        let max = self.dialect.max_body;
        let too_large = || OAuthError::new(ErrorKind::BodyTooLarge).hint("The request body is too large");
        // What is announced to be too large is not waited for.
        if body.size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
            return Err(too_large());
        }
        let whole = Limited::new(body, max).collect();
        match tokio::time::timeout(self.app.config.server.body_timeout(), whole).await {
            Ok(Ok(body)) => Ok(body.to_bytes()),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(error)) => {
                Err(OAuthError::new(ErrorKind::MalformedBody).hint("The request body broke off").detail(error.to_string()))
            }
            Err(_) => Err(OAuthError::new(ErrorKind::MalformedBody).hint("The request body did not arrive in time")),
        }
    }

    /// An entry of the trail about this request.
    pub fn record(&self, event: AuditEvent, about: &About) -> Record {
        let About { realm, institution, client, user, secret } = about.clone();
        let actor = client.clone().map_or(Actor::Anonymous, Actor::Client);
        Record {
            realm,
            institution,
            client,
            user,
            secret,
            request: Some(self.caller.request_id),
            ip: Some(self.caller.address),
            dialect: Some(self.dialect.name.clone()),
            ..Record::new(self.app.now(), event, actor)
        }
    }

    /// The metrics and the audit record of a refusal, and the fields of the log line.
    pub fn leave_behind(&self, outcome: Result<&About, &OAuthError>) -> LogFields {
        if let Err(refusal) = outcome {
            self.app.metrics.refused(refusal.kind, refusal.reason);
            let detail = Detail { error: Some(refusal.kind), ..Detail::default() };
            let record = self.record(self.refusal, &refusal.about);
            self.app.audit.record_refusal(Record { reason: refusal.reason, detail, ..record });
        }
        let about = outcome.unwrap_or_else(|refusal| &refusal.about);
        LogFields { dialect: Some(self.dialect.name.clone()), ..LogFields::new(self.endpoint, about, outcome.err()) }
    }
}
