//! Cross River: every refusal a bare 400, and a test endpoint.

use std::time::Duration;

use countersign::error::ErrorKind;

use super::{NOBODY, good, jwt, no_grant_type, no_jwt_that_waits, nobody_asks, strange_audience};
use crate::golden::case::{Case, Outcome, Step};
use crate::golden::partner::{Carries, Partner};
use crate::golden::token;
use crate::harness::http::Request;

const TEST: &str = "/api/SignupCard/TestOauth";

pub fn own(partner: &Partner) -> Vec<Case> {
    let basic = Partner { carries: Carries::Basic, ..*partner };
    let unreadable = partner.ask_anonymously(&[("grant_type", "client_credentials")]).header("Authorization", "Basic !");
    let token_endpoint = vec![
        jwt("success", good(partner)),
        jwt("success", good(&basic)),
        jwt("success_narrowed", partner.ask(partner.client, &[("scope", "scope2")])),
        no_grant_type(partner),
        nobody_asks(partner),
        Case::refused(ErrorKind::BadCredentials, basic.ask(NOBODY, &[])).named("bad_credentials_basic"),
        Case::refused(ErrorKind::BadCredentials, unreadable).named("bad_credentials_basic"),
        strange_audience(partner),
        no_jwt_that_waits(partner),
    ];
    [token_endpoint, test_endpoint(partner)].concat()
}

fn test_endpoint(partner: &Partner) -> Vec<Case> {
    let fetch = || Step::Ask(good(partner));
    let bare = Request::new("GET", TEST);
    let refused = |kind: ErrorKind, request| Case::refused(kind, request).named(&format!("test_{kind}"));
    let presented =
        Step::Then(|answer| Request::new("GET", TEST).header("Authorization", &format!("Bearer {}", token::of(answer))));
    let expired = Case {
        steps: vec![fetch(), Step::Wait(Duration::from_secs(3600)), presented.clone()],
        ..refused(ErrorKind::RsExpired, bare.clone())
    };
    let posted =
        Step::Then(|answer| Request::new("POST", TEST).header("Authorization", &format!("Bearer {}", token::of(answer))));
    vec![
        Case { steps: vec![fetch(), presented], ..Case::good("test_good", Outcome::Good, bare.clone()) },
        refused(ErrorKind::RsMissing, bare.clone()),
        refused(ErrorKind::RsMalformed, bare.clone().header("Authorization", "Basic YTpi")),
        refused(ErrorKind::RsInvalid, bare.clone().header("Authorization", "Bearer eyJhbGciOiJub25lIn0.e30.")),
        expired,
        Case { steps: vec![fetch(), posted], ..refused(ErrorKind::WrongMethod, bare) },
    ]
}
