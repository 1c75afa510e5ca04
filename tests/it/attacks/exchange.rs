//! Rows 106 to 109: what a token cannot be exchanged for, by whom, and when.

use std::time::Duration;

use countersign::admin::service::{ClientChange, InstitutionChange, NewClient};
use countersign::audit::Actor;
use countersign::model::{AuthMethod, GrantKind, InstitutionId, TokenId, UserId};
use serde_json::json;

use super::jose::{By, signed};
use super::{BAD, NONE, assert_refused, basic_token, client, contract, granted, part, realm, token};
use crate::harness::exchange::{
    ACCESS_TOKEN, BANK, GRANT, LEDGER, USER, VAULT, asks, change, own_token, service, services, swap, swapped,
};
use crate::harness::server::{Server, on_both};

fn invalid(description: &str) -> String {
    json!({ "error": "invalid_request", "error_description": description }).to_string()
}

/// The one answer to every subject token that is no good here.
async fn assert_no_good(server: &Server, id: &str, token: &str, what: &str) {
    let expected = invalid("The subject token is not valid, or not meant for the client");
    assert_refused(&server.send(&swap(id, token, &[])).await, (400, &expected), what);
}

on_both! {
    async fn atk_106_a_token_that_is_no_good_is_exchanged_for_nothing(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let (mut header, mut claims) = (part(&own, 0), part(&own, 1));
        header["alg"] = json!("none");
        let unsigned = signed(&header, &claims, By::Raw(b""));
        claims["client_id"] = json!("gateway");
        let by_others = signed(&header, &claims, By::Raw(b"guess"));
        let foreign_realm = granted(&server.send(&contract("crossriver").good()).await);
        let opaque = granted(&server.send(&contract("lendingclub").good()).await);
        let admin = granted(&server.send(&basic_token("demo-admin", "demo-admin-secret")).await);
        for (what, bad) in [("unsigned", unsigned.as_str()), ("signed by others", &by_others), ("another realm's", &foreign_realm),
            ("another realm's handle", &opaque), ("another audience's", &admin), ("a secret", "demo-secret"), ("text", "a.b.c"), ("a scheme with it", &format!("Bearer {own}"))] {
            assert_no_good(&server, "gateway", bad, what).await;
        }
        for kind in ["id_token", "refresh_token", "saml2", "saml1", "", "access_token "] {
            let kind = format!("urn:ietf:params:oauth:token-type:{kind}");
            let asked = asks("gateway", &[("grant_type", GRANT), ("subject_token", &own), ("subject_token_type", &kind)]);
            let answer = server.send(&asked).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some("invalid_request")), "{kind}");
        }
        server.ops().disable_client(&Actor::Shell, &realm("main"), &client("demo")).await.unwrap();
        assert_no_good(&server, "gateway", &own, "of a client that is off").await;
        server.ops().enable_client(&Actor::Shell, &realm("main"), &client("demo")).await.unwrap();
        server.refresh().await;
        granted(&server.send(&swap("gateway", &own, &[])).await);
        server.clock.advance(Duration::from_secs(3600));
        assert_no_good(&server, "gateway", &own, "expired").await;
    }

    async fn atk_106_a_revocation_that_this_node_has_not_heard_of_counts(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        granted(&server.send(&swap("gateway", &own, &[])).await);
        let id = TokenId::new(part(&own, 1)["jti"].as_str().unwrap());
        server.ops().revoke_token(&Actor::Shell, &realm("main"), &id).await.unwrap();
        assert_no_good(&server, "gateway", &own, "revoked elsewhere").await;
    }

    async fn atk_107_no_other_target_no_wider_scope_no_longer_life(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        const TARGET: &str = r#"{"error":"invalid_target","error_description":"The requested audience is unknown or not allowed for the client"}"#;
        for target in [VAULT, "https://evil.example", "http://127.0.0.1:8080/realms/main", "gateway", "https://LEDGER.example"] {
            assert_refused(&server.send(&swap("gateway", &own, &[("audience", target)])).await, (400, TARGET), target);
            assert_refused(&server.send(&swap("gateway", &own, &[("resource", LEDGER), ("resource", target)])).await, (400, TARGET), target);
        }
        for scope in ["write", "ledger.write", "countersign.admin", "*", "openid", "read write"] {
            let named = scope.rsplit(' ').next().unwrap();
            let expected = json!({ "error": "invalid_scope", "error_description": format!("The requested scope is unknown or not allowed for the client: {named}") });
            assert_refused(&server.send(&swap("gateway", &own, &[("scope", scope)])).await, (400, &expected.to_string()), scope);
        }
        server.clock.advance(Duration::from_secs(3000));
        let passed = swapped(&server, "gateway", &own, &[]).await;
        let again = swapped(&server, "books", &passed, &[]).await;
        for token in [&passed, &again] {
            assert_eq!(part(token, 1)["exp"], part(&own, 1)["exp"], "its end stays where it was");
        }
    }

    async fn atk_108_nobody_acts_whom_the_token_does_not_let(server) {
        services(&server).await;
        let bank = InstitutionId::new(BANK);
        let only_books = InstitutionChange { claims: json!({ "may_act": { "sub": "books" } }).as_object().cloned(), ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &realm("main"), &bank, only_books).await.unwrap();
        server.refresh().await;
        let named = own_token(&server, "demo", "").await;
        let expected = invalid("The client is not the one that may act for the subject");
        assert_refused(&server.send(&swap("gateway", &named, &[])).await, (400, &expected), "may_act");
        granted(&server.send(&swap("books", &named, &[])).await);
        let nobody = InstitutionChange { claims: Some(serde_json::Map::new()), ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &realm("main"), &bank, nobody).await.unwrap();
        server.refresh().await;
        let mut passed = own_token(&server, "demo", "").await;
        for id in ["gateway", "books", "gateway", "books", "gateway"] {
            passed = swapped(&server, id, &passed, &[]).await;
        }
        let expected = invalid("The subject token has passed through too many hands");
        assert_refused(&server.send(&swap("books", &passed, &[])).await, (400, &expected), "a sixth actor");
        let borrowed = own_token(&server, "books", "").await;
        let with = [("actor_token", borrowed.as_str()), ("actor_token_type", ACCESS_TOKEN)];
        let expected = invalid("The actor token is not a valid token of the client itself");
        let fresh = own_token(&server, "demo", "").await;
        assert_refused(&server.send(&swap("gateway", &fresh, &with)).await, (400, &expected), "another's actor token");
    }

    async fn atk_109_nobody_who_is_off_gets_or_gives_a_token(server) {
        services(&server).await;
        let (ops, main) = (server.ops(), realm("main"));
        let own = own_token(&server, "demo", "").await;
        let user = format!("user {USER}");
        let bound = swapped(&server, "gateway", &own, &[("requested_subject", &user)]).await;
        ops.block_user(&Actor::Shell, &main, &UserId::new(USER)).await.unwrap();
        assert_no_good(&server, "gateway", &bound, "of a blocked user").await;
        let expected = invalid("The requested user is unknown, or not one that may be acted for");
        assert_refused(&server.send(&swap("gateway", &own, &[("requested_subject", &user)])).await, (400, &expected), "for a blocked user");
        ops.disable_institution(&Actor::Shell, &main, &InstitutionId::new(BANK)).await.unwrap();
        assert_no_good(&server, "gateway", &own, "of an institution that is off").await;
        ops.enable_institution(&Actor::Shell, &main, &InstitutionId::new(BANK)).await.unwrap();
        ops.disable_client(&Actor::Shell, &main, &client("gateway")).await.unwrap();
        server.refresh().await;
        assert_refused(&server.send(&swap("gateway", &own, &[])).await, (401, BAD), "by a client that is off");
    }

    async fn atk_109_a_public_client_exchanges_nothing(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let parameters = [("grant_type", GRANT), ("subject_token", own.as_str()), ("subject_token_type", ACCESS_TOKEN)];
        let public = NewClient {
            auth_method: AuthMethod::None,
            grants: vec![GrantKind::Password],
            ..NewClient::machine(client("app"), countersign::model::ScopeSet::parse("read").unwrap())
        };
        let exchanging = NewClient { id: Some(client("app2")), grants: vec![GrantKind::TokenExchange], ..public.clone() };
        server.ops().create_client(&Actor::Shell, &realm("main"), public).await.unwrap();
        server.ops().create_client(&Actor::Shell, &realm("main"), exchanging).await.expect_err("it could not prove itself");
        assert_refused(&server.send(&token(&[&parameters[..], &[("client_id", "app")]].concat())).await, (401, NONE), "no secret");
        assert_refused(&server.send(&token(&parameters).basic("app", "")).await, (401, BAD), "an empty one");
        service(&server, "plain", json!({ "grants": ["client_credentials"], "scopes": ["read"] })).await;
        const REFUSED: &str = r#"{"error":"unauthorized_client","error_description":"The client is not authorized to use this grant type"}"#;
        assert_refused(&server.send(&swap("plain", &own, &[])).await, (400, REFUSED), "not registered");
        change(&server, "gateway", ClientChange { grants: Some(vec![GrantKind::ClientCredentials]), ..ClientChange::default() }).await;
        assert_refused(&server.send(&swap("gateway", &own, &[])).await, (400, REFUSED), "no longer registered");
    }
}
