//! What the shipped dialects ask of the engine.

use super::*;
use crate::model::scope::{Echo, Foreign, WhenEmpty, WhenOmitted, Wildcard};
use crate::model::template::Lookup;
use crate::model::{MfaPolicy, TokenFormat};

#[test]
fn formats_and_lifetimes() {
    for (name, format, typ, grant, seconds) in [
        ("oauth2", TokenFormat::Jwt, "at+jwt", GrantKind::ClientCredentials, 3600),
        ("loanstreet", TokenFormat::Jwt, "JWT", GrantKind::ClientCredentials, 86400),
        ("loanstreet", TokenFormat::Jwt, "JWT", GrantKind::Password, 86400),
        ("lendingclub", TokenFormat::Uuid4, "JWT", GrantKind::ClientCredentials, 1800),
        ("crossriver", TokenFormat::Jwt, "JWT", GrantKind::ClientCredentials, 3600),
        ("uphold", TokenFormat::Jwt, "JWT", GrantKind::ClientCredentials, 600),
    ] {
        let issue = &dialect(name).issue;
        assert_eq!((issue.format, issue.typ.as_str()), (format, typ), "{name}");
        assert_eq!(issue.lifetimes.of(grant), Duration::from_secs(seconds), "{name} {grant}");
    }
}

#[test]
fn scopes() {
    for (name, when_omitted, when_empty, wildcard) in [
        ("oauth2", WhenOmitted::All, WhenEmpty::Allow, Wildcard::None),
        ("loanstreet", WhenOmitted::All, WhenEmpty::Allow, Wildcard::None),
        ("lendingclub", WhenOmitted::Default, WhenEmpty::Reject, Wildcard::None),
        ("crossriver", WhenOmitted::All, WhenEmpty::Reject, Wildcard::None),
        ("uphold", WhenOmitted::All, WhenEmpty::Reject, Wildcard::Action),
    ] {
        let scope = &dialect(name).issue.scope;
        assert_eq!((scope.when_omitted, scope.when_empty, scope.wildcard), (when_omitted, when_empty, wildcard), "{name}");
        assert_eq!((scope.foreign, scope.echo, scope.max_len), (Foreign::Reject, Echo::Always, 4096), "{name}");
    }
    assert_eq!(dialect("lendingclub").issue.scope.default.to_string(), "oob");
    assert_eq!(dialect("uphold").issue.scope.wildcard_excludes.to_string(), "core.users:act-on-behalf-of");
}

/// The claims of a dialect's template, as JSON.
fn claims(name: &str, lookup: &dyn Lookup) -> String {
    let mut out = Vec::new();
    dialect(name).issue.claims.render_json(&mut out, lookup);
    String::from_utf8(out).unwrap()
}

#[test]
fn claims_of_the_contracts() {
    let service = issued("x", "T", 60, "");
    let account = issued_to_user("x", "T");
    assert_eq!(claims("oauth2", &service.facts), format!(r#"{{"institution_id":"{INSTITUTION}"}}"#));
    assert_eq!(claims("uphold", &service.facts), format!(r#"{{"aud":"acme","org":"{INSTITUTION}"}}"#));
    // Case 65: roles keep their blanks, and a service token has none, not even an empty list.
    assert_eq!(
        claims("loanstreet", &account.facts),
        format!(
            r#"{{"https://api.loan-street.com/roles":["EXTERNAL API ADMIN","LOANST_SUPPORT"],"https://api.loan-street.com/institution_id":"{INSTITUTION}"}}"#
        )
    );
    assert_eq!(
        claims("loanstreet", &service.facts),
        format!(r#"{{"https://api.loan-street.com/institution_id":"{INSTITUTION}"}}"#)
    );
    assert_eq!(claims("lendingclub", &service.facts), "{}");
}

#[test]
fn limits_and_the_api_side() {
    let loanstreet = dialect("loanstreet");
    assert_eq!(loanstreet.rate.map(|rate| rate.to_string()).as_deref(), Some("10/s"));
    assert_eq!((loanstreet.issue.mfa, loanstreet.max_body), (MfaPolicy::IfEnrolled, 65536));
    let uphold = &dialect("uphold").resource;
    let rule = uphold.on_behalf_of.as_ref().unwrap();
    assert_eq!((rule.header.as_str(), rule.scope.as_str()), ("x-on-behalf-of", "core.users:act-on-behalf-of"));
    assert_eq!(uphold.blocked_users_may, [Method::GET, Method::HEAD, Method::OPTIONS]);
    let test = dialect("crossriver").test.as_ref().unwrap();
    assert_eq!((test.path.as_str(), &test.method), ("/api/SignupCard/TestOauth", &Method::GET));
    assert!(["oauth2", "loanstreet", "lendingclub", "uphold"].iter().all(|name| dialect(name).test.is_none()));
}
