//! Accounts with a second factor: one step or two, and no way to guess.

use std::time::Duration;

use serde_json::{Value, json};

use super::refused;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};
use crate::harness::totp::{code, code_at};

const PASSWORD: &str = "correct horse battery staple";

async fn sign_in(server: &Server, body: Value) -> Response {
    // The contract allows ten requests a second from one address.
    server.clock.advance(Duration::from_secs(1));
    server.send(&Request::new("POST", "/oauth/token").json(&body)).await
}

async fn with_password(server: &Server, password: &str, otp: Option<&str>) -> Response {
    let mut body = json!({ "email": "mfa@bank.example", "password": password });
    if let Some(otp) = otp {
        body["otp"] = json!(otp);
    }
    sign_in(server, body).await
}

async fn mfa_token(server: &Server) -> String {
    let answer = with_password(server, PASSWORD, None).await;
    refused(&answer, 403, "mfa_required");
    answer.json()["mfa_token"].as_str().unwrap().to_owned()
}

/// The code that is valid when the next request arrives.
fn next(server: &Server) -> String {
    use countersign::clock::Clock as _;
    code(server.clock.now().after(Duration::from_secs(1)))
}

fn is_token(answer: &Response) -> bool {
    answer.status == 200 && answer.text().split('.').count() == 3
}

on_both! {
    async fn password_and_code_in_one_step(server) {
        let code = next(&server);
        assert!(is_token(&with_password(&server, PASSWORD, Some(&code)).await));
        refused(&with_password(&server, PASSWORD, Some(&code)).await, 401, "access_denied");
    }

    async fn a_code_of_the_step_before_is_taken_once_and_never_after_a_later_one(server) {
        use countersign::clock::Clock as _;
        let now = server.clock.now().after(Duration::from_secs(1));
        let (before, current, old) = (code_at(now, -1), code_at(now, 0), code_at(now, -3));
        refused(&with_password(&server, PASSWORD, Some(&old)).await, 401, "access_denied");
        assert!(is_token(&with_password(&server, PASSWORD, Some(&current)).await));
        refused(&with_password(&server, PASSWORD, Some(&before)).await, 401, "access_denied");
    }

    async fn the_second_step_needs_no_password(server) {
        let handle = mfa_token(&server).await;
        let code = next(&server);
        assert!(is_token(&sign_in(&server, json!({ "mfa_token": handle, "otp": code })).await));
        refused(&sign_in(&server, json!({ "mfa_token": handle, "otp": code })).await, 401, "access_denied");
    }

    async fn a_handle_lives_five_minutes_and_cannot_be_made(server) {
        let handle = mfa_token(&server).await;
        server.clock.advance(Duration::from_secs(298));
        let code = next(&server);
        assert!(is_token(&sign_in(&server, json!({ "mfa_token": handle, "otp": code })).await), "one second before its end");
        let late = next(&server);
        refused(&sign_in(&server, json!({ "mfa_token": handle, "otp": late })).await, 401, "access_denied");
        let mut flipped = handle.clone();
        flipped.replace_range(..1, if handle.starts_with('A') { "B" } else { "A" });
        for forged in [flipped.as_str(), "x", "AAAA"] {
            refused(&sign_in(&server, json!({ "mfa_token": forged, "otp": late })).await, 401, "access_denied");
        }
    }

    async fn a_wrong_password_says_nothing_of_the_second_factor(server) {
        let code = next(&server);
        let wrong = with_password(&server, "wrong", Some(&code)).await;
        refused(&wrong, 401, "access_denied");
        assert_eq!(with_password(&server, "wrong", None).await.body, wrong.body);
        assert!(is_token(&with_password(&server, PASSWORD, Some(&code)).await), "the code was not used up");
    }

    async fn codes_cannot_be_guessed_with_the_right_password_in_between(server) {
        for _ in 0..10 {
            mfa_token(&server).await;
            refused(&with_password(&server, PASSWORD, Some("000000")).await, 401, "access_denied");
        }
        let code = next(&server);
        refused(&with_password(&server, PASSWORD, Some(&code)).await, 401, "access_denied");
        server.clock.advance(Duration::from_secs(15 * 60));
        let code = next(&server);
        assert!(is_token(&with_password(&server, PASSWORD, Some(&code)).await), "the lock has run out");
    }

    async fn asking_for_the_code_is_not_a_wrong_try(server) {
        for _ in 0..15 {
            mfa_token(&server).await;
        }
        let code = next(&server);
        assert!(is_token(&with_password(&server, PASSWORD, Some(&code)).await));
    }

    async fn one_code_has_one_winner(server) {
        let code = next(&server);
        server.clock.advance(Duration::from_secs(1));
        let body = json!({ "email": "mfa@bank.example", "password": PASSWORD, "otp": code });
        let request = Request::new("POST", "/oauth/token").json(&body);
        let all = [(); 6].map(|()| server.send(&request));
        let [a, b, c, d, e, f] = all;
        let (a, b, c, d, e, f) = tokio::join!(a, b, c, d, e, f);
        assert_eq!([a, b, c, d, e, f].iter().filter(|answer| is_token(answer)).count(), 1);
    }
}
