//! From an outcome to bytes. Whatever the dialect says, an answer of the token endpoint is stored by nobody
//! (RFC 6749, section 5.1) and sniffed by no browser.

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PRAGMA, RETRY_AFTER, VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};

use super::answer::{Answer, AnswerRules};
use super::line::Lines;
use super::lookup::{Granted, Refused, whole_seconds};
use super::names::Names;
use super::schema::{ChallengeWhen, Shape};
use crate::error::{ErrorKind, OAuthError};
use crate::model::template::Lookup;
use crate::model::{Accept, Issued};

/// Says whether the token was handed out before, and when another one is due.
const REUSE: HeaderName = HeaderName::from_static("countersign-token");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
const NO_SNIFF: HeaderValue = HeaderValue::from_static("nosniff");

impl AnswerRules {
    pub fn issued(&self, answer: &Answer, issued: &Issued) -> Response<Bytes> {
        let success = &self.success;
        let lookup = Granted { issued, request_id: &answer.request_id, echo: self.echo };
        let token = issued.access_token.expose();
        let raw_type = match (success.shape.get(&issued.grant), answer.accept) {
            (Some(Shape::Raw), Accept::Any) => Some(success.raw_content_type.clone()),
            (Some(Shape::Raw), Accept::Text(chosen)) => Some(HeaderValue::from_static(chosen)),
            _ => None,
        };
        let mut body = Vec::with_capacity(token.len() + 512);
        match raw_type {
            Some(_) => body.extend_from_slice(token.as_bytes()),
            None => success.body.render_json(&mut body, &lookup),
        }
        let content_type = raw_type.unwrap_or_else(|| self.content_type.clone());
        let mut response = self.response(success.status, answer, body, Some(content_type));
        put(&mut response, &success.headers, &lookup);
        let reuse = issued.reuse.and_then(|reuse| HeaderValue::try_from(reuse.to_string()).ok());
        response.headers_mut().extend(reuse.map(|reuse| (REUSE, reuse)));
        response
    }

    /// `allow` is the one method of the endpoint.
    pub fn refused(&self, answer: &Answer, error: &OAuthError, names: &Names, allow: &Method) -> Response<Bytes> {
        let rule = self.errors.get(error.kind);
        let lookup = Refused { answer, error, names, rate: self.rate };
        let status = rule.status_when_header_used.filter(|_| answer.header_used).unwrap_or(rule.status);
        let mut body = Vec::new();
        let content_type = rule.body.as_ref().map(|template| {
            template.render_json(&mut body, &lookup);
            self.content_type.clone()
        });
        let mut response = self.response(status, answer, body, content_type);
        put(&mut response, &rule.headers, &lookup);
        let headers = response.headers_mut();
        if let Some((challenge, when)) = &rule.challenge
            && (*when == ChallengeWhen::Always || answer.header_used)
            && let Some(challenge) = challenge.render(&lookup)
        {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if matches!(error.kind, ErrorKind::RateLimited | ErrorKind::Unavailable) {
            headers.insert(RETRY_AFTER, HeaderValue::from(error.retry_after.map_or(1, whole_seconds)));
        }
        if error.kind == ErrorKind::WrongMethod
            && let Ok(allow) = HeaderValue::from_str(allow.as_str())
        {
            headers.insert(ALLOW, allow);
        }
        response
    }

    /// An answer with what every answer carries.
    pub fn response(
        &self,
        status: StatusCode,
        answer: &Answer,
        body: Vec<u8>,
        content_type: Option<HeaderValue>,
    ) -> Response<Bytes> {
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = status;
        let length = HeaderValue::from(response.body().len());
        let headers = response.headers_mut();
        headers.extend(content_type.map(|content_type| (CONTENT_TYPE, content_type)));
        headers.insert(CONTENT_LENGTH, length);
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(PRAGMA, NO_CACHE);
        headers.insert(X_CONTENT_TYPE_OPTIONS, NO_SNIFF);
        if self.negotiate {
            headers.insert(VARY, HeaderValue::from_static("Accept"));
        }
        if let (Some(name), Ok(id)) = (&self.trace, HeaderValue::from_str(&answer.request_id)) {
            headers.insert(name, id);
        }
        put(&mut response, &self.headers, answer);
        response
    }
}

fn put(response: &mut Response<Bytes>, lines: &Lines, lookup: &dyn Lookup) {
    for (name, line) in lines {
        if let Some(value) = line.render(lookup) {
            response.headers_mut().insert(name, value);
        }
    }
}
