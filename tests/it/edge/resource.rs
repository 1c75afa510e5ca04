//! The test endpoint, and the limits that stand before the secret check.

use std::time::Duration;

use super::tools::{decoded, signed, tries};
use super::*;
use crate::harness::server::{Server, on_both};

/// The answer of the test endpoint: no body, this challenge.
#[track_caller]
fn tested(answer: &Response, status: u16, challenge: Option<&str>, case: &str) {
    assert_eq!((answer.status, answer.body.len()), (status, 0), "{case}: {answer:?}");
    assert_eq!(answer.header("WWW-Authenticate"), challenge, "{case}");
    assert_eq!(answer.header("Content-Length"), Some("0"), "{case}");
}

async fn genuine(server: &Server) -> String {
    token_of(&server.send(&cr(&[])).await, "genuine")
}

const INVALID: Option<&str> = Some(r#"Bearer error="invalid_token""#);

on_both! {
    async fn edge_073_the_test_endpoint_says_yes_or_no(server) {
        let token = genuine(&server).await;
        tested(&server.send(&bearer(TEST, &token)).await, 200, None, "valid");
        let narrow = token_of(&server.send(&cr(&[("scope", "scope3")])).await, "narrow");
        tested(&server.send(&bearer(TEST, &narrow)).await, 200, None, "whatever its scope");
        tested(&server.send(&get(TEST)).await, 401, Some("Bearer"), "none");
        for header in ["Bearer", "Bearer ", "Basic YWNtZTpzM2NyM3Q=", "Bearer a b", token.as_str(), &format!("Token {token}")] {
            tested(&server.send(&get(TEST).header("Authorization", header)).await, 401, INVALID, header);
        }
        for malformed in [
            "x",
            "x.y",
            "x.y.z",
            "...",
            "aa367982-bef6-4f05-a156-10c1431988bc",
            token.strip_suffix(|_| true).unwrap(),
            &format!("{token}x"),
        ] {
            tested(&server.send(&bearer(TEST, malformed)).await, 401, INVALID, malformed);
        }
        let twice = bearer(TEST, &token).header("Authorization", &format!("Bearer {token}"));
        tested(&server.send(&twice).await, 401, INVALID, "two headers");
        let foreign = token_of(&server.send(&up(&[])).await, "foreign");
        tested(&server.send(&bearer(TEST, &foreign)).await, 401, INVALID, "foreign");
        let (header, mut claims) = decoded(&token);
        claims["iss"] = json!("https://evil.example");
        tested(&server.send(&bearer(TEST, &signed(&header, &claims))).await, 401, INVALID, "a foreign issuer");
        server.clock.advance(Duration::from_secs(3600));
        tested(&server.send(&bearer(TEST, &token)).await, 401, INVALID, "expired");
    }

    async fn edge_073_the_test_endpoint_is_asked_by_get(server) {
        let token = genuine(&server).await;
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let request = Request::new(method, TEST).header("Authorization", &format!("Bearer {token}"));
            let answer = server.send(&request).await;
            assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET")), "{method}: {answer:?}");
        }
        let head = Request::new("HEAD", TEST).header("Authorization", &format!("Bearer {token}"));
        assert_eq!(server.send(&head).await.status, 200, "HEAD is GET without a body");
    }

    async fn edge_083_the_scheme_has_no_case_and_a_token_one_place(server) {
        let token = genuine(&server).await;
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            tested(&server.send(&get(TEST).header("Authorization", &format!("{scheme} {token}"))).await, 200, None, scheme);
        }
        let query = server.send(&get(&format!("{TEST}?access_token={token}"))).await;
        tested(&query, 401, Some("Bearer"), "in the query");
        let form = get(TEST).form(&[("access_token", &token)]);
        tested(&server.send(&form).await, 401, Some("Bearer"), "in the body");
        let cookie = get(TEST).header("Cookie", &format!("access_token={token}"));
        tested(&server.send(&cookie).await, 401, Some("Bearer"), "in a cookie");
        let other = get(TEST).header("Authentication", &format!("Bearer {token}"));
        tested(&server.send(&other).await, 401, Some("Bearer"), "in another header");
    }

    async fn edge_084_loanstreets_eleventh_request_of_a_second_waits(server) {
        let from_one = |request: Request| request.header("X-Forwarded-For", "203.0.113.9");
        let one = |secret: &str| {
            let body = json!({ "client_id": LS_ID, "client_secret": secret });
            from_one(Request::new("POST", LS)).json(&body)
        };
        for _ in 0..10 {
            granted(&server.send(&one(LS_SECRET)).await, "within the limit");
        }
        let comparisons = server.app.credentials.comparisons();
        for secret in ["wrong", LS_SECRET] {
            let answer = server.send(&one(secret)).await;
            refused(&answer, (429, r#"{"error":"Rate limit exceeded: 10 per 1 second"}"#), secret);
            assert_eq!((answer.header("Retry-After"), answer.header("Content-Type")), (Some("1"), Some("application/json")));
        }
        assert_eq!(tries(&server, "loanstreet", LS_ID).await.failures, 0);
        assert_eq!(server.app.credentials.comparisons(), comparisons);
        granted(&server.send(&service(LS_ID, LS_SECRET)).await, "another address");
        server.clock.advance(Duration::from_secs(1));
        granted(&server.send(&one(LS_SECRET)).await, "a second later");
    }

    async fn edge_084_a_throttled_attempt_at_uphold_counts_nothing(server, |config| config.guard.failed_tries.count = 2) {
        let one = |secret: &str| {
            let request = Request::new("POST", UP).header("X-Forwarded-For", "203.0.113.9");
            request.form(&[("grant_type", "client_credentials")]).basic(UP_ID, secret)
        };
        for _ in 0..2 {
            refused(&server.send(&one("wrong")).await, UP_DENIED, "within the limit");
        }
        let (comparisons, runs) = (server.app.credentials.comparisons(), server.app.credentials.pool().runs());
        for secret in ["wrong", UP_SECRET, "wrong"] {
            let answer = server.send(&one(secret)).await;
            refused(&answer, (429, r#"{"code":"too_many_requests","message":"Try again later"}"#), secret);
            assert_eq!(answer.header("Retry-After"), Some("30"), "half of the minute that two may share");
        }
        assert_eq!(tries(&server, "uphold", UP_ID).await.failures, 2);
        assert_eq!((server.app.credentials.comparisons(), server.app.credentials.pool().runs()), (comparisons, runs));
        granted(&server.send(&up(&[])).await, "the client from elsewhere");
        server.clock.advance(Duration::from_secs(30));
        granted(&server.send(&one(UP_SECRET)).await, "in time");
    }

    async fn edge_084_a_throttled_attempt_at_crossriver_does_not_lock(server, |config| config.guard.failed_tries.count = 2) {
        let one = |secret: &str| {
            let request = Request::new("POST", CR).header("X-Forwarded-For", "203.0.113.9");
            request.form(&[("grant_type", "client_credentials"), ("client_id", CR_ID), ("client_secret", secret)])
        };
        for status in [400, 400, 429, 429, 429] {
            let answer = server.send(&one("wrong")).await;
            assert_eq!(answer.status, status, "{answer:?}");
            tokenless(&answer, "wrong");
        }
        assert_eq!(tries(&server, "crossriver", CR_ID).await.failures, 2);
        granted(&server.send(&cr(&[])).await, "not locked");
    }
}
