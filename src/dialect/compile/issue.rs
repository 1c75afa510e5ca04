//! The rules of the token itself.

use std::time::Duration;

use crate::dialect::schema::{Document, Scope, Token};
use crate::model::flaw::Flaw;
use crate::model::scope::{ScopePolicy, WhenOmitted};
use crate::model::template::{Context, Template};
use crate::model::{GrantKind, IssuePolicy, Lifetimes};

/// Claims that only the engine sets: a token's identity, origin and time are no matter of taste.
const RESERVED: [&str; 4] = ["iss", "jti", "iat", "exp"];

pub fn compile(document: &Document, flaws: &mut Vec<Flaw>) -> IssuePolicy {
    let token = &document.token;
    IssuePolicy {
        format: token.format,
        algorithm: token.algorithm,
        typ: token.typ.clone(),
        claims: claims(token, flaws),
        lifetimes: lifetimes(token, document.grants.allowed.get_ref(), flaws),
        scope: scope_policy(&document.scope, flaws),
        mfa: document.mfa.policy,
        on_behalf_of: document.resource.on_behalf_of.as_ref().map(|rule| rule.scope.clone()),
    }
}

fn claims(token: &Token, flaws: &mut Vec<Flaw>) -> Template {
    let Some(source) = &token.claims else { return Template::default() };
    for name in source.fields().filter(|name| RESERVED.contains(&name.get_ref().as_str())) {
        let problem = format!("the claim `{}` is the engine's own", name.get_ref());
        flaws.push(Flaw::new(name.span().start, problem, "leave it out"));
    }
    Template::compile(source, Context::Claims, flaws)
}

fn lifetimes(token: &Token, allowed: &[GrantKind], flaws: &mut Vec<Flaw>) -> Lifetimes {
    for (grant, seconds) in &token.ttl {
        let at = seconds.span().start;
        if *seconds.get_ref() == 0 {
            flaws.push(Flaw::new(at, "a token must live", "write at least 1 second"));
        }
        if !allowed.contains(grant) {
            flaws.push(Flaw::new(
                at,
                format!("the grant `{grant}` is not allowed here"),
                "leave its time out, or allow it under [grants]",
            ));
        }
    }
    Lifetimes(token.ttl.iter().map(|(grant, seconds)| (*grant, Duration::from_secs(u64::from(*seconds.get_ref())))).collect())
}

fn scope_policy(scope: &Scope, flaws: &mut Vec<Flaw>) -> ScopePolicy {
    let at = scope.default.span().start;
    match (scope.when_omitted, scope.default.get_ref().is_empty()) {
        (WhenOmitted::Default, true) => {
            flaws.push(Flaw::new(at, "the default list of scopes is empty", "write `default = [\"scope\"]` under [scope]"));
        }
        (WhenOmitted::All | WhenOmitted::None | WhenOmitted::Error, false) => {
            flaws.push(Flaw::new(at, "the default list of scopes is never used", "write `when_omitted = \"default\"`"));
        }
        _ => {}
    }
    ScopePolicy {
        when_omitted: scope.when_omitted,
        default: scope.default.get_ref().clone(),
        when_empty: scope.when_empty,
        foreign: scope.foreign,
        wildcard: scope.wildcard,
        wildcard_excludes: scope.wildcard_excludes.clone(),
        echo: scope.echo,
        max_len: scope.max_len,
    }
}
