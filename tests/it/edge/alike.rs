//! Case 38: whatever is wrong with the credentials, the caller gets the same bytes, and the server does the same work.

use countersign::admin::service::SecretSource;
use countersign::audit::Actor;
use countersign::model::{ClientId, InstitutionId, RealmId, UserId};

use super::tools::{add_secret, client, trail, tries};
use super::watch::{statements, watched};
use super::*;
use crate::harness::server::{Backend, Server, on_both};

const SECRET: &str = "a right secret";

/// Who is refused, and why, as the audit trail tells it.
const CAUSES: [(&str, &str); 5] = [
    ("nobody", "unknown_client"),
    ("sound", "wrong_secret"),
    ("switched-off", "disabled"),
    ("shut", "locked"),
    ("of-closed", "institution_disabled"),
];

/// The clients of a realm that are refused, each for a reason of its own; all but one even with the right secret.
async fn refused_clients(server: &Server, realm: &str, wrong: impl Fn(&str) -> Request) {
    let ops = server.ops();
    let id = RealmId::new(realm);
    for (name, _) in &CAUSES[1..] {
        client(server, realm, name, SECRET, "users:read").await;
    }
    ops.disable_client(&Actor::Shell, &id, &ClientId::new("switched-off")).await.unwrap();
    let institution = InstitutionId::new("0b0c0d0e-0000-4000-8000-000000000001");
    let new = serde_json::from_value(json!({ "id": institution, "name": "Closed" })).unwrap();
    ops.create_institution(&Actor::Shell, &id, new).await.unwrap();
    let change = serde_json::from_value(json!({ "institution": institution })).unwrap();
    ops.update_client(&Actor::Shell, &id, &ClientId::new("of-closed"), change).await.unwrap();
    ops.disable_institution(&Actor::Shell, &id, &institution).await.unwrap();
    for _ in 0..10 {
        server.send(&wrong("shut")).await;
    }
    assert!(tries(server, realm, "shut").await.locked_at.is_some(), "{realm}");
}

/// An answer without what differs from one to the next.
fn comparable(answer: &Response) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let differs = |name: &str| name.eq_ignore_ascii_case("date") || name.eq_ignore_ascii_case("x-uphold-request-id");
    let headers = answer.headers.iter().filter(|(name, _)| !differs(name)).cloned().collect();
    (answer.status, headers, answer.body.clone())
}

/// All of them are refused in the same bytes, for one run of the slow hash each.
async fn alike(server: &Server, realm: &str, refusal: Refusal, request: impl Fn(&str, &str) -> Request) {
    refused_clients(server, realm, |name| request(name, "a wrong secret")).await;
    let reference = server.send(&request("nobody at all", "a wrong secret")).await;
    refused(&reference, refusal, realm);
    for (name, cause) in CAUSES {
        for secret in ["a wrong secret", SECRET] {
            if (name, secret) == ("sound", SECRET) {
                continue;
            }
            let runs = server.app.credentials.pool().runs();
            let answer = server.send(&request(name, secret)).await;
            assert_eq!(comparable(&answer), comparable(&reference), "{realm} {cause} {secret}");
            assert_eq!(server.app.credentials.pool().runs() - runs, 1, "{realm} {cause} {secret}");
        }
    }
    let rows = trail(server, "token_refused", 20).await;
    for (name, cause) in CAUSES {
        let told = rows.iter().any(|row| row.reason.as_deref() == Some(cause));
        assert!(told, "{realm}: the trail tells that {name} is {cause}");
    }
}

on_both! {
    async fn edge_038_unknown_wrong_disabled_and_locked_are_alike_for_loanstreet(server) {
        alike(&server, "loanstreet", LS_DENIED, service).await;
    }

    async fn edge_038_unknown_wrong_disabled_and_locked_are_alike_for_lendingclub(server) {
        alike(&server, "lc", LC_DENIED, lc_as).await;
    }

    async fn edge_038_unknown_wrong_disabled_and_locked_are_alike_for_crossriver(server) {
        alike(&server, "crossriver", CR_DENIED, |id, secret| cr_as(id, secret, &[])).await;
    }

    async fn edge_038_unknown_wrong_disabled_and_locked_are_alike_for_uphold(server) {
        alike(&server, "uphold", UP_DENIED, |id, secret| up_as(id, secret, &[])).await;
    }

    async fn edge_038_unknown_wrong_blocked_and_locked_accounts_are_alike(server) {
        let (ops, realm) = (server.ops(), RealmId::new("loanstreet"));
        for name in ["blocked", "shut", "without-password"] {
            let password = (name != "without-password").then_some(SECRET);
            let new =
                serde_json::from_value(json!({ "id": name, "email": format!("{name}@bank.example"), "password": password }))
                    .unwrap();
            ops.create_user(&Actor::Shell, &realm, &new).await.unwrap();
        }
        ops.block_user(&Actor::Shell, &realm, &UserId::new("blocked")).await.unwrap();
        for _ in 0..10 {
            server.send(&account("shut@bank.example", "a wrong password")).await;
        }
        assert!(ops.user_is_locked(&realm, &UserId::new("shut")).await.unwrap());
        let reference = server.send(&account("nobody@bank.example", "a wrong password")).await;
        refused(&reference, LS_DENIED, "unknown");
        for (email, password) in [
            (EMAIL, "a wrong password"),
            ("blocked@bank.example", SECRET),
            ("blocked@bank.example", "a wrong password"),
            ("shut@bank.example", SECRET),
            ("shut@bank.example", "a wrong password"),
            ("without-password@bank.example", "a wrong password"),
            ("mfa@bank.example", "a wrong password"),
        ] {
            let runs = server.app.credentials.pool().runs();
            let answer = server.send(&account(email, password)).await;
            assert_eq!(comparable(&answer), comparable(&reference), "{email} {password}");
            assert_eq!(server.app.credentials.pool().runs() - runs, 1, "{email} {password}");
        }
    }

    /// A generated secret is compared by digest: then there is no slow hash for anybody.
    async fn edge_038_a_wrong_generated_secret_is_alike(server) {
        refused_clients(&server, "crossriver", |name| cr_as(name, "a wrong secret", &[])).await;
        client(&server, "crossriver", "another", SECRET, "scope1").await;
        let other = add_secret(&server, "crossriver", "another", SecretSource::Generated, None).await.secret.unwrap();
        for (name, _) in &CAUSES[1..] {
            if *name != "shut" {
                add_secret(&server, "crossriver", name, SecretSource::Generated, None).await;
            }
        }
        let reference = server.send(&cr_as("nobody", other.expose(), &[])).await;
        refused(&reference, CR_DENIED, "unknown");
        let runs = server.app.credentials.pool().runs();
        for (name, cause) in CAUSES {
            let answer = server.send(&cr_as(name, other.expose(), &[])).await;
            assert_eq!(comparable(&answer), comparable(&reference), "{cause}");
        }
        assert_eq!(server.app.credentials.pool().runs(), runs);
        granted(&server.send(&cr_as("another", other.expose(), &[])).await, "its own client");
    }
}

/// Postgres tells each statement in the log: the causes do not differ in a single one.
#[test]
fn edge_038_every_cause_asks_the_database_the_same() {
    let (told, log) = watched("sqlx::query=debug,countersign=info", || async {
        let Some(server) = Server::start(Backend::Postgres, |_| {}).await else { return false };
        refused_clients(&server, "crossriver", |name| cr_as(name, "a wrong secret", &[])).await;
        for (name, _) in CAUSES {
            tracing::info!(target: "countersign", "BEGIN {name}");
            server.send(&cr_as(name, "a wrong secret", &[])).await;
            tracing::info!(target: "countersign", "END {name}");
        }
        true
    });
    if !told {
        return;
    }
    let asked = |case: &str| statements(&log, case);
    let reference = asked("nobody");
    assert_eq!(reference.len(), 3, "the client is looked up, a try reserved, and told if it is the first: {reference:?}");
    for (name, cause) in CAUSES {
        assert_eq!(asked(name), reference, "{cause}");
    }
}
