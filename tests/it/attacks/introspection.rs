//! Rows 99 to 104: what introspection and revocation tell, and to whom; and what a revocation ends.

use std::time::Duration;

use countersign::admin::service::NewKey;
use countersign::audit::Actor;
use countersign::keys::lifecycle::Wait;
use countersign::model::{Algorithm, KeyId, UserId};
use serde_json::json;
use tokio::task::JoinSet;

use super::{BAD, NONE, account, assert_refused, basic_token, client, contract, count, granted, realm, sql};
use crate::edge::tools::trail;
use crate::edge::watch::{statements, watched};
use crate::engine::gateway::{
    GATEWAY, GATEWAY_SECRET, inactive, introspect, introspect_as, is_active, open, open_main, revoke_as, revoked, told,
};
use crate::harness::http::{Request, Response, send};
use crate::harness::server::{Backend, Server, on_both};

const DEMO: (&str, &str) = ("demo", "demo-secret");
/// A client of the realm that serves no API.
const STRANGER: (&str, &str) = ("demo-admin", "demo-admin-secret");
const INVESTOR: (&str, &str) = ("P9L8PJ9QIAFAKBNQG6E0", "DGj2XuKWjFb0y9x7ABKkAXscvQ2zEiu7bPMGwr0Lk/3joGIMWg");
/// The other client of LendingClub's realm.
const OTHER_INVESTOR: (&str, &str) = ("A9B9AB9QIAFAKBNQG9E9", "DC9XuKWjFb0y9x9ABKkAXscvQ2zEiu6bPMGwr0Lk/3joGIMWh");
const UNKNOWN: &str = "aa367982-bef6-4f05-a156-10c1431988bc";

async fn main_token(server: &Server) -> String {
    granted(&server.send(&basic_token(DEMO.0, DEMO.1)).await)
}

async fn handle(server: &Server) -> String {
    granted(&server.send(&contract("lendingclub").good()).await)
}

/// The answer without its date.
fn seen(answer: &Response) -> Response {
    let headers = answer.headers.iter().filter(|(name, _)| name != "date").cloned().collect();
    Response { headers, ..answer.clone() }
}

on_both! {
    async fn atk_099_only_those_whom_a_token_concerns_are_told_of_it(server) {
        open_main(&server).await;
        let token = main_token(&server).await;
        let bare = Request::new("POST", "/oauth2/introspect").form(&[("token", &token)]);
        assert_refused(&server.send(&bare).await, (401, NONE), "nobody");
        assert_refused(&server.send(&bare.clone().basic("demo", "wrong")).await, (401, BAD), "a wrong secret");
        assert_refused(&server.send(&bare.clone().basic("nobody", "wrong")).await, (401, BAD), "an unknown client");
        assert_refused(&server.send(&bare.clone().header("Authorization", &format!("Bearer {token}"))).await, (401, BAD), "the token itself");
        inactive(&server.send(&bare.clone().basic(STRANGER.0, STRANGER.1)).await, "a client that serves no API");
        // One that serves another API of the realm.
        let api = serde_json::from_value(json!({ "audience": "https://other.example", "scopes": ["other"], "owners": [STRANGER.0] })).unwrap();
        server.ops().put_api(&Actor::Shell, &realm("main"), &api).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&bare.basic(STRANGER.0, STRANGER.1)).await, "a client that serves another API");
        assert!(is_active(&told(&server, "main", &token).await));
        assert_eq!(told(&server, "main", &token).await["client_id"], DEMO.0);
    }

    async fn atk_100_what_is_good_no_more_is_inactive_at_once(server) {
        open(&server, "loanstreet", "https://api.loan-street.com/", "https://api.loan-street.com/auth/cls-deal.view").await;
        let jane = server.send(&account("jane@bank.example", "correct horse battery staple")).await.text().to_owned();
        let said = told(&server, "loanstreet", &jane).await;
        server.ops().block_user(&Actor::Shell, &realm("loanstreet"), &UserId::new(said["sub"].as_str().unwrap())).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("loanstreet", &jane)).await, "the account is blocked");

        open_main(&server).await;
        let [revoked_one, of_old_key] = [main_token(&server).await, main_token(&server).await];
        assert!(is_active(&told(&server, "main", &revoked_one).await) && is_active(&told(&server, "main", &of_old_key).await));
        revoked(&server.send(&revoke_as(DEMO, "main", &revoked_one)).await, "revoked");
        inactive(&server.send(&introspect("main", &revoked_one)).await, "revoked");

        let (ops, main, old, new) = (server.ops(), realm("main"), KeyId::new("main-RS256"), KeyId::new("next"));
        ops.prepare_key(&Actor::Shell, &main, NewKey { kid: Some(new.clone()), ..NewKey::generated(Algorithm::Rs256) }).await.unwrap();
        ops.activate_key(&Actor::Shell, &main, &new, Wait::Waive).await.unwrap();
        server.refresh().await;
        assert!(is_active(&told(&server, "main", &of_old_key).await), "in grace");
        ops.retire_key(&Actor::Shell, &main, &old, Wait::Waive).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("main", &of_old_key)).await, "its key is retired");

        let [kept, ended] = [main_token(&server).await, main_token(&server).await];
        revoked(&server.send(&revoke_as(DEMO, "main", &ended)).await, "revoked");
        let server = server.restart().await;
        inactive(&server.send(&introspect("main", &ended)).await, "after a restart");
        assert!(is_active(&told(&server, "main", &kept).await));
        server.ops().disable_client(&Actor::Shell, &main, &client(DEMO.0)).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("main", &kept)).await, "its client is switched off");
    }

    async fn atk_101_a_foreign_token_is_answered_like_an_unknown_one(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let token = handle(&server).await;
        assert!(is_active(&told(&server, "lc", &token).await), "and it is remembered");
        for accept in ["application/json", "application/token-introspection+jwt"] {
            let ask = |token: &str| introspect_as(OTHER_INVESTOR, "lc", token).header("Accept", accept);
            let (foreign, unknown) = (server.send(&ask(&token)).await, server.send(&ask(UNKNOWN)).await);
            assert_eq!(seen(&foreign), seen(&unknown), "{accept}");
        }
        let (foreign, unknown) = (server.send(&revoke_as(OTHER_INVESTOR, "lc", &token)).await, server.send(&revoke_as(OTHER_INVESTOR, "lc", UNKNOWN)).await);
        assert_eq!(seen(&foreign), seen(&unknown), "revoked");
        assert!(is_active(&told(&server, "lc", &token).await));
    }

    async fn atk_102_only_its_own_client_ends_a_token(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let token = handle(&server).await;
        revoked(&server.send(&revoke_as(INVESTOR, "lc", UNKNOWN)).await, "unknown");
        revoked(&server.send(&revoke_as(OTHER_INVESTOR, "lc", &token)).await, "another client");
        revoked(&server.send(&revoke_as((GATEWAY, GATEWAY_SECRET), "lc", &token)).await, "the API's gateway");
        assert!(is_active(&told(&server, "lc", &token).await));
        let wanted: Vec<_> = trail(&server, "revocation_refused", 2).await.into_iter().map(|row| row.actor).collect();
        assert_eq!(wanted, [format!("client:{}", OTHER_INVESTOR.0), format!("client:{GATEWAY}")]);
        let wrong_hint = Request::new("POST", "/realms/lc/oauth2/revoke").form(&[("token", &token), ("token_type_hint", "refresh_token")]);
        revoked(&server.send(&wrong_hint.basic(INVESTOR.0, INVESTOR.1)).await, "a wrong hint");
        inactive(&server.send(&introspect("lc", &token)).await, "its own client");
    }

    async fn atk_103_a_revocation_that_fails_changes_nothing(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let token = handle(&server).await;
        for table in ["revoked_tokens", "changes", "audit"] {
            sql(&server, &format!("ALTER TABLE {table} RENAME TO lost")).await;
            let answer = server.send(&revoke_as(INVESTOR, "lc", &token)).await;
            assert_refused(&answer, (503, r#"{"error":"temporarily_unavailable"}"#), table);
            assert_eq!(answer.header("Retry-After"), Some("1"), "{table}");
            sql(&server, &format!("ALTER TABLE lost RENAME TO {table}")).await;
            assert_eq!(count(&server, "SELECT COUNT(*) FROM revoked_tokens").await, 0, "{table}");
            let again = async {
                while !is_active(&told(&server, "lc", &token).await) {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(9), again).await.expect("the token is good");
        }
        revoked(&server.send(&revoke_as(INVESTOR, "lc", &token)).await, "the database is back");
        inactive(&server.send(&introspect("lc", &token)).await, "revoked");
        assert_eq!(count(&server, "SELECT COUNT(*) FROM audit WHERE event = 'token_revoked'").await, 1);
    }

    async fn atk_104_after_a_revocation_no_node_of_two_finds_the_token_good(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let other = Server::on(&server.url, |_| {}).await;
        other.refresh().await;
        let token = handle(&server).await;
        for node in [&server, &other] {
            revoked(&node.send(&revoke_as(INVESTOR, "lc", UNKNOWN)).await, "the secret is remembered from here on");
        }
        assert!(is_active(&told(&server, "lc", &token).await) && is_active(&told(&other, "lc", &token).await), "both remember it");
        let mut asking = JoinSet::new();
        for turn in 0..32 {
            let (node, token) = (if turn % 2 == 0 { server.public } else { other.public }, token.clone());
            asking.spawn(async move {
                revoked(&send(node, &revoke_as(INVESTOR, "lc", &token)).await, "one of many");
                // Whichever node did it, this one knows it by the time that it answers.
                inactive(&send(node, &introspect("lc", &token)).await, "after its own answer");
            });
        }
        asking.join_all().await;
        assert_eq!(count(&server, "SELECT COUNT(*) FROM revoked_tokens").await, 1);
    }
}

/// Postgres tells each statement in the log: there is none more for a token that exists.
#[test]
fn atk_101_a_foreign_token_costs_what_an_unknown_one_costs() {
    let (is_told, log) = watched("sqlx::query=debug,countersign=info", || async {
        let Some(server) = Server::start(Backend::Postgres, |_| {}).await else { return false };
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let [fresh, remembered] = [handle(&server).await, handle(&server).await];
        assert!(is_active(&told(&server, "lc", &remembered).await));
        inactive(&server.send(&introspect_as(OTHER_INVESTOR, "lc", "x")).await, "its secret is remembered from here on");
        for (case, token) in [("unknown", UNKNOWN), ("fresh", &fresh), ("remembered", &remembered), ("again", &remembered)] {
            tracing::info!(target: "countersign", "BEGIN {case}");
            inactive(&server.send(&introspect_as(OTHER_INVESTOR, "lc", token)).await, case);
            tracing::info!(target: "countersign", "END {case}");
        }
        true
    });
    if !is_told {
        return;
    }
    let asked = |case: &str| statements(&log, case);
    let unknown = asked("unknown");
    assert!(unknown.iter().any(|sql| sql.contains("FROM tokens")), "{unknown:?}");
    for case in ["fresh", "remembered", "again"] {
        assert_eq!(asked(case), unknown, "{case}");
    }
}
