//! The rules of answers: bodies, headers and challenges as templates.

use http::header::{self, HeaderName, HeaderValue};

use super::{header_name, header_value, status};
use crate::dialect::answer::{AnswerRules, ErrorAnswer, ErrorTable, Success};
use crate::dialect::line::{Line, Lines};
use crate::dialect::schema::{self, ChallengeWhen, Document};
use crate::model::RateLimit;
use crate::model::flaw::Flaw;
use crate::model::scope::Echo;
use crate::model::template::{Context, Template};

/// Headers that the renderer itself answers for.
const RESERVED: [HeaderName; 10] = [
    header::ALLOW,
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::PRAGMA,
    header::RETRY_AFTER,
    header::TRANSFER_ENCODING,
    header::VARY,
    header::WWW_AUTHENTICATE,
    header::X_CONTENT_TYPE_OPTIONS,
];

/// The rules of answers without the table of errors.
#[derive(Debug)]
pub struct AnswerDraft {
    success: Success,
    content_type: HeaderValue,
    headers: Lines,
    trace: Option<HeaderName>,
    negotiate: bool,
    echo: Echo,
    pub rate: Option<RateLimit>,
}

impl AnswerDraft {
    /// `None` only if a flaw was found.
    pub fn compile(document: &Document, flaws: &mut Vec<Flaw>) -> Option<Self> {
        let success = &document.success;
        let body = success.body.as_ref().map(|body| Template::compile(body, Context::SuccessBody, flaws));
        if body.is_none() {
            flaws.push(Flaw::new(0, "a success has no body", "write [success.body] with `access_token = \"$access_token\"`"));
        }
        let content_type = header_value(&success.content_type, flaws);
        let raw_content_type = header_value(&success.raw_content_type, flaws);
        let headers = lines(&document.headers, Context::AnyHeader, flaws);
        let trace = document.trace.header.as_ref().and_then(|name| free_name(name, flaws));
        let success_headers = lines(&success.headers, Context::SuccessHeader, flaws);
        let status = status(&success.status, 200..=299, flaws);
        Some(Self {
            success: Success {
                status,
                shape: success.shape.clone(),
                raw_content_type: raw_content_type?,
                headers: success_headers,
                body: body?,
            },
            content_type: content_type?,
            headers,
            trace,
            negotiate: success.negotiate,
            echo: document.scope.echo,
            rate: document.limits.rate,
        })
    }

    pub fn finish(self, errors: ErrorTable) -> AnswerRules {
        AnswerRules {
            success: self.success,
            errors,
            content_type: self.content_type,
            headers: self.headers,
            trace: self.trace,
            negotiate: self.negotiate,
            echo: self.echo,
            rate: self.rate,
        }
    }
}

pub fn error(answer: &schema::ErrorAnswer, flaws: &mut Vec<Flaw>) -> ErrorAnswer {
    if let Some(when) = answer.challenge_when.as_ref().filter(|_| answer.challenge.is_none()) {
        flaws.push(Flaw::new(
            when.span().start,
            "`challenge_when` without a challenge",
            "write `challenge = 'Basic realm=\"$realm\"'`",
        ));
    }
    let when = answer.challenge_when.as_ref().map_or(ChallengeWhen::Always, |when| *when.get_ref());
    ErrorAnswer {
        status: status(&answer.status, 400..=599, flaws),
        status_when_header_used: answer.status_when_header_used.as_ref().map(|number| status(number, 400..=599, flaws)),
        body: answer.body.as_ref().map(|body| Template::compile(body, Context::ErrorBody, flaws)),
        headers: lines(&answer.headers, Context::ErrorHeader, flaws),
        challenge: answer
            .challenge
            .as_ref()
            .map(|text| (Line::compile(text.get_ref(), text.span().start, Context::ErrorHeader, flaws), when)),
    }
}

fn lines(headers: &schema::Headers, context: Context, flaws: &mut Vec<Flaw>) -> Lines {
    let mut lines = Lines::new();
    for (name, text) in headers {
        let at = text.span().start;
        let line = Line::compile(text.get_ref(), at, context, flaws);
        let Some(name) = free_name(name, flaws) else { continue };
        if name == header::CACHE_CONTROL && !forbids_storing(&line) {
            flaws.push(Flaw::new(at, "tokens could be stored by a cache", "keep `no-store` in Cache-Control"));
        }
        lines.push((name, line));
    }
    lines
}

fn forbids_storing(line: &Line) -> bool {
    let Line::Fixed(value) = line else { return false };
    value.to_str().is_ok_and(|value| value.split(',').any(|directive| directive.trim() == "no-store"))
}

/// The name of a header that a dialect may set.
fn free_name(text: &toml::Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<HeaderName> {
    let name = header_name(text, flaws)?;
    if RESERVED.contains(&name) {
        let mend = "leave it out: `content_type`, `challenge` and `negotiate` are the knobs, the rest comes by itself";
        flaws.push(Flaw::new(text.span().start, format!("the header `{}` is the server's own", text.get_ref()), mend));
        return None;
    }
    Some(name)
}
