//! Secrets and second factors: shown once, rotated without downtime, ended at once; and what a step-up holds back.

use std::time::Duration;

use serde_json::Value;

use super::tools::{admin_token, administer, otp, tested, tries_of};
use super::*;
use crate::harness::server::{Server, on_both};
use countersign::model::{Principal, RealmId};

const MFA: &str = "mfa@bank.example";
const DAY: Duration = Duration::from_secs(86400);

/// A new secret of a client, and the path under which it is listed.
async fn rotate(server: &Server, admin: &str, client: &str, body: Value) -> (String, String) {
    let added = administer(server, admin, "POST", &format!("{client}/secrets"), Some(&body)).await;
    assert_eq!(added.status, 201, "{added:?}");
    let location = added.header("Location").unwrap().strip_prefix("/admin/v1/realms/").unwrap().to_owned();
    (added.json()["secret"].as_str().unwrap().to_owned(), location)
}

/// The first step's answer: a second factor is required. Gives the handle for the second step.
#[track_caller]
fn factor_required(answer: &Response) -> String {
    let body = answer.json();
    let handle = body["mfa_token"].as_str().unwrap().to_owned();
    let whole =
        json!({ "error": "mfa_required", "error_description": "Multifactor authentication required", "mfa_token": handle });
    assert_eq!((answer.status, body), (403, whole));
    tokenless(answer, "mfa_required");
    handle
}

fn with_otp(password: &str, otp: &str) -> Request {
    post(LS).json(&json!({ "email": MFA, "password": password, "otp": otp }))
}

on_both! {
    async fn edge_047_a_secret_is_shown_once(server) {
        let admin = admin_token(&server).await;
        let client = "crossriver/clients/acme";
        let (secret, location) = rotate(&server, &admin, client, json!({})).await;
        assert_eq!(secret.len(), 52, "256 bits, a prefix and a checksum");
        granted(&server.send(&cr_as(CR_ID, &secret, &[])).await, "the new secret");
        for path in [client, "crossriver/clients", "crossriver/clients/acme/secrets", &location] {
            let told = administer(&server, &admin, "GET", path, None).await;
            assert_eq!(told.status, 200, "{path}: {told:?}");
            for hidden in [secret.as_str(), CR_SECRET, "$argon2", "verifier"] {
                assert!(!told.text().contains(hidden), "{path} tells {hidden}: {told:?}");
            }
        }
        let (lost, other) = rotate(&server, &admin, client, json!({ "overlap": "0s" })).await;
        assert_ne!((&lost, &other), (&secret, &location), "whoever lost one gets another");
    }

    async fn edge_048_a_compromised_secret_ends_at_once_and_a_rotated_one_later(server) {
        let admin = admin_token(&server).await;
        let client = format!("loanstreet/clients/{LS_ID}");
        granted(&server.send(&service(LS_ID, LS_SECRET)).await, "before");
        let (second, _) = rotate(&server, &admin, &client, json!({ "overlap": "0s" })).await;
        refused(&server.send(&service(LS_ID, LS_SECRET)).await, LS_DENIED, "compromised");
        granted(&server.send(&service(LS_ID, &second)).await, "its successor");
        let (third, _) = rotate(&server, &admin, &client, json!({ "overlap": "24h" })).await;
        for secret in [&second, &third] {
            granted(&server.send(&service(LS_ID, secret)).await, "two live secrets");
        }
        server.clock.advance(DAY - Duration::from_millis(1));
        granted(&server.send(&service(LS_ID, &second)).await, "to the end of the overlap");
        server.clock.advance(Duration::from_millis(1));
        refused(&server.send(&service(LS_ID, &second)).await, LS_DENIED, "after the overlap");
        granted(&server.send(&service(LS_ID, &third)).await, "after the overlap");
    }

    async fn edge_048_a_revoked_secret_ends_at_once(server) {
        let admin = admin_token(&server).await;
        let (second, location) = rotate(&server, &admin, &format!("loanstreet/clients/{LS_ID}"), json!({})).await;
        granted(&server.send(&service(LS_ID, &second)).await, "before");
        assert_eq!(administer(&server, &admin, "POST", &format!("{location}/revoke"), None).await.status, 204);
        refused(&server.send(&service(LS_ID, &second)).await, LS_DENIED, "revoked");
        granted(&server.send(&service(LS_ID, LS_SECRET)).await, "the other one");
    }

    async fn edge_049_a_secret_does_not_expire(server) {
        server.clock.advance(2 * 365 * DAY);
        granted(&server.send(&service(LS_ID, LS_SECRET)).await, "unused for two years");
    }

    async fn edge_050_the_second_factor_is_asked_for_after_the_password(server) {
        let now = otp(server.app.now());
        factor_required(&server.send(&account(MFA, PASSWORD)).await);
        for request in [account(MFA, "wrong password"), with_otp("wrong password", &now), account(EMAIL, "wrong password")] {
            refused(&server.send(&request).await, LS_DENIED, "a wrong password");
        }
        refused(&server.send(&with_otp(PASSWORD, "000000")).await, LS_DENIED, "a wrong code");
        let answer = server.send(&with_otp(PASSWORD, &now)).await;
        assert_eq!((answer.status, answer.text().split('.').count()), (200, 3), "{answer:?}");
        refused(&server.send(&with_otp(PASSWORD, &now)).await, LS_DENIED, "the same code again");
        server.clock.advance(Duration::from_secs(30));
        assert_eq!(server.send(&with_otp(PASSWORD, &otp(server.app.now()))).await.status, 200, "the next one");
    }

    async fn edge_050_the_second_step_takes_the_handle_and_a_code(server) {
        let handle = factor_required(&server.send(&account(MFA, PASSWORD)).await);
        let second = |handle: &str, otp: &str| post(LS).json(&json!({ "mfa_token": handle, "otp": otp }));
        let now = otp(server.app.now());
        refused(&server.send(&second(&handle, "000000")).await, LS_DENIED, "a wrong code");
        refused(&server.send(&second("forged", &now)).await, LS_DENIED, "a forged handle");
        invalid(&server.send(&post(LS).json(&json!({ "mfa_token": handle }))).await, "the parameter `otp` is missing", "no code");
        assert_eq!(server.send(&second(&handle, &now)).await.status, 200);
        refused(&server.send(&second(&handle, &now)).await, LS_DENIED, "the same code again");
        server.clock.advance(Duration::from_secs(300));
        refused(&server.send(&second(&handle, &otp(server.app.now()))).await, LS_DENIED, "five minutes later");
    }

    async fn edge_050_wrong_codes_lock_the_account(server) {
        let user = server.ops().find_user(&RealmId::new("loanstreet"), MFA).await.unwrap().unwrap();
        let who = Principal::user(&RealmId::new("loanstreet"), &user.id);
        for guess in 0..10 {
            factor_required(&server.send(&account(MFA, PASSWORD)).await);
            refused(&server.send(&with_otp(PASSWORD, &format!("{guess:06}"))).await, LS_DENIED, "a guess");
        }
        assert!(tries_of(&server, &who).await.locked_at.is_some());
        refused(&server.send(&with_otp(PASSWORD, &otp(server.app.now()))).await, LS_DENIED, "right, but locked");
        refused(&server.send(&account(MFA, PASSWORD)).await, LS_DENIED, "and nothing of a factor is told");
    }

    async fn edge_051_a_token_that_waits_for_a_step_up_does_not_work(server, tested) {
        let usual = server.send(&lc_as(LC_ID, LC_SECRET)).await;
        assert!(usual.text().ends_with(r#","expires_in":1800,"scope":"oob","requires_mfa":false}"#), "{usual:?}");
        let test = "/test/lendingclub?realm=lc";
        assert_eq!(server.send(&bearer(test, &token_of(&usual, "usual"))).await.status, 200);
        let admin = admin_token(&server).await;
        let flagged =
            administer(&server, &admin, "PATCH", &format!("lc/clients/{LC_ID}"), Some(&json!({ "requires_mfa": true }))).await;
        assert_eq!(flagged.status, 200, "{flagged:?}");
        let waiting = server.send(&lc_as(LC_ID, LC_SECRET)).await;
        assert!(waiting.text().ends_with(r#","requires_mfa":true}"#), "{waiting:?}");
        assert_eq!(server.send(&bearer(test, &token_of(&waiting, "waiting"))).await.status, 401);
        assert_eq!(server.send(&bearer(test, &token_of(&usual, "usual"))).await.status, 200, "what was issued before works");
        let other = server.send(&lc_as("A9B9AB9QIAFAKBNQG9E9", "DC9XuKWjFb0y9x9ABKkAXscvQ2zEiu6bPMGwr0Lk/3joGIMWh")).await;
        assert!(other.text().ends_with(r#","requires_mfa":false}"#), "{other:?}");
    }
}
