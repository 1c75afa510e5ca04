//! Errors of the admin API (RFC 9457). The type is always `about:blank`: the status says what kind, `detail` says what.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::admin::service::OpsError;
use crate::error::{ErrorKind, OAuthError};

#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    /// The member of the request that is at fault.
    field: Option<&'static str>,
    /// What would help.
    mend: Option<String>,
    headers: HeaderMap,
}

#[derive(serde::Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<&'a str>,
}

impl Problem {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), field: None, mend: None, headers: HeaderMap::new() }
    }

    pub(super) fn no_such_path() -> Self {
        Self::new(StatusCode::NOT_FOUND, "There is nothing here")
    }

    /// The `Allow` header is the router's own.
    pub(super) fn wrong_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not know that method")
    }

    pub(super) fn invalid(field: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// Who is calling? With the challenge that RFC 6750, section 3, asks for.
    fn unauthenticated(challenge: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Send a token of an administrator: Authorization: Bearer").challenge(challenge)
    }

    pub(super) fn forbidden() -> Self {
        let detail = "This token is not an administrator's: a client's token with the scope `countersign.admin` is";
        let challenge = "Bearer error=\"insufficient_scope\", scope=\"countersign.admin\"";
        Self::new(StatusCode::FORBIDDEN, detail).challenge(challenge)
    }

    fn challenge(mut self, challenge: &'static str) -> Self {
        self.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        self
    }

    fn unavailable() -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "The server cannot do this right now; try again");
        problem.headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        problem
    }

    pub(super) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Something that should not happen did; the server's log says what")
    }

    /// The refusal of a token. What the token lacked is not told apart.
    pub(super) fn of_token(error: &OAuthError) -> Self {
        match error.kind {
            ErrorKind::Unavailable => {
                tracing::warn!(%error, "the token of an administrator could not be checked");
                Self::unavailable()
            }
            ErrorKind::ServerError => {
                tracing::error!(%error, "the token of an administrator could not be checked");
                Self::broken()
            }
            ErrorKind::RsMissing => Self::unauthenticated("Bearer"),
            _ => Self::unauthenticated("Bearer error=\"invalid_token\""),
        }
    }
}

impl From<OpsError> for Problem {
    fn from(error: OpsError) -> Self {
        match error {
            OpsError::NotFound(_) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            OpsError::Conflict(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            OpsError::Invalid(invalid) => Self::invalid(invalid.field, invalid.problem),
            OpsError::Refused { why, mend } => Self { mend: Some(mend), ..Self::new(StatusCode::CONFLICT, why) },
            OpsError::Unavailable(_) => {
                tracing::warn!(%error, "an operation was not done");
                Self::unavailable()
            }
            OpsError::Broken(_) => {
                tracing::error!(%error, "an operation was not done");
                Self::broken()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: &self.detail,
            field: self.field,
            mend: self.mend.as_deref(),
        };
        // Texts and numbers always serialise.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        (self.status, self.headers, body).into_response()
    }
}
