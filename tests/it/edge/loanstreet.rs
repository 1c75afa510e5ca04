//! LoanStreet's request: JSON with or without a type, e-mail and password or client id and secret, and nothing guessed.

use serde_json::json;

use super::tools::tries;
use super::*;
use crate::harness::server::on_both;

const JANE: &str = r#"{"email":"jane@bank.example","password":"correct horse battery staple"}"#;
const USE_JSON: &str = "the Content-Type must be application/json";
const EITHER: &str = "credentials are presented in more than one way";

/// The bare token of an account.
#[track_caller]
fn raw(answer: &Response, content_type: &str, case: &str) {
    assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(content_type)), "{case}: {answer:?}");
    assert_eq!(answer.text().split('.').count(), 3, "{case}: {answer:?}");
    assert!(answer.text().starts_with("eyJ"), "{case}: {answer:?}");
    assert_eq!(answer.header("Vary"), Some("Accept"), "{case}");
}

on_both! {
    async fn edge_001_untyped_json_is_json(server) {
        for body in [JANE.to_owned(), format!(" \r\n\t{JANE}")] {
            raw(&server.send(&post(LS).body(body.as_str())).await, "text/javascript", &body);
        }
        for body in ["email=jane%40bank.example&password=x", "", "[]"] {
            invalid(&server.send(&post(LS).body(body)).await, USE_JSON, body);
        }
    }

    async fn edge_002_a_declared_type_is_believed(server) {
        for declared in ["application/x-www-form-urlencoded", "text/plain", "text/json", "application/json, text/plain", ""] {
            let answer = server.send(&post(LS).header("Content-Type", declared).body(JANE)).await;
            invalid(&answer, USE_JSON, declared);
        }
        for declared in ["application/json", "application/json;charset=utf-8", "APPLICATION/JSON"] {
            raw(&server.send(&post(LS).header("Content-Type", declared).body(JANE)).await, "text/javascript", declared);
        }
    }

    async fn edge_003_an_accept_of_encodings_is_none(server) {
        for accept in ["gzip, deflate, br", "gzip", "*/*", "image/png", ";;;,,q=", "application/json;q=0"] {
            let answer = server.send(&account(EMAIL, PASSWORD).header("Accept", accept)).await;
            raw(&answer, "text/javascript", accept);
            assert_eq!(answer.header("Content-Encoding"), None, "{accept}");
        }
        let answer = server.send(&account(EMAIL, PASSWORD).header("Accept-Encoding", "gzip, deflate, br")).await;
        raw(&answer, "text/javascript", "Accept-Encoding");
        assert_eq!(answer.header("Content-Encoding"), None);
    }

    async fn edge_004_an_account_may_ask_for_the_object(server) {
        let answer = server.send(&account(EMAIL, PASSWORD).header("Accept", "application/json")).await;
        let body = granted(&answer, "application/json");
        assert_eq!(body["expires_in"], 86400);
        assert_eq!((answer.header("Content-Type"), answer.header("Vary")), (Some("application/json"), Some("Accept")));
    }

    async fn edge_005_bearer_at_the_token_endpoint_is_passed_over(server) {
        for ignored in ["Bearer null", "Bearer", "bearer eyJhbGciOiJub25lIn0.e30.", "Bearer jane:secret"] {
            granted(&server.send(&service(LS_ID, LS_SECRET).header("Authorization", ignored)).await, ignored);
            raw(&server.send(&account(EMAIL, PASSWORD).header("Authorization", ignored)).await, "text/javascript", ignored);
        }
        // Basic is not passed over (L6): beside credentials in the body it is a second way.
        for request in [service(LS_ID, LS_SECRET), account(EMAIL, PASSWORD)] {
            invalid(&server.send(&request.basic(LS_ID, LS_SECRET)).await, EITHER, "Basic");
        }
    }

    async fn edge_006_both_pairs_are_a_conflict_that_counts_against_nobody(server) {
        let both = |password: &str, secret: &str| {
            post(LS).json(&json!({ "email": EMAIL, "password": password, "client_id": LS_ID, "client_secret": secret }))
        };
        let halves = post(LS).json(&json!({ "email": EMAIL, "client_secret": LS_SECRET }));
        let other_halves = post(LS).json(&json!({ "client_id": LS_ID, "password": PASSWORD }));
        for request in [both(PASSWORD, LS_SECRET), both("wrong password", "wrong secret"), halves, other_halves] {
            invalid(&server.send(&request).await, EITHER, "both");
        }
        assert_eq!(tries(&server, "loanstreet", LS_ID).await.failures, 0);
        assert_eq!(tools::number(&server, "SELECT COUNT(*) FROM lockouts").await, 0, "nobody was counted");
    }

    async fn edge_007_what_is_missing_is_said(server) {
        let missing = |name: &str| format!("the parameter `{name}` is missing");
        let nothing = "send `email` and `password`, or `client_id` and `client_secret`".to_owned();
        for (body, description) in [
            (json!({}), nothing.clone()),
            (json!({ "grant_type": "password" }), nothing),
            (json!({ "email": EMAIL }), missing("password")),
            (json!({ "email": EMAIL, "password": "" }), missing("password")),
            (json!({ "password": PASSWORD }), missing("email")),
            (json!({ "client_id": LS_ID }), missing("client_secret")),
            (json!({ "client_secret": LS_SECRET }), missing("client_id")),
        ] {
            invalid(&server.send(&post(LS).json(&body)).await, &description, &body.to_string());
        }
    }

    async fn edge_008_values_are_strings(server) {
        for value in [json!(12345), json!(null), json!(true), json!([PASSWORD]), json!({ "a": 1 }), json!(1.5)] {
            let answer = server.send(&post(LS).json(&json!({ "email": EMAIL, "password": value }))).await;
            invalid(&answer, "the parameter `password` must be a string", &value.to_string());
            let answer = server.send(&post(LS).json(&json!({ "client_id": value, "client_secret": LS_SECRET }))).await;
            invalid(&answer, "the parameter `client_id` must be a string", &value.to_string());
        }
        assert_eq!(tools::number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_009_an_email_is_folded_and_a_password_is_not(server) {
        for email in [EMAIL, "JANE@BANK.EXAMPLE", "Jane@bank.Example", "  jane@bank.example\t"] {
            raw(&server.send(&account(email, PASSWORD)).await, "text/javascript", email);
        }
        let shouted = PASSWORD.to_uppercase();
        for password in
            [" correct horse battery staple", "correct horse battery staple ", "Correct horse battery staple", &shouted]
        {
            refused(&server.send(&account(EMAIL, password)).await, LS_DENIED, password);
        }
        refused(&server.send(&account("jane @bank.example", PASSWORD)).await, LS_DENIED, "an inner blank");
    }
}
