//! What a request may look like: Uphold's header and form, and what holds for every contract.

use serde_json::json;

use super::tools::{client, number, trail, tries};
use super::watch::watched;
use super::*;
use crate::harness::http::form_encoded;
use crate::harness::server::{Backend, Server, on_both};

const PATHS: [&str; 5] = [LS, "/auth/oauth/v2/token", CR, UP, OAUTH2];

on_both! {
    async fn edge_029_credentials_in_upholds_form_are_none(server) {
        let body = ask(&[("client_id", UP_ID), ("client_secret", UP_SECRET)]);
        let answer = server.send(&raw_form(UP, &body)).await;
        refused(&answer, UP_NO_HEADER, "in the form");
        assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Basic realm="uphold""#));
        for unreadable in ["Basic", "Basic !!!", "Bearer x", "Basic bm9jb2xvbg=="] {
            let request = raw_form(UP, &ask(&[])).header("Authorization", unreadable);
            refused(&server.send(&request).await, UP_NO_HEADER, unreadable);
        }
        assert_eq!(number(&server, "SELECT COUNT(*) FROM lockouts").await, 0);
    }

    async fn edge_030_both_readings_of_basic_are_one_attempt(server) {
        for (id, secret) in [("raw", "plus+and%2Bescape"), ("form", "two+blanks & more")] {
            client(&server, "uphold", id, secret, "users:read").await;
            granted(&server.send(&up_as(id, secret, &[])).await, "as it stands");
            granted(&server.send(&up_as(id, &form_encoded(secret), &[])).await, "form-encoded");
        }
        let runs = server.app.credentials.pool().runs();
        refused(&server.send(&up_as("raw", "wrong+and%2Bwrong", &[])).await, UP_DENIED, "wrong in both readings");
        assert_eq!(server.app.credentials.pool().runs() - runs, 1);
        assert_eq!(tries(&server, "uphold", "raw").await.failures, 1);
        granted(&server.send(&up_as("raw", "plus%2Band%252Bescape", &[])).await, "right in the second reading");
        assert_eq!(tries(&server, "uphold", "raw").await.failures, 0, "success resets");
    }

    async fn edge_031_a_scope_of_4097_characters_is_too_long(server) {
        let too_long = server.send(&up(&[("scope", &"s".repeat(4097))])).await;
        invalid(&too_long, "the scope is longer than 4096 characters", "4097");
        refused(&server.send(&up(&[("scope", &"s".repeat(4096))])).await, UP_SCOPE, "4096 are only foreign");
    }

    async fn edge_032_the_method_is_post(server) {
        for path in PATHS {
            for method in ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "post"] {
                let answer = server.send(&Request::new(method, path)).await;
                assert_eq!((answer.status, answer.header("Allow")), (405, Some("POST")), "{method} {path}: {answer:?}");
                assert_eq!(answer.json()["error"], "invalid_request", "{method} {path}");
                tokenless(&answer, path);
            }
        }
    }

    async fn edge_033_secrets_in_the_query_are_refused(server) {
        for query in
            ["client_secret=LEAKED", "client_id=LEAKED", "grant_type=client_credentials", "scope=LEAKED", "password=LEAKED"]
        {
            for (dialect, request) in right_ones_with(query) {
                let answer = server.send(&request).await;
                let case = format!("{dialect} {query}");
                assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{case}: {answer:?}");
                assert!(!answer.text().contains("LEAKED"), "{case}");
                tokenless(&answer, &case);
            }
        }
        let request = post("/oauth/token?email=LEAKED").json(&json!({ "email": EMAIL, "password": PASSWORD }));
        invalid(&server.send(&request).await, "parameters belong in the body, not in the query", "an account");
        let rows = trail(&server, "token_refused", 26).await;
        assert!(!format!("{rows:?}").contains("LEAKED"), "{rows:?}");
        for (dialect, request) in right_ones_with("utm_source=mail") {
            granted(&server.send(&request).await, dialect);
        }
    }

    async fn edge_034_a_body_has_bounds_and_a_form(server) {
        let limit = 64 * 1024;
        let ls = format!(r#"{{"client_id":"{LS_ID}","client_secret":"{LS_SECRET}"}}"#);
        let cr = ask(&[("client_id", CR_ID), ("client_secret", CR_SECRET), ("x", "")]);
        for (path, media_type, body, filler) in
            [(LS, "application/json", &ls, " "), (CR, "application/x-www-form-urlencoded", &cr, "y")]
        {
            let filled = |length: usize| format!("{body}{}", filler.repeat(length - body.len()));
            let request = |body: Vec<u8>| post(path).header("Content-Type", media_type).body(body);
            granted(&server.send(&request(filled(limit).into_bytes())).await, "just as large as allowed");
            let too_large = (413, r#"{"error":"invalid_request","error_description":"The request body is too large"}"#);
            refused(&server.send(&request(filled(limit + 1).into_bytes())).await, too_large, path);
            let chunked = [format!("{:x}\r\n", limit + 1).as_bytes(), filled(limit + 1).as_bytes(), b"\r\n0\r\n\r\n"].concat();
            refused(&server.send(&request(chunked).header("Transfer-Encoding", "chunked")).await, too_large, "of unknown length");
            let no_text = [filled(1000).as_bytes(), b"\xff"].concat();
            let answer = server.send(&request(no_text)).await;
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_request")), "{path}: {answer:?}");
            tokenless(&answer, path);
        }
        for (key, description) in [("client_id", "the parameter `client_id` is repeated"), ("unknown", "a parameter is repeated")]
        {
            let twice = ls.replacen('{', &format!(r#"{{"{key}":"x","{key}":"x","#), 1);
            let answer = server.send(&post(LS).header("Content-Type", "application/json").body(twice)).await;
            invalid(&answer, description, key);
        }
        let lc = r#"{"grant_type":"client_credentials","grant_type":"client_credentials"}"#;
        let request = post(LC).header("Authorization", &lc_header(LC_ID, LC_SECRET)).header("Content-Type", "application/json");
        invalid(&server.send(&request.body(lc)).await, "the parameter `grant_type` is repeated", "LendingClub");
    }

    async fn edge_035_paths_are_exact(server) {
        for path in PATHS {
            let shouted = path.to_uppercase();
            let one_up = path.replacen("token", "Token", 1);
            for other in [
                format!("{path}/"),
                shouted,
                one_up,
                format!("/{path}"),
                format!("{path}/x"),
                path.replacen("token", "t%6Fken", 1),
            ] {
                let answer = server.send(&post(&other).form(&[("grant_type", "client_credentials")])).await;
                assert_eq!((answer.status, answer.body.len()), (404, 0), "{other}: {answer:?}");
            }
        }
    }

    async fn edge_036_unknown_parameters_are_ignored(server) {
        granted(&server.send(&cr(&[("foo", "bar"), ("redirect_uri", "https://evil.example"), ("", "x")])).await, "a form");
        granted(&server.send(&up(&[("client", "x"), ("Scope", "not-a-scope")])).await, "in another case");
        granted(&server.send(&oauth2(&[("state", "x"), ("code", "y")])).await, "oauth2");
        let service = json!({ "client_id": LS_ID, "client_secret": LS_SECRET, "audience": "x", "n": 1, "o": { "a": [null] } });
        granted(&server.send(&post(LS).json(&service)).await, "JSON");
        let lc = json!({ "grant_type": "client_credentials", "n": 1, "o": [] });
        granted(&server.send(&post(LC).header("Authorization", &lc_header(LC_ID, LC_SECRET)).json(&lc)).await, "LendingClub");
    }

    async fn edge_037_the_grant_type_is_exact(server) {
        let unknown = |grants: &str| {
            let description = format!("the grant is not offered here; known: {grants}");
            json!({ "error": "unsupported_grant_type", "error_description": description })
        };
        let lc = |body: serde_json::Value| post(LC).header("Authorization", &lc_header(LC_ID, LC_SECRET)).json(&body);
        let ls = |grant: &str| post(LS).json(&json!({ "client_id": LS_ID, "client_secret": LS_SECRET, "grant_type": grant }));
        let cr = |grant: &str| post(CR).form(&[("grant_type", grant), ("client_id", CR_ID), ("client_secret", CR_SECRET)]);
        let up = |grant: &str| post(UP).form(&[("grant_type", grant)]).basic(UP_ID, UP_SECRET);
        for grant in ["Client_Credentials", "CLIENT_CREDENTIALS", " client_credentials", "refresh_token", "implicit"] {
            let answers = [
                (server.send(&ls(grant)).await, unknown("password, client_credentials")),
                (server.send(&lc(json!({ "grant_type": grant }))).await, unknown("client_credentials")),
                (server.send(&cr(grant)).await, json!({ "error": "unsupported_grant_type" })),
                (
                    server.send(&up(grant)).await,
                    json!({ "error": "unsupported_grant_type", "error_description": "Grant type not supported" }),
                ),
            ];
            for (answer, body) in answers {
                assert_eq!((answer.status, answer.json()), (400, body), "{grant}");
                tokenless(&answer, grant);
            }
        }
        refused(
            &server.send(&up("")).await,
            (400, r#"{"error":"invalid_request","error_description":"Body must have required property 'grant_type'"}"#),
            "UP",
        );
        refused(&server.send(&cr("")).await, (400, r#"{"error":"unsupported_grant_type"}"#), "CR");
        invalid(&server.send(&lc(json!({}))).await, "the parameter `grant_type` is missing", "LC");
        granted(&server.send(&service(LS_ID, LS_SECRET)).await, "LS infers it");
        granted(&server.send(&ls("client_credentials")).await, "LS, where it agrees");
        invalid(&server.send(&ls("password")).await, "`grant_type` does not agree with the credentials", "LS");
    }
}

/// Row 33 asks that such secrets are never logged: every line that the server writes meanwhile is read, at every level.
#[test]
fn edge_033_secrets_in_the_query_are_never_logged() {
    let ((), log) = watched("trace", || async {
        let server = Server::start(Backend::Sqlite, |_| {}).await.unwrap();
        for (dialect, request) in right_ones_with("client_secret=LEAKED&client_id=LEAKED") {
            assert_eq!(server.send(&request).await.status, 400, "{dialect}");
        }
    });
    assert!(log.iter().any(|line| line.contains("query_param")), "the refusals themselves are logged: {} lines", log.len());
    // The listeners' own libraries, at the level at which they print what they read, are no part of the promise.
    let told = log.iter().find(|line| line.contains("LEAKED"));
    assert_eq!(told, None);
}
