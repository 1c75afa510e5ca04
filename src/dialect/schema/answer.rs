//! The sections about answers.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use super::Headers;
use crate::closed;
use crate::error::ErrorKind;
use crate::model::GrantKind;
use crate::model::template::Source;

closed! {
    /// The shape of a success.
    pub enum Shape {
        /// `[success.body]`.
        Object = "object",
        /// The token and nothing else: no quotes, no newline.
        Raw = "raw",
    }
}

/// How a token is handed over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Success {
    #[schemars(with = "u16")]
    pub status: Spanned<u16>,
    /// The content type of JSON bodies, of errors too.
    #[schemars(with = "String")]
    pub content_type: Spanned<String>,
    /// The content type of a raw token where `Accept` does not choose one.
    #[schemars(with = "String")]
    pub raw_content_type: Spanned<String>,
    /// The shape for each grant; `object` where absent.
    pub shape: BTreeMap<GrantKind, Shape>,
    /// Let `Accept` choose: `application/json` gives the object instead of a raw token, and `text/javascript`,
    /// `application/jwt` or `text/plain` the type of a raw one. Answers then carry `Vary: Accept`. Never a 406.
    pub negotiate: bool,
    /// More headers, as templates.
    #[schemars(with = "BTreeMap<String, String>")]
    pub headers: Headers,
    /// The body, as a template; its fields keep their order.
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub body: Option<Source>,
}

impl Default for Success {
    fn default() -> Self {
        Self {
            status: Spanned::new(0..0, 200),
            content_type: Spanned::new(0..0, "application/json".into()),
            raw_content_type: Spanned::new(0..0, "application/jwt".into()),
            shape: BTreeMap::new(),
            negotiate: false,
            headers: Headers::new(),
            body: None,
        }
    }
}

/// How each refusal looks. Every kind must be given here or by the dialect that is inherited from.
#[derive(Debug, Default, JsonSchema)]
pub struct Errors {
    /// The dialect whose answers stand for the kinds that are not given here.
    #[schemars(with = "Option<String>")]
    pub inherit: Option<Spanned<String>>,
    #[schemars(flatten)]
    pub kinds: BTreeMap<ErrorKind, ErrorAnswer>,
}

closed! {
    /// When a challenge is sent.
    pub enum ChallengeWhen {
        Always = "always",
        /// Only to a request that carried a credential header.
        HeaderUsed = "header_used",
    }
}

/// How one kind of refusal looks.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorAnswer {
    #[schemars(with = "u16")]
    pub status: Spanned<u16>,
    /// The status for a request that carried a credential header (RFC 6749, section 5.2).
    #[schemars(with = "Option<u16>")]
    pub status_when_header_used: Option<Spanned<u16>>,
    /// The body, as a template; absent for an empty one.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub body: Option<Source>,
    /// More headers, as templates. `Retry-After` and `Allow` come by themselves.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub headers: Headers,
    /// The `WWW-Authenticate` header, as a template.
    #[schemars(with = "Option<String>")]
    pub challenge: Option<Spanned<String>>,
    /// When the challenge is sent; `always` where absent.
    #[schemars(with = "Option<ChallengeWhen>")]
    pub challenge_when: Option<Spanned<ChallengeWhen>>,
}

/// How answers can be traced.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Trace {
    /// The header that carries the request's id, a UUID, on every answer.
    #[schemars(with = "Option<String>")]
    pub header: Option<Spanned<String>>,
}

/// An endpoint that only tells whether a token is good: 200 without a body, or the `rs_*` answers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Test {
    #[schemars(with = "String")]
    pub path: Spanned<String>,
    #[schemars(with = "String")]
    pub method: Spanned<String>,
}
