//! What ends a reuse window early: whatever the token was made of, and whatever ends the token itself. At once on the node
//! that makes the change, and on another as soon as it hears of it.

use std::time::Duration;

use countersign::admin::service::{ClientChange, NewInstitution, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ClientId, InstitutionId, RealmId};
use countersign::store::Pools;
use serde_json::{Value, json};

use super::{WINDOW, said, token, window};
use crate::edge::tools::{add_secret, admin_token, administer, execute, number};
use crate::edge::{LC_ID, LC_SECRET, lc_as};
use crate::engine::gateway::{revoke_as, revoked};
use crate::engine::{claims_of, demo, main};
use crate::harness::http::send;
use crate::harness::process::eventually;
use crate::harness::server::{Backend, Server, on_both};

const BANK: &str = "0b7e6c1a-4a52-4a6e-9c0f-2d9b7a1f3e55";
const DEMO: (&str, &str) = ("demo", "demo-secret");
/// What all tests here ask for, so that a change of what the client holds changes nothing about it.
const READ: &[(&str, &str)] = &[("scope", "read")];

/// One more node. It has chance of its own, and so tokens of its own.
async fn another(server: &Server) -> Server {
    let other = Server::seeded(&server.url, 8, |_| {}).await;
    other.refresh().await;
    other
}

/// Makes the demo client, with a window, a member of an institution.
async fn found(server: &Server) {
    let new = NewInstitution {
        id: Some(InstitutionId::new(BANK)),
        name: "Bank".into(),
        scopes: None,
        claims: serde_json::Map::new(),
        networks: Vec::new(),
        quota: None,
    };
    server.ops().create_institution(&Actor::Shell, &main(), new).await.unwrap();
    let member = ClientChange { institution: Some(Some(InstitutionId::new(BANK))), ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &main(), &demo(), member).await.unwrap();
    window(server, "main", "demo", Some(WINDOW)).await;
}

/// The token of this moment, which is handed out again.
async fn standing(server: &Server, case: &str) -> String {
    server.refresh().await;
    let one = token(server, READ).await;
    // Right after a revocation a token bears the second that follows.
    server.clock.advance(Duration::from_secs(2));
    let kept = token(server, READ).await;
    assert!(kept == token(server, READ).await && kept == one, "{case}");
    kept
}

/// A request to the admin API: method, path below the realm, body.
type Act = (&'static str, String, Value);

/// What operators do to what the token was made of.
fn changes() -> Vec<(&'static str, Vec<Act>)> {
    let press = |path: &str| ("POST", path.to_owned(), Value::Null);
    let bank = |verb: &str| format!("institutions/{BANK}{verb}");
    vec![
        ("a client's tokens are revoked", vec![press("clients/demo/revoke-tokens")]),
        ("a client is off and on again", vec![press("clients/demo/disable"), press("clients/demo/enable")]),
        ("a client has more scopes", vec![("PATCH", "clients/demo".into(), json!({ "scopes": ["read", "write", "more"] }))]),
        (
            "a client needs a step-up and no more",
            [true, false].map(|needs| ("PATCH", "clients/demo".into(), json!({ "requires_mfa": needs }))).into(),
        ),
        ("a client's window is another", vec![("PATCH", "clients/demo".into(), json!({ "token_reuse": "10m" }))]),
        ("a client's tokens live for another time", vec![("PATCH", "clients/demo".into(), json!({ "token_ttl": "50m" }))]),
        ("a client has a new secret", vec![("POST", "clients/demo/secrets".into(), json!({}))]),
        ("an institution's claims are others", vec![("PATCH", bank(""), json!({ "claims": { "tier": "gold" } }))]),
        ("an institution's tokens are revoked", vec![press(&bank("/revoke-tokens"))]),
        ("an institution is off and on again", vec![press(&bank("/disable")), press(&bank("/enable"))]),
        ("a key is published", vec![("POST", "keys".into(), json!({ "algorithm": "RS256", "kid": "next" }))]),
        ("another key signs", vec![press("keys/next/activate?force=true")]),
        ("the old key is retired", vec![press("keys/main-RS256/retire?force=true")]),
    ]
}

on_both! {
    async fn a_change_of_what_it_was_made_of_ends_it_here_and_there(server) {
        found(&server).await;
        let other = another(&server).await;
        let admin = admin_token(&server).await;
        for (case, requests) in changes() {
            let before = [standing(&server, case).await, standing(&other, case).await];
            for (method, path, body) in requests {
                let done = administer(&server, &admin, method, &format!("main/{path}"), Some(&body).filter(|body| !body.is_null())).await;
                assert!(done.status < 300, "{case}: {done:?}");
            }
            assert_ne!(token(&server, READ).await, before[0], "{case}: here");
            other.refresh().await;
            assert_ne!(token(&other, READ).await, before[1], "{case}: there");
        }
    }

    async fn a_secret_that_is_revoked_ends_it(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let (admin, other) = (admin_token(&server).await, another(&server).await);
        let added = administer(&server, &admin, "POST", "main/clients/demo/secrets", Some(&json!({}))).await;
        let path = format!("main/clients/demo/secrets/{}/revoke", added.json()["id"].as_str().unwrap());
        let before = [standing(&server, "here").await, standing(&other, "there").await];
        let ended = administer(&server, &admin, "POST", &path, None).await;
        assert!(ended.status < 300, "{ended:?}");
        assert_ne!(token(&server, READ).await, before[0]);
        other.refresh().await;
        assert_ne!(token(&other, READ).await, before[1]);
    }

    async fn a_revoked_token_is_not_handed_out_and_others_are(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let (admin, other) = (admin_token(&server).await, another(&server).await);
        for (case, by_operator) in [("by the client itself", false), ("by an operator", true)] {
            let [mine, theirs] = [standing(&server, case).await, standing(&other, case).await];
            for (ended, at, lives) in [(&theirs, &other, Some(&mine)), (&mine, &server, None)] {
                if by_operator {
                    let id = json!({ "id": claims_of(ended)["jti"] });
                    assert_eq!(administer(&server, &admin, "POST", "main/tokens/revoke", Some(&id)).await.status, 204);
                } else {
                    revoked(&server.send(&revoke_as(DEMO, "main", ended)).await, case);
                }
                if let Some(lives) = lives {
                    assert_eq!(token(&server, READ).await, *lives, "{case}: a token of another node");
                    other.refresh().await;
                }
                assert_ne!(token(at, READ).await, *ended, "{case}");
            }
        }
    }

    async fn a_revoked_handle_is_not_handed_out(server) {
        window(&server, "lc", LC_ID, Some(WINDOW)).await;
        let other = another(&server).await;
        for at in [&server, &other] {
            let ended = said(&at.send(&lc_as(LC_ID, LC_SECRET)).await).0;
            assert_eq!(said(&at.send(&lc_as(LC_ID, LC_SECRET)).await).0, ended);
            revoked(&server.send(&revoke_as((LC_ID, LC_SECRET), "lc", &ended)).await, "a handle");
            other.refresh().await;
            assert_ne!(said(&at.send(&lc_as(LC_ID, LC_SECRET)).await).0, ended);
        }
    }

    async fn a_change_of_realm_or_api_ends_it(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let ops = server.ops();
        let before = standing(&server, "API").await;
        let api = json!({ "audience": "https://api.example.com", "scopes": ["read", "write"], "ttl": "40m" });
        ops.put_api(&Actor::Shell, &main(), &serde_json::from_value(api).unwrap()).await.unwrap();
        server.refresh().await;
        assert_ne!(token(&server, READ).await, before);
        let before = standing(&server, "realm").await;
        let realm = json!({ "name": "main", "issuer": "https://auth.example", "host": "auth.example" });
        ops.put_realm(&Actor::Shell, &serde_json::from_value(realm).unwrap()).await.unwrap();
        server.refresh().await;
        let after = token(&server, READ).await;
        assert_ne!((after.as_str(), &claims_of(&before)["iss"]), (before.as_str(), &claims_of(&after)["iss"]));
    }

    async fn what_is_read_goes_before_what_was_heard(server, |config| config.cache.parties = 0) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let before = standing(&server, "unheard").await;
        // Nobody tells of it.
        execute(&server, "UPDATE clients SET name = 'Demo Ltd' WHERE id = 'demo'").await;
        assert_ne!(token(&server, READ).await, before);
    }

    async fn a_change_elsewhere_does_not_end_it(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let before = standing(&server, "elsewhere").await;
        window(&server, "main", "demo-gateway", Some(1)).await;
        server.ops().revoke_client_tokens(&Actor::Shell, &RealmId::new("lc"), &ClientId::new(LC_ID)).await.unwrap();
        server.refresh().await;
        assert_eq!(token(&server, READ).await, before);
    }

    async fn dialects_that_are_read_again_end_it(server) {
        window(&server, "main", "demo", Some(WINDOW)).await;
        let before = standing(&server, "dialects").await;
        server.app.reload().unwrap();
        assert_ne!(token(&server, READ).await, before);
    }
}

/// A request that is stopped right before its token is stored, long after it has read what the token is made of.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_changes_while_a_token_is_made_keeps_it_from_being_handed_out() {
    const STOPPED: &str = "SELECT COUNT(*) FROM pg_stat_activity \
                           WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO tokens%'";
    let Some(server) = Server::start(Backend::Postgres, |_| {}).await else { return };
    window(&server, "lc", LC_ID, Some(WINDOW)).await;
    let Pools::Postgres(pool) = &server.app.db.pools else { panic!("no Postgres") };
    let mut stop = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE tokens IN EXCLUSIVE MODE").execute(&mut *stop).await.unwrap();
    let (public, asked) = (server.public, lc_as(LC_ID, LC_SECRET));
    let making = tokio::spawn(async move { send(public, &asked).await });
    eventually("a token that waits to be stored", async || (number(&server, STOPPED).await > 0).then_some(())).await;
    add_secret(&server, "lc", LC_ID, SecretSource::Generated, None).await;
    server.refresh().await;
    stop.rollback().await.unwrap();
    let made = said(&making.await.unwrap()).0;
    let next = said(&server.send(&lc_as(LC_ID, LC_SECRET)).await).0;
    assert_ne!(next, made);
    assert_eq!(said(&server.send(&lc_as(LC_ID, LC_SECRET)).await).0, next);
}
