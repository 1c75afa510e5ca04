//! RFC 6749 to the letter.

use countersign::error::ErrorKind;

use super::{good, jwt, no_grant_type, no_jwt_that_waits, nobody_asks, strange_audience};
use crate::golden::case::Case;
use crate::golden::partner::{Carries, Partner};

pub fn own(partner: &Partner) -> Vec<Case> {
    let demo = partner.client;
    let in_body = Partner { carries: Carries::Body, ..*partner };
    vec![
        jwt("success", good(partner)),
        jwt("success", good(&in_body)),
        jwt("success", good(&partner.at("/realms/main/oauth2/token"))),
        jwt("success_narrowed", partner.ask(demo, &[("scope", "read")])),
        jwt("success_audience", partner.ask(demo, &[("audience", "https://api.example.com")])),
        no_grant_type(partner),
        nobody_asks(partner),
        Case::refused(ErrorKind::BadCredentials, in_body.ask((demo.0, "wrong-secret"), &[])),
        strange_audience(partner),
        Case::refused(ErrorKind::UnknownRealm, good(&partner.at("/realms/nowhere/oauth2/token"))),
        no_jwt_that_waits(partner),
    ]
}
