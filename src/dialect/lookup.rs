//! Where the placeholders of an answer get their values from.

use std::time::Duration;

use super::answer::Answer;
use super::names::{Names, Param};
use crate::error::OAuthError;
use crate::model::scope::Echo;
use crate::model::template::{Lookup, Placeholder, Value};
use crate::model::{Issued, RateLimit, Scope, ScopeSet};

/// For the headers of every answer.
impl Lookup for Answer {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        match placeholder {
            Placeholder::Realm => Value::from(self.realm.as_str()),
            Placeholder::RequestId => Value::from(self.request_id.as_str()),
            _ => Value::Absent,
        }
    }
}

/// For a token on its way out.
pub struct Granted<'a> {
    pub issued: &'a Issued,
    pub request_id: &'a str,
    pub echo: Echo,
}

impl Granted<'_> {
    /// An empty scope has no spelling (RFC 6749, section 3.3).
    fn echoes_scope(&self) -> bool {
        let told = match self.echo {
            Echo::Always => true,
            Echo::IfDifferent => self.issued.scope_differs,
            Echo::Never => false,
        };
        told && !self.issued.facts.scope.is_empty()
    }
}

impl Lookup for Granted<'_> {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        match placeholder {
            Placeholder::RequestId => Value::from(self.request_id),
            Placeholder::Scope | Placeholder::Scopes if !self.echoes_scope() => Value::Absent,
            other => self.issued.value(other),
        }
    }
}

/// For a refusal.
pub struct Refused<'a> {
    pub answer: &'a Answer,
    pub error: &'a OAuthError,
    pub names: &'a Names,
    pub rate: Option<RateLimit>,
}

impl Lookup for Refused<'_> {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        let error = self.error;
        match placeholder {
            Placeholder::Hint => Value::from(error.hint.as_deref()),
            Placeholder::Param => {
                Value::from(error.param.map(|name| name.parse::<Param>().map_or(name, |param| self.names.of(param))))
            }
            Placeholder::RetryAfter => error
                .retry_after
                .map_or(Value::Absent, |after| Value::Int(i64::try_from(whole_seconds(after)).unwrap_or(i64::MAX))),
            Placeholder::Limit => error.limit.or(self.rate).map_or(Value::Absent, |limit| Value::Text(limit.in_words().into())),
            Placeholder::MfaToken => Value::from(error.mfa_token.as_ref().map(|token| token.expose().as_str())),
            Placeholder::RequiredScopes => error.scopes.as_ref().map_or(Value::Absent, |(required, _)| scopes(required)),
            Placeholder::TokenScopes => error.scopes.as_ref().map_or(Value::Absent, |(_, carried)| scopes(carried)),
            other => self.answer.value(other),
        }
    }
}

fn scopes(set: &ScopeSet) -> Value<'_> {
    Value::List(set.iter().map(Scope::as_str).collect())
}

/// Seconds, rounded up, at least one: trying earlier would be in vain.
pub fn whole_seconds(duration: Duration) -> u64 {
    duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0)).max(1)
}
