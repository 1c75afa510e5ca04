//! What others see, frozen: every answer of every dialect, and every document that Countersign publishes.
//!
//! `<dialect>/<outcome>.http` is an answer as it came over HTTP, on either database; with a token in it that can be read,
//! `<outcome>.token.json` says what the token says. `<dialect>/rendered/<kind>.http` is the answer to what cannot happen to the
//! dialect over HTTP yet, or at all, so that every kind of refusal is frozen for every dialect.

mod case;
mod documents;
mod exchange;
mod introspection;
mod outcomes;
mod partner;
mod rendered;
mod reuse;
mod routes;
pub mod token;

use std::collections::BTreeSet;

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId};
use countersign::secret::Secret;
use serde_json::json;

use crate::harness::golden;
use crate::harness::server::{Server, on_both};

/// What the demo has no client for: one that may ask for nothing by itself, and one whose tokens wait for a step-up.
const ODD_CLIENTS: [(&str, bool, &str); 2] = [("signs-in-only", false, "password"), ("steps-up", true, "client_credentials")];
const ODD_SECRET: &str = "golden-secret";

async fn add_odd_clients(server: &Server, realm: &str) {
    let (ops, realm) = (server.ops(), RealmId::new(realm));
    let scopes = ops.clients(&realm, &countersign::store::Page { after: None, limit: 1 }).await.unwrap().items.remove(0).scopes;
    for (id, requires_mfa, grant) in ODD_CLIENTS {
        let client = json!({ "id": id, "requires_mfa": requires_mfa, "grants": [grant], "scopes": scopes });
        ops.create_client(&Actor::Shell, &realm, serde_json::from_value(client).unwrap()).await.unwrap();
        let secret = SecretSource::Chosen(Secret::new(ODD_SECRET.to_owned()));
        ops.add_secret(&Actor::Shell, &realm, &ClientId::new(id), secret, None).await.unwrap();
    }
}

/// Freezes every outcome of one dialect.
async fn freeze(server: Server, dialect: &str) {
    let partner = partner::ALL.iter().find(|partner| partner.dialect == dialect).unwrap();
    add_odd_clients(&server, partner.realm).await;
    for case in outcomes::of(partner) {
        case.freeze(partner, &server).await;
    }
}

on_both! {
    async fn oauth2(server) {
        freeze(server, "oauth2").await;
    }

    async fn loanstreet(server) {
        freeze(server, "loanstreet").await;
    }

    async fn lendingclub(server) {
        freeze(server, "lendingclub").await;
    }

    async fn crossriver(server) {
        freeze(server, "crossriver").await;
    }

    async fn uphold(server) {
        freeze(server, "uphold").await;
    }
}

#[test]
fn every_golden_belongs_to_a_test() {
    let outcomes = partner::ALL.iter().flat_map(|partner| outcomes::of(partner).into_iter().flat_map(|case| case.files(partner)));
    let names: BTreeSet<String> = outcomes
        .chain(rendered::files())
        .chain(documents::files())
        .chain(exchange::files())
        .chain(introspection::files())
        .chain(reuse::files())
        .chain(routes::files())
        .collect();
    golden::check_all_referenced(&names);
}
