//! Revocation: a client ends its own tokens (RFC 7009).

use std::time::Duration;

use countersign::admin::service::{ClientChange, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId, UserId};
use countersign::secret::Secret;
use serde_json::json;
use tokio::task::JoinSet;

use super::gateway::{
    GATEWAY, GATEWAY_SECRET, inactive, introspect, introspect_as, is_active, open, open_main, revoke_as, revoked, told,
};
use super::{ask, claims_of};
use crate::edge::tools::{client, execute, number, trail};
use crate::edge::{CR_ID, CR_SECRET, EMAIL, LC_ID, LC_SECRET, PASSWORD, TEST, bearer, cr, lc_as, post, token_of};
use crate::harness::http::send;
use crate::harness::server::{Server, on_both};

const DEMO: (&str, &str) = ("demo", "demo-secret");
const RIVER: (&str, &str) = (CR_ID, CR_SECRET);

async fn river(server: &Server) -> String {
    token_of(&server.send(&cr(&[])).await, "river")
}

/// Is the token good at the test endpoint?
async fn works(server: &Server, token: &str) -> bool {
    server.send(&bearer(TEST, token)).await.status == 200
}

const ROWS: &str = "SELECT COUNT(*) FROM revoked_tokens";

on_both! {
    async fn a_revoked_token_is_good_nowhere_and_the_others_live_on(server) {
        let (ended, other) = (river(&server).await, river(&server).await);
        assert!(works(&server, &ended).await && works(&server, &other).await, "both are remembered");
        for turn in ["now", "already"] {
            revoked(&server.send(&revoke_as(RIVER, "crossriver", &ended)).await, turn);
            assert!(!works(&server, &ended).await && works(&server, &other).await, "{turn}");
            inactive(&server.send(&introspect_as(RIVER, "crossriver", &ended)).await, turn);
        }
        assert_eq!(number(&server, ROWS).await, 1);
        let [record] = trail(&server, "token_revoked", 1).await.try_into().unwrap();
        let jti = claims_of(&ended)["jti"].clone();
        assert_eq!((record.actor.as_str(), record.realm, record.detail), ("client:acme", Some(RealmId::new("crossriver")), json!({ "jti": jti }).to_string()));
        assert!(record.client == Some(ClientId::new(CR_ID)) && record.secret.is_some() && record.ip.is_some(), "who did it, and with what");
    }

    async fn a_handle_ends_like_a_jwt(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let [ended, other] = [server.send(&lc_as(LC_ID, LC_SECRET)).await, server.send(&lc_as(LC_ID, LC_SECRET)).await].map(|answer| token_of(&answer, "lc"));
        let id = told(&server, "lc", &ended).await["jti"].clone();
        revoked(&server.send(&revoke_as((LC_ID, LC_SECRET), "lc", &ended)).await, "a handle");
        inactive(&server.send(&introspect("lc", &ended)).await, "a handle");
        assert!(is_active(&told(&server, "lc", &other).await));
        let [record] = trail(&server, "token_revoked", 1).await.try_into().unwrap();
        assert_eq!(record.detail, json!({ "jti": id }).to_string());
    }

    async fn what_is_no_good_token_of_the_client_has_no_effect(server) {
        open_main(&server).await;
        let token = token_of(&ask(&server, &[]).await, "demo");
        for (case, by, token) in [
            ("unknown", DEMO, "aa367982-bef6-4f05-a156-10c1431988bc"),
            ("malformed", DEMO, "x.y.z"),
            ("another client's", (GATEWAY, GATEWAY_SECRET), token.as_str()),
            ("another realm's", DEMO, &river(&server).await),
        ] {
            revoked(&server.send(&revoke_as(by, "main", token)).await, case);
        }
        assert!(is_active(&told(&server, "main", &token).await));
        assert_eq!(number(&server, ROWS).await, 0);
        server.clock.advance(Duration::from_secs(3600));
        revoked(&server.send(&revoke_as(DEMO, "main", &token)).await, "expired");
        assert_eq!(number(&server, ROWS).await, 0);
        let [record] = trail(&server, "revocation_refused", 1).await.try_into().unwrap();
        assert_eq!(record.client, Some(ClientId::new(GATEWAY)), "who wanted it");
        assert_eq!(record.detail, json!({ "jti": claims_of(&token)["jti"] }).to_string());
    }

    async fn what_may_yet_become_good_is_ended_too(server) {
        let (ops, lc) = (server.ops(), RealmId::new("lc"));
        let change = ClientChange { requires_mfa: Some(true), ..ClientChange::default() };
        ops.update_client(&Actor::Shell, &lc, &ClientId::new(LC_ID), change).await.unwrap();
        let pending = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "lc");
        revoked(&server.send(&revoke_as((LC_ID, LC_SECRET), "lc", &pending)).await, "pending");
        execute(&server, "UPDATE tokens SET pending_at = NULL").await;
        inactive(&server.send(&introspect_as((LC_ID, LC_SECRET), "lc", &pending)).await, "confirmed after all");
    }

    async fn the_token_of_a_blocked_account_stays_ended(server) {
        let realm = RealmId::new("loanstreet");
        // The client by which accounts sign in, with a secret of its own.
        let known = "https://api.loan-street.com/auth/cls-deal.view";
        client(&server, "loanstreet", "portal", "portal-secret", known).await;
        let signed_in = server.send(&post("/oauth/token").json(&json!({ "email": EMAIL, "password": PASSWORD }))).await;
        open(&server, "loanstreet", "https://api.loan-street.com/", known).await;
        let said = told(&server, "loanstreet", signed_in.text()).await;
        let user = UserId::new(said["sub"].as_str().unwrap());
        revoked(&server.send(&revoke_as(("portal", "portal-secret"), "loanstreet", signed_in.text())).await, "another client's");
        assert!(is_active(&told(&server, "loanstreet", signed_in.text()).await));
        server.ops().block_user(&Actor::Shell, &realm, &user).await.unwrap();
        server.refresh().await;
        execute(&server, "UPDATE clients SET auth_method = 'client_secret' WHERE id = 'accounts'").await;
        crate::edge::tools::add_secret(&server, "loanstreet", "accounts", SecretSource::Chosen(Secret::new("accounts-secret".to_owned())), None).await;
        revoked(&server.send(&revoke_as(("accounts", "accounts-secret"), "loanstreet", signed_in.text())).await, "blocked");
        server.ops().unblock_user(&Actor::Shell, &realm, &user).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("loanstreet", signed_in.text())).await, "unblocked");
        let [record] = trail(&server, "token_revoked", 1).await.try_into().unwrap();
        assert_eq!(record.user, Some(user), "whose token it was");
    }

    async fn many_at_once_revoke_once(server) {
        let token = river(&server).await;
        assert_eq!(server.send(&revoke_as(RIVER, "crossriver", "x")).await.status, 200);
        let mut asking = JoinSet::new();
        for _ in 0..64 {
            let (public, request) = (server.public, revoke_as(RIVER, "crossriver", &token));
            asking.spawn(async move { send(public, &request).await });
        }
        for answer in asking.join_all().await {
            revoked(&answer, "one of many");
        }
        let records = "SELECT COUNT(*) FROM audit WHERE event = 'token_revoked'";
        let changes = "SELECT COUNT(*) FROM changes WHERE kind = 'token'";
        assert_eq!((number(&server, ROWS).await, number(&server, records).await, number(&server, changes).await), (1, 1, 1));
        assert!(!works(&server, &token).await);
    }

    async fn another_node_hears_of_it_and_a_restart_forgets_nothing(server) {
        let token = river(&server).await;
        let other = Server::on(&server.url, |_| {}).await;
        other.refresh().await;
        assert!(works(&server, &token).await && works(&other, &token).await);
        revoked(&server.send(&revoke_as(RIVER, "crossriver", &token)).await, "here");
        other.refresh().await;
        assert!(!works(&other, &token).await, "there");
        assert!(!works(&server.restart().await, &token).await, "afterwards");
    }

    async fn the_body_is_a_questions_and_the_hint_is_anything(server) {
        let path = "/realms/main/oauth2/revoke";
        let token = token_of(&ask(&server, &[]).await, "demo");
        let missing = server.send(&post(path).form(&[("token_type_hint", "access_token")]).basic(DEMO.0, DEMO.1)).await;
        assert_eq!((missing.status, missing.json()["error"].as_str()), (400, Some("invalid_request")));
        let nobody = server.send(&post(path).form(&[("token", &token)])).await;
        assert_eq!((nobody.status, nobody.json()["error"].as_str()), (401, Some("invalid_client")));
        let at_host = post("/oauth2/revoke").form(&[("token", &token), ("token_type_hint", "no such type")]).basic(DEMO.0, DEMO.1);
        revoked(&server.send(&at_host).await, "a hint of a type that is not there");
        inactive(&server.send(&introspect_as(DEMO, "main", &token)).await, "revoked");
    }
}
