//! The answers that no request can lead to, rendered from a refusal that holds everything that an answer may name.

use std::collections::BTreeSet;
use std::time::Duration;

use countersign::dialect::Dialects;
use countersign::error::{ErrorKind, OAuthError};
use countersign::model::{Inbound, RateLimit, ScopeSet};
use countersign::secret::Secret;

use super::case::Outcome;
use super::outcomes;
use super::partner::{ALL, Partner};
use crate::harness::golden;
use crate::harness::http::Response;

/// The kinds that no case of the dialect leads to.
fn kinds(partner: &Partner) -> Vec<ErrorKind> {
    let cases = outcomes::of(partner);
    let led_to = cases.iter().filter_map(|case| if let Outcome::Refused(kind) = case.outcome { Some(kind) } else { None });
    let led_to: BTreeSet<ErrorKind> = led_to.collect();
    ErrorKind::ALL.iter().copied().filter(|kind| !led_to.contains(kind)).collect()
}

fn file(partner: &Partner, kind: ErrorKind) -> String {
    format!("{}/rendered/{kind}.http", partner.dialect)
}

pub fn files() -> impl Iterator<Item = String> {
    ALL.iter().flat_map(|partner| kinds(partner).into_iter().map(|kind| file(partner, kind)))
}

fn refusal(kind: ErrorKind) -> OAuthError {
    let scopes = |text: &str| ScopeSet::parse(text).unwrap();
    OAuthError {
        retry_after: Some(Duration::from_millis(29_500)),
        limit: Some(RateLimit { count: 10, per: Duration::from_secs(1) }),
        mfa_token: Some(Secret::new("the-mfa-token".to_owned())),
        scopes: Some((scopes("accounts:read accounts:write"), scopes("accounts:read"))),
        ..OAuthError::new(kind).hint("the hint").param("scope").detail("never shown")
    }
}

#[test]
fn what_cannot_happen_over_http() {
    let dialects = Dialects::builtin().unwrap();
    assert_eq!(dialects.iter().count(), ALL.len(), "every dialect has its goldens");
    for partner in &ALL {
        let dialect = dialects.get(partner.dialect).unwrap();
        let (head, ()) = http::Request::post(partner.path).body(()).unwrap().into_parts();
        let answer = dialect.answering(&Inbound::of(&head, None), "9092ee4d-f0fb-42e9-8787-b668dbcec531");
        for kind in kinds(partner) {
            let rendered = Response::from(dialect.render(&answer, Err(&refusal(kind))));
            assert!(rendered.status >= 400 && !rendered.text().contains("never shown"), "{kind}: {rendered:?}");
            golden::check(&file(partner, kind), &golden::wire(&rendered));
        }
    }
}
