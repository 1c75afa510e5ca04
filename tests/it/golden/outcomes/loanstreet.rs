//! LoanStreet: accounts and service accounts on one path, the account's answer in four shapes, second factors.

use countersign::error::ErrorKind;

use super::{good, jwt, no_jwt_that_waits};
use crate::golden::case::{Case, Step};
use crate::golden::partner::Partner;
use crate::harness::clock::BEGINNING;
use crate::harness::http::{Request, Response};
use crate::harness::totp::{code, code_at};

const PASSWORD: (&str, &str) = ("password", "correct horse battery staple");
const JANE: (&str, &str) = ("email", "jane@bank.example");
const MAX: (&str, &str) = ("email", "mfa@bank.example");

pub fn own(partner: &Partner) -> Vec<Case> {
    [accounts(partner), second_factors(partner), refusals(partner)].concat()
}

fn accounts(partner: &Partner) -> Vec<Case> {
    let account = partner.ask_anonymously(&[JANE, PASSWORD]);
    let untyped =
        Request::new("POST", partner.path).body(format!(r#"{{"{}":"{}","{}":"{}"}}"#, JANE.0, JANE.1, PASSWORD.0, PASSWORD.1));
    let mut cases = vec![
        jwt("success_service_account", good(partner)),
        jwt("success_service_account", partner.ask_bare(partner.client, &[]).header("Authorization", "Bearer null")),
        jwt("success_account", account.clone()),
        jwt("success_account", untyped.header("Accept", "gzip, deflate, br")),
        jwt(
            "success_account",
            partner.ask_anonymously(&[("grant_type", "password"), ("email", " Jane@Bank.Example "), PASSWORD]),
        ),
    ];
    for (name, accept) in [("json", "application/json"), ("jwt", "application/jwt"), ("plain", "text/plain")] {
        cases.push(jwt(&format!("success_account_as_{name}"), account.clone().header("Accept", accept)));
    }
    cases
}

/// The codes that are used up go forward in time, as they do in life.
fn second_factors(partner: &Partner) -> Vec<Case> {
    let (now, first) = (code(BEGINNING), partner.ask_anonymously(&[MAX, PASSWORD]));
    let with = |otp: &str| partner.ask_anonymously(&[MAX, PASSWORD, ("otp", otp)]);
    vec![
        Case::refused(ErrorKind::MfaRequired, first.clone()),
        Case::refused(ErrorKind::MfaFailed, with("000000")),
        jwt("success_second_factor", with(&now)),
        Case::refused(ErrorKind::MfaFailed, with(&now)),
        Case { steps: vec![Step::Ask(first), Step::Then(second_step)], ..jwt("success_second_step", good(partner)) },
        Case::refused(ErrorKind::BadCredentials, partner.ask_anonymously(&[("mfa_token", "forged"), ("otp", &now)])),
    ]
}

/// The second step: the handle of the refusal, with the next code.
fn second_step(refusal: &Response) -> Request {
    let handle = refusal.json()["mfa_token"].as_str().unwrap().to_owned();
    let body = serde_json::json!({ "mfa_token": handle, "otp": code_at(BEGINNING, 1) });
    Request::new("POST", "/oauth/token").json(&body)
}

fn refusals(partner: &Partner) -> Vec<Case> {
    let ask = |parameters: &[(&str, &str)]| partner.ask_anonymously(parameters);
    let wrong = ("password", "wrong");
    let (id, secret) = (("client_id", partner.client.0), ("client_secret", partner.client.1));
    let get = Step::Ask(Request::new("GET", partner.path));
    vec![
        Case::refused(ErrorKind::BadCredentials, ask(&[JANE, wrong])),
        Case::refused(ErrorKind::BadCredentials, ask(&[MAX, wrong])),
        Case::refused(ErrorKind::BadCredentials, ask(&[("email", "nobody@bank.example"), PASSWORD])),
        Case::refused(ErrorKind::ConflictingCredentials, ask(&[JANE, PASSWORD, id, secret])),
        Case::refused(ErrorKind::ConflictingCredentials, ask(&[("grant_type", "password"), id, secret]))
            .named("grant_type_disagrees"),
        Case::refused(ErrorKind::MissingParam, ask(&[])),
        Case::refused(ErrorKind::MissingParam, ask(&[JANE])).named("missing_password"),
        Case::refused(ErrorKind::MissingParam, ask(&[PASSWORD])).named("missing_email"),
        Case::refused(ErrorKind::MissingParam, ask(&[id])).named("missing_client_secret"),
        Case::refused(ErrorKind::MissingParam, ask(&[secret])).named("missing_client_id"),
        Case::refused(ErrorKind::MissingParam, ask(&[("mfa_token", "any")])).named("missing_otp"),
        Case::refused(ErrorKind::NoCredentials, ask(&[("client_assertion", "any")])),
        no_jwt_that_waits(partner).named("mfa_required_of_client"),
        // The contract's own limit, before anything is read.
        Case::refused(ErrorKind::RateLimited, good(partner)).named("rate_limited_by_contract").after(vec![get; 10]),
    ]
}
