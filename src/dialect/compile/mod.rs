//! From the sections of a file to what `parse` and `render` work with. Everything that is wrong is said at once.

mod answers;
mod issue;
mod request;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, StatusCode};
use toml::Spanned;

use super::answer::{ErrorAnswer, ErrorTable};
use super::parse::RequestRules;
use super::path::PathPattern;
use super::schema::{self, Document};
use super::words::{hosts, method};
use super::{Dialect, OnBehalfOf, ResourceRules, TestEndpoint};
use crate::error::ErrorKind;
use crate::model::flaw::Flaw;
use crate::model::{DialectName, IssuePolicy};
use answers::AnswerDraft;

/// A dialect that still lacks the error answers that it inherits.
#[derive(Debug)]
pub struct Draft {
    name: String,
    issue: IssuePolicy,
    request: RequestRules,
    answers: AnswerDraft,
    resource: ResourceRules,
    pub hosts: Vec<String>,
    /// The paths of the token endpoint, with their offsets.
    pub paths: Vec<(usize, PathPattern)>,
    pub test: Option<((usize, PathPattern), Method)>,
    pub inherit: Option<Spanned<String>>,
    pub errors: BTreeMap<ErrorKind, Arc<ErrorAnswer>>,
}

impl Draft {
    pub fn compile(name: &str, document: &Document) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let hosts = hosts(&document.matching.hosts, &mut flaws);
        let paths = request::paths(&document.matching.paths, &mut flaws);
        let test = document.test.as_ref().and_then(|test| compile_test(test, &mut flaws));
        let claimed: Vec<_> = paths.iter().chain(test.iter().map(|(path, _)| path)).cloned().collect();
        let request = request::compile(document, &claimed, &mut flaws);
        let errors =
            document.errors.kinds.iter().map(|(kind, answer)| (*kind, Arc::new(answers::error(answer, &mut flaws)))).collect();
        let resource = compile_resource(&document.resource, &mut flaws);
        let answers = AnswerDraft::compile(document, &mut flaws);
        let issue = issue::compile(document, &mut flaws);
        let inherit = document.errors.inherit.clone();
        match answers {
            Some(answers) if flaws.is_empty() => {
                Ok(Self { name: name.to_owned(), issue, request, answers, resource, hosts, paths, test, inherit, errors })
            }
            _ => {
                flaws.sort_by_key(|flaw| flaw.at);
                Err(flaws)
            }
        }
    }

    pub fn finish(self, errors: ErrorTable) -> Dialect {
        Dialect {
            name: DialectName::new(self.name),
            issue: Arc::new(self.issue),
            max_body: self.request.max_body,
            rate: self.answers.rate,
            test: self.test.map(|((_, path), method)| TestEndpoint { path: path.as_str().to_owned(), method }),
            resource: self.resource,
            request: self.request,
            answers: self.answers.finish(errors),
        }
    }
}

fn compile_test(test: &schema::Test, flaws: &mut Vec<Flaw>) -> Option<((usize, PathPattern), Method)> {
    let path = request::path(&test.path, flaws);
    let method = method(&test.method, flaws);
    Some(((test.path.span().start, path?), method?))
}

fn compile_resource(resource: &schema::Resource, flaws: &mut Vec<Flaw>) -> ResourceRules {
    let on_behalf_of = resource
        .on_behalf_of
        .as_ref()
        .and_then(|rule| Some(OnBehalfOf { header: header_name(&rule.header, flaws)?, scope: rule.scope.clone() }));
    let blocked_users_may = resource.blocked_users_may.iter().filter_map(|text| method(text, flaws)).collect();
    ResourceRules { on_behalf_of, blocked_users_may }
}

fn header_name(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<HeaderName> {
    let name = HeaderName::from_bytes(text.get_ref().as_bytes());
    name.map_err(|_| {
        let problem = format!("`{}` is no header name", text.get_ref());
        flaws.push(Flaw::new(text.span().start, problem, "write letters, digits and hyphens"));
    })
    .ok()
}

fn header_value(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<HeaderValue> {
    let value = HeaderValue::from_str(text.get_ref());
    value
        .map_err(|_| flaws.push(Flaw::new(text.span().start, "a header cannot hold this text", "leave out control characters")))
        .ok()
}

fn status(number: &Spanned<u16>, range: std::ops::RangeInclusive<u16>, flaws: &mut Vec<Flaw>) -> StatusCode {
    let status = StatusCode::from_u16(*number.get_ref()).ok().filter(|status| range.contains(&status.as_u16()));
    status.unwrap_or_else(|| {
        let problem = format!("{} is no status for this answer", number.get_ref());
        flaws.push(Flaw::new(number.span().start, problem, format!("write one from {} to {}", range.start(), range.end())));
        StatusCode::INTERNAL_SERVER_ERROR
    })
}
