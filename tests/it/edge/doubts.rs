//! The doubts of the contracts' tables that no numbered case settles, under their letters, with the decision that was taken.

use super::tools::{client, decoded, turned};
use super::*;
use crate::harness::server::on_both;

on_both! {
    async fn doubt_l1_and_l9_status_and_life_are_knobs(server, turned) {
        let service = server.send(&service(LS_ID, LS_SECRET)).await;
        assert_eq!((service.status, &service.json()["expires_in"]), (201, &json!(86400)), "{service:?}");
        let raw = server.send(&account(EMAIL, PASSWORD)).await;
        assert_eq!(raw.status, 201, "{raw:?}");
        let claims = decoded(raw.text()).1;
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    }

    async fn doubt_l2_the_type_of_a_raw_token_follows_accept(server) {
        for (accept, content_type) in [
            ("text/javascript", "text/javascript"),
            ("application/jwt", "application/jwt"),
            ("text/plain", "text/plain"),
            ("text/plain;q=0.1, application/jwt;q=0.9", "application/jwt"),
        ] {
            let answer = server.send(&account(EMAIL, PASSWORD).header("Accept", accept)).await;
            assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(content_type)), "{accept}");
            assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"));
            assert_eq!(answer.text().split('.').count(), 3, "{accept}");
        }
        for accept in ["text/javascript", "text/plain", "application/json"] {
            let answer = server.send(&service(LS_ID, LS_SECRET).header("Accept", accept)).await;
            granted(&answer, accept);
            assert_eq!(answer.header("Content-Type"), Some("application/json"), "{accept}");
        }
    }

    async fn doubt_l7_a_client_is_no_account(server) {
        refused(&server.send(&account(LS_ID, LS_SECRET)).await, LS_DENIED, "a client id as e-mail");
        refused(&server.send(&service(EMAIL, PASSWORD)).await, LS_DENIED, "an e-mail as client id");
        refused(
            &server.send(&service("accounts", "")).await.clone(),
            (400, r#"{"error":"invalid_request","error_description":"the parameter `client_secret` is missing"}"#),
            "the public client",
        );
        refused(&server.send(&service("accounts", "any secret")).await, LS_DENIED, "the public client with a secret");
    }

    async fn doubt_l8_a_second_factor_can_be_switched_off(server, turned) {
        let answer = server.send(&account("mfa@bank.example", PASSWORD)).await;
        assert_eq!((answer.status, answer.text().split('.').count()), (201, 3), "{answer:?}");
    }

    async fn doubt_x1_basic_at_crossriver_is_answered_with_a_challenge(server) {
        let basic = |secret: &str| raw_form(CR, &ask(&[])).basic(CR_ID, secret);
        granted(&server.send(&basic(CR_SECRET)).await, "Basic");
        let answer = server.send(&basic("wrong")).await;
        refused(&answer, (401, r#"{"error":"invalid_client"}"#), "Basic");
        assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Basic realm="crossriver""#));
        let form = server.send(&cr_as(CR_ID, "wrong", &[])).await;
        refused(&form, CR_DENIED, "a form");
        assert_eq!(form.header("WWW-Authenticate"), None);
        refused(&server.send(&raw_form(CR, &ask(&[]))).await, CR_DENIED, "nothing");
    }

    async fn doubt_x2_a_client_has_a_life_of_its_own(server) {
        client(&server, "crossriver", "short", "short secret", "scope1").await;
        let change = serde_json::from_value(json!({ "token_ttl": "90s" })).unwrap();
        let (realm, id) = (countersign::model::RealmId::new("crossriver"), countersign::model::ClientId::new("short"));
        server.ops().update_client(&countersign::audit::Actor::Shell, &realm, &id, change).await.unwrap();
        let body = granted(&server.send(&cr_as("short", "short secret", &[])).await, "short");
        assert_eq!(body["expires_in"], 90);
        let claims = decoded(body["access_token"].as_str().unwrap()).1;
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 90);
    }

    async fn doubt_u1_there_are_no_refresh_tokens(server) {
        assert_eq!(granted(&server.send(&up(&[])).await, "issued").get("refresh_token"), None);
        let answer =
            server.send(&post(UP).form(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).basic(UP_ID, UP_SECRET)).await;
        refused(
            &answer,
            (400, r#"{"error":"unsupported_grant_type","error_description":"Grant type not supported"}"#),
            "refresh",
        );
    }

    async fn doubt_u3_nothing_is_signed_with_a_shared_key(server) {
        for (dialect, request) in right_ones() {
            let token = token_of(&server.send(&request).await, dialect);
            if token.contains('.') {
                assert_eq!(decoded(&token).0["alg"], "RS256", "{dialect}");
            }
        }
        for realm in ["loanstreet", "lc", "crossriver", "uphold", "main"] {
            let jwks = server.send(&get(&format!("/realms/{realm}/jwks.json"))).await;
            for key in jwks.json()["keys"].as_array().unwrap() {
                assert_ne!(key["kty"], "oct", "{realm}");
                for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
                    assert_eq!(key.get(private), None, "{realm}");
                }
            }
        }
    }

    async fn doubt_u8_without_scope_everything_is_granted(server) {
        let all = "users:* users.kyc:read core.users:act-on-behalf-of core.transactions:create";
        assert_eq!(granted(&server.send(&up(&[])).await, "none asked")["scope"], all);
    }

    async fn doubt_u10_two_texts_and_no_more(server) {
        refused(&server.send(&raw_form(UP, &ask(&[]))).await, UP_NO_HEADER, "no header");
        refused(&server.send(&up_as(UP_ID, "wrong", &[])).await, UP_DENIED, "a wrong secret");
        refused(&server.send(&up_as("nobody", UP_SECRET, &[])).await, UP_DENIED, "an unknown client");
    }
}
