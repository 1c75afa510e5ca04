//! Uphold: a form with Basic credentials, scopes with wildcards.

use countersign::error::ErrorKind;

use super::{good, jwt, no_grant_type, no_jwt_that_waits, nobody_asks};
use crate::golden::case::Case;
use crate::golden::partner::Partner;

pub fn own(partner: &Partner) -> Vec<Case> {
    let grant = [("grant_type", "client_credentials")];
    let unreadable = partner.ask_anonymously(&grant).header("Authorization", "Basic !");
    vec![
        jwt("success", good(partner)),
        jwt("success_narrowed", partner.ask(partner.client, &[("scope", "users:* users.kyc:read")])),
        no_grant_type(partner),
        nobody_asks(partner),
        Case::refused(ErrorKind::NoCredentials, unreadable),
        no_jwt_that_waits(partner),
    ]
}
