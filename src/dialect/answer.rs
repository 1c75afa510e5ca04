//! What a dialect says about answers, and what of a request shapes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode};

use super::line::{Line, Lines};
use super::schema::{ChallengeWhen, Shape};
use crate::error::ErrorKind;
use crate::model::scope::Echo;
use crate::model::template::Template;
use crate::model::{Accept, GrantKind, RateLimit};

/// What of a request shapes its answer, kept while the request itself is worked on.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) accept: Accept,
    /// Did the request carry a credential header?
    pub(super) header_used: bool,
    /// For challenges: the realm that was asked for, else the dialect's own.
    pub(super) realm: String,
    pub(super) request_id: String,
}

/// What a dialect says about answers.
#[derive(Clone, Debug)]
pub struct AnswerRules {
    pub success: Success,
    pub errors: ErrorTable,
    pub content_type: HeaderValue,
    /// `Cache-Control` and what else every answer carries.
    pub headers: Lines,
    /// The header that carries the request's id.
    pub trace: Option<HeaderName>,
    pub negotiate: bool,
    pub echo: Echo,
    /// What `$limit` says where the error does not.
    pub rate: Option<RateLimit>,
}

/// How a token is handed over.
#[derive(Clone, Debug)]
pub struct Success {
    pub status: StatusCode,
    pub shape: BTreeMap<GrantKind, Shape>,
    pub raw_content_type: HeaderValue,
    pub headers: Lines,
    pub body: Template,
}

/// How one kind of refusal looks.
#[derive(Clone, Debug)]
pub struct ErrorAnswer {
    pub status: StatusCode,
    pub status_when_header_used: Option<StatusCode>,
    pub body: Option<Template>,
    pub headers: Lines,
    pub challenge: Option<(Line, ChallengeWhen)>,
}

/// An answer for every kind of refusal.
#[derive(Clone, Debug)]
pub struct ErrorTable {
    answers: BTreeMap<ErrorKind, Arc<ErrorAnswer>>,
    /// Kept apart, so that there is an answer whatever happens.
    server_error: Arc<ErrorAnswer>,
}

impl ErrorTable {
    /// The table, if it is complete; otherwise the kinds without an answer.
    pub fn complete(answers: BTreeMap<ErrorKind, Arc<ErrorAnswer>>) -> Result<Self, Vec<ErrorKind>> {
        let unmapped: Vec<_> = ErrorKind::ALL.iter().copied().filter(|kind| !answers.contains_key(kind)).collect();
        match answers.get(&ErrorKind::ServerError).cloned() {
            Some(server_error) if unmapped.is_empty() => Ok(Self { answers, server_error }),
            _ => Err(unmapped),
        }
    }

    pub fn get(&self, kind: ErrorKind) -> &ErrorAnswer {
        self.answers.get(&kind).unwrap_or(&self.server_error)
    }
}
