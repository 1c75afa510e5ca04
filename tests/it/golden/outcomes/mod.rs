//! Every outcome of every dialect that a request can lead to: first what all contracts have, then what one has alone.

mod crossriver;
mod lendingclub;
mod loanstreet;
mod oauth2;
mod uphold;

use countersign::error::ErrorKind;

use super::ODD_SECRET;
use super::case::{Case, Outcome, Step, World};
use super::partner::{Carries, Known, Partner};
use crate::harness::http::Request;

const NOBODY: Known = ("nobody", "no-secret");
const SIGNS_IN_ONLY: Known = ("signs-in-only", ODD_SECRET);
const STEPS_UP: Known = ("steps-up", ODD_SECRET);

/// All of one dialect, in an order in which none stands in another's way.
pub fn of(partner: &Partner) -> Vec<Case> {
    let own = match partner.dialect {
        "oauth2" => oauth2::own(partner),
        "loanstreet" => loanstreet::own(partner),
        "lendingclub" => lendingclub::own(partner),
        "crossriver" => crossriver::own(partner),
        "uphold" => uphold::own(partner),
        other => panic!("the dialect {other} has no goldens"),
    };
    [about_bodies(partner), about_credentials(partner), about_grants(partner), own, about_the_server(partner)].concat()
}

pub fn good(partner: &Partner) -> Request {
    partner.ask(partner.client, &[])
}

fn about_bodies(partner: &Partner) -> Vec<Case> {
    let (content_type, body) = partner.foreign_body();
    let foreign = Request::new("POST", partner.path).header("Content-Type", content_type).body(body);
    let separator = if partner.path.contains('?') { '&' } else { '?' };
    let in_query = Request::new("POST", &format!("{}{separator}client_secret={}", partner.path, partner.client.1));
    vec![
        Case::refused(ErrorKind::MalformedBody, good(partner).body(partner.garbage())),
        Case::refused(ErrorKind::BodyTooLarge, good(partner).body("x".repeat(64 * 1024 + 1))),
        Case::refused(ErrorKind::WrongContentType, foreign),
        Case::refused(ErrorKind::UnsupportedEncoding, good(partner).header("Content-Encoding", "gzip")),
        Case::refused(ErrorKind::WrongMethod, Request::new("GET", partner.path)),
        Case::refused(ErrorKind::QueryParam, partner.fill(in_query, &[("grant_type", "client_credentials")])),
        Case::refused(ErrorKind::DuplicateParam, partner.ask(partner.client, &[("grant_type", "client_credentials")])),
    ]
}

fn about_credentials(partner: &Partner) -> Vec<Case> {
    let (id, secret) = partner.client;
    let twice = match partner.carries {
        Carries::Body => good(partner).basic(id, secret),
        Carries::Basic | Carries::Scheme(_) => partner.ask(partner.client, &[("client_id", id), ("client_secret", secret)]),
    };
    vec![
        Case::refused(ErrorKind::ConflictingCredentials, twice),
        Case::refused(ErrorKind::BadCredentials, partner.ask((id, "wrong-secret"), &[])),
        Case::refused(ErrorKind::BadCredentials, partner.ask(NOBODY, &[])),
        Case::refused(ErrorKind::RateLimited, partner.ask(NOBODY, &[]))
            .in_world(World::FewTries)
            .after(vec![Step::Ask(partner.ask(NOBODY, &[]))]),
    ]
}

fn about_grants(partner: &Partner) -> Vec<Case> {
    let too_long = "s".repeat(4097);
    let asking = |scope| partner.ask(partner.client, &[("scope", scope)]);
    vec![
        Case::refused(ErrorKind::UnsupportedGrant, partner.ask_bare(partner.client, &[("grant_type", "authorization_code")])),
        Case::refused(ErrorKind::GrantNotAllowed, partner.ask(SIGNS_IN_ONLY, &[])),
        Case::refused(ErrorKind::ScopeTooLong, asking(&too_long)),
        Case::refused(ErrorKind::InvalidScope, asking("not:mine")),
        Case::refused(ErrorKind::InvalidScope, asking("not\"legal")).named("invalid_scope_syntax"),
    ]
}

fn about_the_server(partner: &Partner) -> Vec<Case> {
    let down = Case::refused(ErrorKind::Unavailable, good(partner)).in_world(World::StoreDown);
    // An opaque token needs no key.
    let unsigned = Case::refused(ErrorKind::ServerError, good(partner)).in_world(World::NoKey);
    if partner.dialect == "lendingclub" { vec![down] } else { vec![down, unsigned] }
}

/// A JWT does not wait for a step-up, so that such a client gets none.
fn no_jwt_that_waits(partner: &Partner) -> Case {
    Case::refused(ErrorKind::MfaRequired, partner.ask(STEPS_UP, &[]))
}

fn no_grant_type(partner: &Partner) -> Case {
    Case::refused(ErrorKind::MissingGrantType, partner.ask_bare(partner.client, &[]))
}

fn nobody_asks(partner: &Partner) -> Case {
    Case::refused(ErrorKind::NoCredentials, partner.ask_anonymously(&[("grant_type", "client_credentials")]))
}

fn strange_audience(partner: &Partner) -> Case {
    Case::refused(ErrorKind::InvalidAudience, partner.ask(partner.client, &[("audience", "https://strange.example")]))
}

fn jwt(name: &str, request: Request) -> Case {
    Case::good(name, Outcome::Jwt, request)
}
