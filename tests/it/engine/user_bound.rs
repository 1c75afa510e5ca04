//! Token exchange for a user whom a service may act for: `requested_subject`, an extension of ours to RFC 8693.

use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use countersign::clock::Clock as _;
use countersign::model::{InstitutionId, TokenSubject, UserId};
use countersign::store::users;
use serde_json::json;

use super::{claims, refused};
use crate::harness::exchange::{
    BANK, BLOCKED, ELSEWHERE, FOREIGN, USER, active, change, client, main, own_token, scopes, service, services, swap, swapped,
    token, user,
};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

fn about(id: &str, token: &str, user: &str, more: &[(&str, &str)]) -> Request {
    let subject = format!("user {user}");
    swap(id, token, &[&[("requested_subject", subject.as_str())], more].concat())
}

/// The one text for every user that may not be acted for.
#[track_caller]
fn unknown(answer: &Response) {
    refused(answer, 400, "invalid_request");
    assert_eq!(answer.json()["error_description"], "The requested user is unknown, or not one that may be acted for");
}

fn holding(text: &str) -> ClientChange {
    ClientChange { scopes: Some(scopes(text)), ..ClientChange::default() }
}

on_both! {
    async fn service_and_partner_both_stand_behind_the_user(server) {
        services(&server).await;
        let answer = server.send(&about("gateway", &own_token(&server, "demo", "").await, USER, &[])).await;
        let claims = claims(&answer);
        assert_eq!((&claims["sub"], &claims["client_id"], claims.get("sub_kind")), (&json!(USER), &json!("gateway"), None));
        assert_eq!((&claims["act"], &claims["institution_id"]), (&json!({ "sub": "gateway", "act": { "sub": "demo" } }), &json!(BANK)));
        assert_eq!(claims["scope"], "read ledger.read", "the right to act for others is not part of it");
        assert_eq!(active(&server, &token(&answer)).await.unwrap().subject, TokenSubject::User(UserId::new(USER)));
        let next = active(&server, &swapped(&server, "books", &token(&answer), &[]).await).await.unwrap();
        assert_eq!((next.subject, next.actors), (TokenSubject::User(UserId::new(USER)), ["books", "gateway", "demo"].map(client).to_vec()));
    }

    async fn whoever_joins_later_stands_above_the_partner(server) {
        services(&server).await;
        let by_name = [("scope", "ledger.read act-on-behalf-of")];
        let passed = swapped(&server, "gateway", &own_token(&server, "demo", "").await, &by_name).await;
        let found = active(&server, &token(&server.send(&about("books", &passed, USER, &[])).await)).await.unwrap();
        assert_eq!(found.actors, ["books", "gateway", "demo"].map(client));
        service(&server, "partner", json!({ "scopes": ["read", "act-on-behalf-of"], "institution": BANK })).await;
        let own = own_token(&server, "partner", "").await;
        let found = active(&server, &token(&server.send(&about("partner", &own, USER, &[])).await)).await.unwrap();
        assert_eq!(found.actors, [client("partner")], "once, where it is both");
    }

    async fn an_unknown_user_and_a_foreign_one_are_told_alike(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        for user in [NOBODY, FOREIGN, BLOCKED] {
            unknown(&server.send(&about("gateway", &own, user, &[])).await);
        }
        for institution in [Some(Some(InstitutionId::new(ELSEWHERE))), Some(None)] {
            change(&server, "demo", ClientChange { institution, ..ClientChange::default() }).await;
            unknown(&server.send(&about("gateway", &own, USER, &[])).await);
        }
    }

    async fn the_user_is_named_as_in_the_header(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        for subject in [USER, "user", "user ", "user  5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11", "client 5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11",
            "user 5f0c2a1e7c394d0b9d3c0d1a7f4f1b11", "user {5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11}", "user jane@bank.example"] {
            let answer = server.send(&swap("gateway", &own, &[("requested_subject", subject)])).await;
            refused(&answer, 400, "invalid_request");
            assert_eq!(answer.json()["error_description"], "the parameter `requested_subject` must be `user <uuid>`", "{subject}");
        }
        assert_eq!(server.send(&about("gateway", &own, &USER.to_uppercase(), &[])).await.status, 200, "a UUID has no case");
    }

    async fn token_partner_and_service_each_need_the_scope(server) {
        services(&server).await;
        let (own, bare) = (own_token(&server, "demo", "").await, own_token(&server, "demo", "read").await);
        unknown(&server.send(&about("gateway", &bare, USER, &[])).await);
        refused(&server.send(&about("gateway", &own, USER, &[("scope", "read act-on-behalf-of")])).await, 400, "invalid_scope");
        change(&server, "gateway", holding("read")).await;
        unknown(&server.send(&about("gateway", &own, USER, &[])).await);
        change(&server, "gateway", holding("read act-on-behalf-of")).await;
        assert_eq!(server.send(&about("gateway", &own, USER, &[])).await.status, 200);
        change(&server, "demo", holding("read")).await;
        unknown(&server.send(&about("gateway", &own, USER, &[])).await);
    }

    async fn the_right_must_have_come_all_the_way(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let without = swapped(&server, "gateway", &own, &[]).await;
        unknown(&server.send(&about("books", &without, USER, &[])).await);
        let with = swapped(&server, "gateway", &own, &[("scope", "ledger.read act-on-behalf-of")]).await;
        change(&server, "demo", holding("read ledger.read")).await;
        unknown(&server.send(&about("books", &with, USER, &[])).await);
    }

    async fn a_users_token_becomes_no_other_users(server) {
        services(&server).await;
        user(&server, NOBODY, BANK).await;
        let bound = token(&server.send(&about("gateway", &own_token(&server, "demo", "").await, USER, &[])).await);
        for user in [NOBODY, USER] {
            unknown(&server.send(&about("gateway", &bound, user, &[])).await);
        }
    }

    async fn a_single_user_client_has_its_own_user_and_no_other(server) {
        services(&server).await;
        user(&server, NOBODY, BANK).await;
        change(&server, "demo", ClientChange { user: Some(Some(UserId::new(USER))), ..holding("read act-on-behalf-of") }).await;
        let (own, bare) = (own_token(&server, "demo", "").await, own_token(&server, "demo", "read").await);
        for token in [&own, &bare] {
            assert_eq!(claims(&server.send(&about("gateway", token, USER, &[])).await)["sub"], USER);
            unknown(&server.send(&about("gateway", token, NOBODY, &[])).await);
        }
        refused(&server.send(&swap("gateway", &own, &[("scope", "read act-on-behalf-of")])).await, 400, "invalid_scope");
        change(&server, "gateway", holding("read")).await;
        unknown(&server.send(&about("gateway", &bare, USER, &[])).await);
    }

    async fn it_falls_with_user_partner_and_service(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let bound = token(&server.send(&about("gateway", &own, USER, &[])).await);
        let (ops, realm, shell, user) = (server.ops(), main(), Actor::Shell, UserId::new(USER));
        for id in ["demo", "gateway"].map(client) {
            ops.disable_client(&shell, &realm, &id).await.unwrap();
            server.refresh().await;
            assert_eq!(active(&server, &bound).await, Err("rs_revoked"), "{id}");
            ops.enable_client(&shell, &realm, &id).await.unwrap();
            server.refresh().await;
            assert!(active(&server, &bound).await.is_ok(), "{id}");
        }
        ops.block_user(&shell, &realm, &user).await.unwrap();
        server.refresh().await;
        assert_eq!(active(&server, &bound).await, Err("rs_revoked"));
        unknown(&server.send(&about("gateway", &own, USER, &[])).await);
        refused(&server.send(&swap("gateway", &bound, &[("scope", "read")])).await, 400, "invalid_request");
        ops.unblock_user(&shell, &realm, &user).await.unwrap();
        server.refresh().await;
        assert!(users::revoke_tokens(&mut server.app.db.write().await.unwrap().conn(), &realm, &user, server.clock.now()).await.unwrap());
        refused(&server.send(&swap("gateway", &bound, &[("scope", "read")])).await, 400, "invalid_request");
        let other = Server::on(&server.url, |_| {}).await;
        assert_eq!(active(&other, &bound).await, Err("rs_revoked"));
    }

    async fn the_users_own_scopes_bound_the_token(server) {
        services(&server).await;
        let narrowed = serde_json::from_value(json!({ "scopes": ["read"] })).unwrap();
        server.ops().update_user(&Actor::Shell, &main(), &UserId::new(USER), narrowed).await.unwrap();
        server.refresh().await;
        let own = own_token(&server, "demo", "").await;
        assert_eq!(server.send(&about("gateway", &own, USER, &[])).await.json()["scope"], "read");
        refused(&server.send(&about("gateway", &own, USER, &[("scope", "ledger.read")])).await, 400, "invalid_scope");
    }
}
