//! LendingClub: a header scheme of its own, opaque tokens.

use countersign::error::ErrorKind;

use super::{STEPS_UP, good, no_grant_type, nobody_asks};
use crate::golden::case::{Case, Outcome};
use crate::golden::partner::{Partner, Speaks};

pub fn own(partner: &Partner) -> Vec<Case> {
    let handle = |name, request| Case::good(name, Outcome::Handle, request);
    let in_form = Partner { speaks: Speaks::Form, ..*partner };
    vec![
        handle("success", good(partner)),
        handle("success", good(&in_form)),
        handle("success", good(&partner.at("/auth/oauth/v2/token"))),
        handle("success", partner.ask(partner.client, &[("scope", "oob")])),
        handle("success_requires_mfa", partner.ask(STEPS_UP, &[])),
        no_grant_type(partner),
        nobody_asks(partner),
        Case::refused(ErrorKind::UnknownRealm, good(&partner.at("/auth/oauth/v2/token?realm=LC"))),
    ]
}
