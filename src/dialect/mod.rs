//! The wire contract of one token endpoint, as data with two pure functions: `parse` takes a contract off a request, `render`
//! puts it on an answer. What stands between them does not know which dialect asked.
//!
//! A dialect is a TOML file: `schema` says what may stand in it, `document` reads it, `compile` checks it, `link` resolves
//! what dialects mean to each other, `set` holds all of a server with their routes. A request goes through `parse` (its steps: `body`, `params`,
//! `realm`, `carrier` and `credentials`, `grants`; `query` for a question about a token), an answer through `render` (with `lookup` and `line`).
//!
//! RFC 6749, sections 2.3, 4.3, 4.4 and 5; what partners make of them is in `config/dialects`.

mod answer;
mod body;
mod carrier;
mod compile;
mod credentials;
mod document;
mod fault;
mod form;
mod grants;
mod line;
mod link;
mod lookup;
mod names;
mod negotiate;
mod params;
mod parse;
mod path;
mod query;
mod realm;
mod render;
pub mod schema;
mod sections;
mod set;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};

pub use answer::Answer;
use answer::AnswerRules;
pub use fault::{Fault, File};
pub use form::{hex_digit, pairs as form_pairs};
pub use negotiate::lists;
use parse::RequestRules;
pub use sections::Sections;
pub use set::{Dialects, Endpoint};
pub use words::{check_realm_name, hosts, method};

use crate::error::OAuthError;
use crate::model::{
    Accept, AuthMethod, DialectName, GrantKind, Inbound, IssuePolicy, Issued, RateLimit, RealmName, Scope, TokenQuery,
    TokenRequest,
};

/// One wire contract, compiled.
#[derive(Debug)]
pub struct Dialect {
    pub name: DialectName,
    /// What it asks of the tokens themselves.
    pub issue: Arc<IssuePolicy>,
    /// The largest request body, in bytes.
    pub max_body: usize,
    /// How often one caller may ask.
    pub rate: Option<RateLimit>,
    pub test: Option<TestEndpoint>,
    pub resource: ResourceRules,
    request: RequestRules,
    answers: AnswerRules,
}

/// An endpoint that only tells whether a token is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEndpoint {
    pub path: String,
    pub method: Method,
}

/// Rules of the API side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceRules {
    pub on_behalf_of: Option<OnBehalfOf>,
    /// The methods that a request for a blocked user may still use.
    pub blocked_users_may: Vec<Method>,
}

/// How a client acts for a user: `header: user {uuid}`, with a scope that token and client must both hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnBehalfOf {
    pub header: HeaderName,
    pub scope: Scope,
}

impl Dialect {
    /// What of the request shapes its answer. Made first, so that every refusal can be rendered.
    pub fn answering(&self, inbound: &Inbound<'_>, request_id: &str) -> Answer {
        self.answering_in(self.realm(inbound), inbound, request_id)
    }

    /// The same for a question about a token.
    pub fn answering_query(&self, inbound: &Inbound<'_>, request_id: &str) -> Answer {
        self.answering_in(self.request.query_realm.find(inbound), inbound, request_id)
    }

    fn answering_in(&self, realm: Result<RealmName, OAuthError>, inbound: &Inbound<'_>, request_id: &str) -> Answer {
        let realm = realm.map(|RealmName(name)| name).ok().or_else(|| self.request.realm.default.clone());
        let realm = realm.unwrap_or_else(|| self.name.to_string());
        Answer {
            header_used: self.request.carriers.header_used(inbound.headers),
            ..self.answering_for(&realm, inbound.headers, request_id)
        }
    }

    /// The same for an API of this realm, which refuses in the words of the dialect.
    pub fn answering_for(&self, realm: &str, headers: &HeaderMap, request_id: &str) -> Answer {
        Answer {
            accept: if self.answers.negotiate { negotiate::accept(headers) } else { Accept::Any },
            header_used: false,
            realm: realm.to_owned(),
            request_id: request_id.to_owned(),
        }
    }

    /// The realm that the request is for; it may not exist.
    pub fn realm(&self, inbound: &Inbound<'_>) -> Result<RealmName, OAuthError> {
        self.request.realm.find(inbound)
    }

    pub fn parse(&self, inbound: &Inbound<'_>) -> Result<TokenRequest, OAuthError> {
        self.request.parse(inbound)
    }

    /// A question about a token, asked as a token is asked for.
    pub fn parse_query(&self, inbound: &Inbound<'_>) -> Result<TokenQuery, OAuthError> {
        self.request.parse_query(inbound)
    }

    /// The grants that it offers.
    pub fn grants(&self) -> &[GrantKind] {
        &self.request.grants.allowed
    }

    /// The registered ways to authenticate that its carriers are (RFC 7591, section 2).
    pub fn auth_methods(&self) -> Vec<AuthMethod> {
        let carriers = &self.request.carriers;
        let basic = carriers.basic.is_some().then_some(AuthMethod::SecretBasic);
        basic.into_iter().chain(carriers.body.then_some(AuthMethod::SecretPost)).collect()
    }

    /// The answer of the token endpoint, and of an API that refuses in this dialect.
    pub fn render(&self, answer: &Answer, outcome: Result<&Issued, &OAuthError>) -> Response<Bytes> {
        match outcome {
            Ok(issued) => self.answers.issued(answer, issued),
            Err(error) => self.answers.refused(answer, error, &self.request.names, &Method::POST),
        }
    }

    /// The answer to a question about a token: this body, in what every answer of the dialect carries.
    pub fn render_query(&self, answer: &Answer, content_type: Option<HeaderValue>, body: Vec<u8>) -> Response<Bytes> {
        self.answers.response(StatusCode::OK, answer, body, content_type)
    }

    /// The refusal of an API in the words of the dialect.
    pub fn refuse(&self, answer: &Answer, error: &OAuthError) -> Response<Bytes> {
        self.answers.refused(answer, error, &self.request.names, &Method::GET)
    }

    /// The answer of the test endpoint.
    pub fn render_test(&self, answer: &Answer, outcome: Result<(), &OAuthError>) -> Response<Bytes> {
        let allow = self.test.as_ref().map_or(&Method::GET, |test| &test.method);
        match outcome {
            Ok(()) => self.answers.response(StatusCode::OK, answer, Vec::new(), None),
            Err(error) => self.answers.refused(answer, error, &self.request.names, allow),
        }
    }
}
