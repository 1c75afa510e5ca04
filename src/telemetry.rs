//! What operations see: log lines and metrics. Labels come from closed sets only, so that no caller can make a new series.

mod counts;
mod json;
mod log;
mod metrics;

pub use log::{Flush, start_logging};
pub use metrics::{Metrics, Readings};

use crate::closed;
use crate::error::{About, ErrorKind, OAuthError, Reason};
use crate::model::DialectName;

closed! {
    /// What a request asked for, as far as logs and metrics tell requests apart.
    pub enum EndpointLabel {
        Token = "token",
        Test = "test",
        Jwks = "jwks",
        Metadata = "metadata",
        Verify = "verify",
        Introspect = "introspect",
        Revoke = "revoke",
        Health = "health",
        Metrics = "metrics",
        Admin = "admin",
        Unmatched = "unmatched",
    }
}

closed! {
    /// The hundreds of an HTTP status.
    pub enum StatusClass {
        Informational = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

impl From<http::StatusCode> for StatusClass {
    fn from(status: http::StatusCode) -> Self {
        match status.as_u16() / 100 {
            1 => Self::Informational,
            2 => Self::Success,
            3 => Self::Redirection,
            4 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

/// What an endpoint adds to the log line of its request. Nothing in it was merely written by the caller.
#[derive(Clone, Debug)]
pub struct LogFields {
    pub endpoint: EndpointLabel,
    pub dialect: Option<DialectName>,
    pub about: About,
    pub kind: Option<ErrorKind>,
    pub reason: Option<Reason>,
    /// The private detail and causes of a refusal.
    pub detail: Option<String>,
}

impl LogFields {
    pub fn new(endpoint: EndpointLabel, about: &About, refusal: Option<&OAuthError>) -> Self {
        Self {
            endpoint,
            dialect: None,
            about: about.clone(),
            kind: refusal.map(|refusal| refusal.kind),
            reason: refusal.and_then(|refusal| refusal.reason),
            detail: refusal.and_then(|refusal| match (&refusal.detail, &refusal.source) {
                (Some(detail), _) => Some(detail.to_string()),
                (None, Some(source)) => Some(source.to_string()),
                (None, None) => None,
            }),
        }
    }

    /// Of an endpoint that knows nobody.
    pub fn bare(endpoint: EndpointLabel) -> Self {
        Self::new(endpoint, &About::default(), None)
    }
}

#[cfg(test)]
mod tests;
