//! Scopes: what a client may ask for, and what it is told that it got.

use super::tools::client;
use super::*;
use crate::harness::server::on_both;

const VIEW: &str = "https://api.loan-street.com/auth/cls-deal.view";
const FULL: &str = "https://api.loan-street.com/auth/external-api.fullcontrol";

fn ls_with(scope: &str) -> Request {
    post(LS).json(&json!({ "client_id": LS_ID, "client_secret": LS_SECRET, "scope": scope }))
}

on_both! {
    async fn edge_052_a_foreign_scope_refuses_the_whole_request(server) {
        for scope in ["scope9", "scope1 scope9", "scope9 scope1 scope2", "SCOPE1", "scope", "scope1x", "*"] {
            refused(&server.send(&cr(&[("scope", scope)])).await, CR_SCOPE, scope);
        }
        for scope in ["scope1", "scope3", "scope3 scope1"] {
            let body = granted(&server.send(&cr(&[("scope", scope)])).await, scope);
            assert_eq!(body["scope"], scope);
            let (_, claims) = tools::decoded(body["access_token"].as_str().unwrap());
            assert_eq!(claims["scope"], scope, "the token carries what was told");
        }
    }

    async fn edge_053_a_client_without_scopes_gets_nothing(server) {
        client(&server, "crossriver", "bare", "bare secret", "").await;
        refused(&server.send(&cr_as("bare", "bare secret", &[])).await, CR_SCOPE, "none asked");
        refused(&server.send(&cr_as("bare", "bare secret", &[("scope", "")])).await, CR_SCOPE, "an empty one asked");
        refused(&server.send(&cr_as("bare", "bare secret", &[("scope", "scope1")])).await, CR_SCOPE, "one asked");
    }

    async fn edge_054_order_stays_and_repetitions_go(server) {
        for (asked, told) in [
            ("scope1 scope2 scope1", "scope1 scope2"),
            ("scope2 scope1 scope2", "scope2 scope1"),
            ("scope3  scope3 scope3 ", "scope3"),
        ] {
            assert_eq!(granted(&server.send(&cr(&[("scope", asked)])).await, asked)["scope"], told);
        }
    }

    async fn edge_055_a_wildcard_covers_the_actions_of_its_resource(server) {
        client(&server, "uphold", "wide", "wide secret", "core.users:* users.kyc:read").await;
        client(&server, "uphold", "narrow", "narrow secret", "core.users:read").await;
        for scope in ["core.users:read", "core.users:write", "core.users:*", "core.users:read core.users:* users.kyc:read"] {
            let body = granted(&server.send(&up_as("wide", "wide secret", &[("scope", scope)])).await, scope);
            assert_eq!(body["scope"], scope, "echoed as asked (U6)");
        }
        // U4 and U5: a wildcard neither descends nor climbs, and lets nobody act for users.
        for scope in [
            "core.users.metadata:read",
            "core:read",
            "core.usersx:read",
            "core.users",
            "core.users:read:more",
            "core.users:act-on-behalf-of",
            "core.users:read core.users:act-on-behalf-of",
            "users:read",
            "users.kyc:*",
            "*",
            "*:*",
        ] {
            refused(&server.send(&up_as("wide", "wide secret", &[("scope", scope)])).await, UP_SCOPE, scope);
        }
        for scope in ["core.users:*", "core.users:write", "core.*:read", "*"] {
            refused(&server.send(&up_as("narrow", "narrow secret", &[("scope", scope)])).await, UP_SCOPE, scope);
        }
        granted(&server.send(&up_as("narrow", "narrow secret", &[("scope", "core.users:read")])).await, "equal");
    }

    async fn edge_059_urls_are_compared_to_the_letter(server) {
        for scope in [VIEW, FULL, &format!("{FULL} {VIEW}")] {
            assert_eq!(granted(&server.send(&ls_with(scope)).await, scope)["scope"], scope);
        }
        for scope in [
            "https://api.loan-street.com/auth/cls-deal.viewer",
            "https://api.loan-street.com/auth/cls-deal.vie",
            "https://api.loan-street.com/auth/cls-deal.view/",
            "https://api.loan-street.com/auth/",
            "https://API.loan-street.com/auth/cls-deal.view",
            "https://api.loan-street.com:443/auth/cls-deal.view",
            "https://api.loan-street.com/auth/./cls-deal.view",
            "https://api.loan-street.com/auth/cls%2Ddeal.view",
            "http://api.loan-street.com/auth/cls-deal.view",
        ] {
            let answer = server.send(&ls_with(scope)).await;
            let description = format!("The requested scope is unknown or not allowed for the client: {scope}");
            let body = json!({ "error": "invalid_scope", "error_description": description });
            assert_eq!((answer.status, answer.json()), (400, body), "{scope}");
            tokenless(&answer, scope);
        }
        let whole = granted(&server.send(&service(LS_ID, LS_SECRET)).await, "none asked");
        assert_eq!(whole["scope"], format!("{VIEW} {FULL}"));
    }

    async fn edge_060_lendingclub_knows_oob(server) {
        let with = |scope: &str| {
            let body = json!({ "grant_type": "client_credentials", "scope": scope });
            post(LC).header("Authorization", &lc_header(LC_ID, LC_SECRET)).json(&body)
        };
        for scope in ["oob", "oob oob", ""] {
            assert_eq!(granted(&server.send(&with(scope)).await, scope)["scope"], "oob");
        }
        for scope in ["admin", "oob admin", "OOB"] {
            let answer = server.send(&with(scope)).await;
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_scope")), "{scope}: {answer:?}");
            tokenless(&answer, scope);
        }
    }
}
