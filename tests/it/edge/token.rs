//! Tokens and how long they live: `expires_in` tells what is enforced, and a token says what its contract prints.

use std::time::Duration;

use uuid::Uuid;

use super::tools::{decoded, signed, tested, turned};
use super::*;
use crate::harness::server::{Server, on_both};

const LC_TEST: &str = "/test/lendingclub?realm=lc";
const ROLES: &str = "https://api.loan-street.com/roles";
const INSTITUTION: &str = "https://api.loan-street.com/institution_id";

/// Is the token good now?
async fn works(server: &Server, path: &str, token: &str) -> bool {
    match server.send(&bearer(path, token)).await.status {
        200 => true,
        401 | 403 => false,
        status => panic!("{path} answers {status}"),
    }
}

/// The claims of an account's token.
async fn account_claims(server: &Server) -> serde_json::Value {
    decoded(server.send(&account(EMAIL, PASSWORD)).await.text()).1
}

on_both! {
    async fn edge_061_expires_in_is_the_real_life_in_whole_seconds(server, tested) {
        // Late in a second: a life that is counted from the next one would be promised too long.
        server.clock.advance(Duration::from_millis(999));
        let lives = [
            ("loanstreet", 86400, "/test/loanstreet"),
            ("lendingclub", 1800, LC_TEST),
            ("crossriver", 3600, TEST),
            ("uphold", 600, "/test/uphold"),
            ("oauth2", 3600, "/test/oauth2"),
        ];
        let mut tokens = Vec::new();
        for ((dialect, request), (_, life, test)) in right_ones().into_iter().zip(lives) {
            let answer = server.send(&request).await;
            let body = granted(&answer, dialect);
            assert!(answer.text().contains(&format!(r#""expires_in":{life},"#)), "{dialect}: {answer:?}");
            let token = body["access_token"].as_str().unwrap().to_owned();
            if token.contains('.') {
                let claims = decoded(&token).1;
                assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), life, "{dialect}");
                assert_eq!(claims["iat"].as_i64().unwrap(), server.app.now().seconds(), "{dialect}");
            }
            tokens.push((life, test, token));
        }
        let began = server.app.now();
        for life in [600, 1800, 3600, 86400] {
            for (left, good) in [(1, true), (0, false)] {
                let age = server.app.now().since(began);
                server.clock.advance(Duration::from_secs(life - left) - age);
                for (_, test, token) in tokens.iter().filter(|(of, _, _)| i64::try_from(life) == Ok(*of)) {
                    assert_eq!(works(&server, test, token).await, good, "{test} {left} s before its end");
                }
            }
        }
    }

    async fn edge_062_lendingclubs_token_dies_after_half_an_hour(server, tested) {
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "issued");
        server.clock.advance(Duration::from_secs(1799));
        assert!(works(&server, LC_TEST, &token).await, "at 1799 s");
        server.clock.advance(Duration::from_secs(2));
        assert!(!works(&server, LC_TEST, &token).await, "at 1801 s");
    }

    async fn edge_062_the_sample_number_moves_both(server, turned) {
        let body = granted(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "issued");
        assert_eq!(body["expires_in"], 3600);
        let token = body["access_token"].as_str().unwrap();
        server.clock.advance(Duration::from_secs(3599));
        assert!(works(&server, LC_TEST, token).await, "at 3599 s");
        server.clock.advance(Duration::from_secs(1));
        assert!(!works(&server, LC_TEST, token).await, "at 3600 s");
    }

    async fn edge_063_an_accounts_answer_is_the_token_and_nothing_else(server, tested) {
        let answer = server.send(&account(EMAIL, PASSWORD)).await;
        assert_eq!(answer.status, 200);
        let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        assert!(answer.body.iter().all(legal), "no quotes, no newline: {answer:?}");
        assert_eq!(answer.text().split('.').filter(|part| !part.is_empty()).count(), 3);
        assert_eq!(answer.header("Content-Length"), Some(answer.body.len().to_string().as_str()));
        assert!(works(&server, "/test/loanstreet", answer.text()).await, "the body is a token");
    }

    async fn edge_064_the_issuer_keeps_its_slash(server, tested) {
        let token = token_of(&server.send(&service(LS_ID, LS_SECRET)).await, "issued");
        let (header, claims) = decoded(&token);
        assert_eq!(claims["iss"], "http://127.0.0.1:8080/realms/loanstreet/");
        assert!(works(&server, "/test/loanstreet", &signed(&header, &claims)).await, "the forge is a true one");
        for issuer in [
            "http://127.0.0.1:8080/realms/loanstreet",
            "http://127.0.0.1:8080/realms/loanstreet//",
            "HTTP://127.0.0.1:8080/realms/loanstreet/",
            "",
            "http://127.0.0.1:8080/realms/uphold",
        ] {
            let mut other = claims.clone();
            other["iss"] = issuer.into();
            assert!(!works(&server, "/test/loanstreet", &signed(&header, &other)).await, "{issuer}");
        }
    }

    async fn edge_065_roles_are_a_list_and_a_service_has_none(server) {
        let claims = account_claims(&server).await;
        assert_eq!(claims[ROLES], json!(["EXTERNAL API ADMIN", "LOANST_SUPER_USER", "LOANST_SUPPORT"]));
        assert_eq!(claims[INSTITUTION], "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6");
        let service = decoded(&token_of(&server.send(&service(LS_ID, LS_SECRET)).await, "a service")).1;
        assert_eq!(service.get(ROLES), None, "absent, not empty");
        assert_eq!(service[INSTITUTION], "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6");
        assert_eq!(service["sub"], LS_ID);
    }

    async fn edge_066_lendingclubs_token_is_a_lower_case_uuid(server, tested) {
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "issued");
        let uuid = Uuid::try_parse(&token).unwrap();
        assert_eq!((uuid.get_version_num(), uuid.hyphenated().to_string()), (4, token.clone()));
        assert!(works(&server, LC_TEST, &token).await);
        let other_forms = [token.to_uppercase(), uuid.simple().to_string(), uuid.braced().to_string(), uuid.urn().to_string()];
        for other in other_forms {
            assert!(!works(&server, LC_TEST, &other).await, "{other}");
        }
    }

    async fn edge_067_a_new_token_leaves_the_old_one_alone(server, tested) {
        for (path, request) in [
            (TEST, cr(&[])),
            (LC_TEST, lc_as(LC_ID, LC_SECRET)),
            ("/test/uphold", up(&[])),
            ("/test/loanstreet", service(LS_ID, LS_SECRET)),
        ] {
            let first = token_of(&server.send(&request).await, path);
            let second = token_of(&server.send(&request).await, path);
            assert_ne!(first, second);
            for token in [&first, &second] {
                assert!(works(&server, path, token).await, "{path}");
            }
        }
    }
}
