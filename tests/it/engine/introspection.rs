//! Introspection: what an API is told of a token (RFC 7662), and the signed form of it (RFC 9701).

use std::time::Duration;

use countersign::admin::service::{ClientChange, InstitutionChange};
use countersign::audit::Actor;
use countersign::model::{ClientId, InstitutionId, RealmId, UserId};
use serde_json::json;

use super::gateway::{GATEWAY, GATEWAY_SECRET, inactive, introspect, introspect_as, is_active, open, open_main, told};
use super::{ask, claims};
use crate::edge::tools::{execute, number, trail, tries};
use crate::edge::{
    CR_ID, CR_SECRET, EMAIL, LC_ID, LC_SECRET, LS_ID, LS_SECRET, PASSWORD, bearer, cr, lc_as, post, service, token_of,
};
use crate::golden::token::verified;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const JWT: &str = "application/token-introspection+jwt";
const DEMO: (&str, &str) = ("demo", "demo-secret");
/// The institution of Cross River's client.
const ACME: &str = "c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77";

async fn demo_token(server: &Server) -> String {
    token_of(&ask(server, &[]).await, "demo")
}

/// How a request presents its client.
type Presents = fn(Request) -> Request;

/// A question with this body, from nobody.
fn bare(body: &[(&str, &str)]) -> Request {
    post("/realms/main/oauth2/introspect").form(body)
}

fn oauth2_token(body: &[(&str, &str)]) -> Request {
    post("/realms/main/oauth2/token").form(body)
}

on_both! {
    async fn an_api_is_told_what_a_token_says(server) {
        open_main(&server).await;
        let answer = ask(&server, &[("scope", "read")]).await;
        let (token, claims) = (token_of(&answer, "demo"), claims(&answer));
        let said = told(&server, "main", &token).await;
        assert_eq!(said, json!({
            "active": true, "iss": claims["iss"], "sub": "demo", "aud": "https://api.example.com", "client_id": "demo",
            "scope": "read", "token_type": "Bearer", "exp": claims["exp"], "iat": claims["iat"], "jti": claims["jti"],
        }));
        let by_itself = server.send(&introspect_as(DEMO, "main", &token)).await;
        assert_eq!(by_itself.json(), said, "a client may ask about its own");
        let again = server.send(&bare(&[("token", &token), ("token_type_hint", "refresh_token"), ("client_id", GATEWAY), ("client_secret", GATEWAY_SECRET)])).await;
        assert_eq!(again.json(), said, "with credentials in the body, and a hint that is wrong");
    }

    async fn a_handle_is_told_of_like_a_jwt(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "lc");
        let said = told(&server, "lc", &token).await;
        assert!(is_active(&said) && said["jti"].as_str().is_some_and(|id| id.len() == 22 && !token.contains(id)), "{said}");
        assert_eq!((said["institution_id"].as_str(), said["sub"].as_str()), (Some("6f3f2d0e-0a55-4b0e-9a57-4f3c7a9d2e10"), Some(LC_ID)));
    }

    async fn of_whatever_is_not_good_only_that_is_said(server) {
        open_main(&server).await;
        open(&server, "crossriver", "https://api.river.example", "scope1 scope2 scope3").await;
        let (token, river) = (demo_token(&server).await, token_of(&server.send(&cr(&[])).await, "river"));
        let signed = server.send(&introspect("main", &token).header("Accept", JWT)).await;
        let unknown = ["x", "x.y", "x.y.z", "aa367982-bef6-4f05-a156-10c1431988bc", &format!("{token}x"), &river, signed.text()];
        for (case, token) in unknown.into_iter().enumerate() {
            inactive(&server.send(&introspect("main", token)).await, &format!("case {case}"));
        }
        inactive(&server.send(&introspect_as(("demo-admin", "demo-admin-secret"), "main", &token)).await, "another's");
        assert!(is_active(&told(&server, "main", &token).await));
        let (ops, main, demo) = (server.ops(), RealmId::new("main"), ClientId::new("demo"));
        ops.disable_client(&Actor::Shell, &main, &demo).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("main", &token)).await, "its client is switched off");
        ops.enable_client(&Actor::Shell, &main, &demo).await.unwrap();
        server.refresh().await;
        assert!(is_active(&told(&server, "main", &token).await));
        server.clock.advance(Duration::from_secs(3600));
        inactive(&server.send(&introspect("main", &token)).await, "expired");
    }

    async fn a_token_that_waits_for_a_step_up_is_not_good(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let change = ClientChange { requires_mfa: Some(true), ..ClientChange::default() };
        server.ops().update_client(&Actor::Shell, &RealmId::new("lc"), &ClientId::new(LC_ID), change).await.unwrap();
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "lc");
        inactive(&server.send(&introspect("lc", &token)).await, "the gateway");
        inactive(&server.send(&introspect_as((LC_ID, LC_SECRET), "lc", &token)).await, "the client itself");
    }

    async fn the_token_of_a_blocked_account_is_not_good(server) {
        let known = "https://api.loan-street.com/auth/cls-deal.view";
        open(&server, "loanstreet", "https://api.loan-street.com/", known).await;
        let signed_in = server.send(&post("/oauth/token").json(&json!({ "email": EMAIL, "password": PASSWORD }))).await;
        let token = signed_in.text();
        let said = told(&server, "loanstreet", token).await;
        assert!(is_active(&said), "{said}");
        let (ops, realm) = (server.ops(), RealmId::new("loanstreet"));
        let user = UserId::new(said["sub"].as_str().unwrap());
        ops.block_user(&Actor::Shell, &realm, &user).await.unwrap();
        server.refresh().await;
        inactive(&server.send(&introspect("loanstreet", token)).await, "blocked");
    }

    async fn the_refusals_are_the_token_endpoints(server) {
        open_main(&server).await;
        let cases: [(&str, Presents); 8] = [
            ("nobody", |request| request),
            ("a wrong secret", |request| request.basic("demo", "wrong")),
            ("an unknown client", |request| request.basic("nobody", "wrong")),
            ("two ways", |request| request.basic("demo", "demo-secret").header("Authorization", "Basic eDp5")),
            ("another scheme", |request| request.header("Authorization", "Bearer x")),
            ("compressed", |request| request.header("Content-Encoding", "gzip").basic("demo", "demo-secret")),
            ("typed twice", |request| request.header("Content-Type", "text/plain").basic("demo", "demo-secret")),
            ("a public client", |request| request.basic("accounts", "any")),
        ];
        for (case, with) in cases {
            let [here, there] = [bare(&[("token", "x")]), oauth2_token(&[("grant_type", "client_credentials")])];
            let (here, there) = (server.send(&with(here)).await, server.send(&with(there)).await);
            assert!(here.status >= 400, "{case}: {here:?}");
            let seen = |answer: &Response| (answer.status, answer.text().to_owned(), answer.header("WWW-Authenticate").map(str::to_owned));
            assert_eq!(seen(&here), seen(&there), "{case}");
        }
        let refusals = trail(&server, "introspection_refused", cases.len()).await;
        assert_eq!(refusals.iter().filter(|row| row.reason.as_deref() == Some("wrong_secret") && row.realm == Some(RealmId::new("main"))).count(), 1);
    }

    async fn what_is_not_a_question_is_refused(server) {
        open_main(&server).await;
        let gateway = |request: Request| request.basic(GATEWAY, GATEWAY_SECRET);
        let path = "/realms/main/oauth2/introspect";
        let refusals = [
            (400, "the parameter `token` is missing", bare(&[])),
            (400, "the parameter `token` is missing", bare(&[("token", "")])),
            (400, "the parameter `token` is repeated", bare(&[("token", "x"), ("token", "x")])),
            (400, "a parameter is repeated", bare(&[("token", "x"), ("other", "x"), ("other", "x")])),
            (400, "parameters belong in the body, not in the query", post(&format!("{path}?token=x")).form(&[("token", "x")])),
            (400, "the Content-Type must be application/x-www-form-urlencoded", post(path).json(&json!({ "token": "x" }))),
            (413, "The request body is too large", bare(&[("token", &"x".repeat(70_000))])),
            (400, "Unknown realm", post("/realms/nowhere/oauth2/introspect").form(&[("token", "x")])),
            (405, "the method must be POST", Request::new("GET", path)),
        ];
        for (status, hint, request) in refusals {
            let answer = server.send(&gateway(request)).await;
            let expected = json!({ "error": "invalid_request", "error_description": hint });
            assert_eq!((answer.status, answer.json()), (status, expected));
            assert_eq!(answer.header("Allow"), (status == 405).then_some("POST"));
        }
    }

    async fn accounts_and_public_clients_do_not_ask(server) {
        for credentials in [vec![("client_id", "accounts")], vec![("username", EMAIL), ("password", PASSWORD)]] {
            let request = post("/realms/loanstreet/oauth2/introspect").form(&[&[("token", "x")], credentials.as_slice()].concat());
            let answer = server.send(&request).await;
            assert_eq!((answer.status, answer.json()["error"].as_str()), (401, Some("invalid_client")), "{answer:?}");
        }
    }

    async fn guesses_count_to_the_lock_of_the_client(server) {
        for _ in 0..3 {
            let answer = server.send(&introspect_as((CR_ID, "wrong"), "crossriver", "x")).await;
            assert_eq!(answer.status, 401);
        }
        assert_eq!(tries(&server, "crossriver", CR_ID).await.failures, 3);
        assert_eq!(server.send(&introspect_as((CR_ID, CR_SECRET), "crossriver", "x")).await.status, 401, "locked here");
        assert_eq!(server.send(&cr(&[])).await.status, 400, "and at the token endpoint");
    }

    async fn guesses_are_throttled(server, |config| config.guard.failed_tries.count = 2) {
        let guess = || introspect_as(("demo", "wrong"), "main", "x").header("X-Forwarded-For", "203.0.113.9");
        assert_eq!([server.send(&guess()).await.status, server.send(&guess()).await.status], [401, 401]);
        let answer = server.send(&guess()).await;
        assert_eq!((answer.status, answer.header("Retry-After")), (429, Some("30")), "{answer:?}");
    }

    async fn a_stolen_secret_is_wrong_from_another_network(server) {
        let (realm, acme) = (RealmId::new("crossriver"), InstitutionId::new(ACME));
        let change = InstitutionChange { networks: Some(vec!["203.0.113.0/24".parse().unwrap()]), ..InstitutionChange::default() };
        server.ops().update_institution(&Actor::Shell, &realm, &acme, change).await.unwrap();
        let from = |address: &str, secret: &str| introspect_as((CR_ID, secret), "crossriver", "x").header("X-Forwarded-For", address);
        inactive(&server.send(&from("203.0.113.7", CR_SECRET)).await, "from home");
        let (stolen, wrong) = (server.send(&from("198.51.100.1", CR_SECRET)).await, server.send(&from("198.51.100.1", "wrong")).await);
        assert_eq!((stolen.status, stolen.text()), (401, wrong.text()));
    }

    async fn a_realms_clients_ask_in_their_realm(server) {
        let token = token_of(&server.send(&service(LS_ID, LS_SECRET)).await, "loanstreet");
        assert!(is_active(&server.send(&introspect_as((LS_ID, LS_SECRET), "loanstreet", &token)).await.json()));
        assert_eq!(server.send(&introspect_as((LS_ID, LS_SECRET), "main", &token)).await.status, 401);
        let without_realm = post("/oauth2/introspect").form(&[("token", &demo_token(&server).await)]).basic(DEMO.0, DEMO.1);
        assert!(is_active(&server.send(&without_realm).await.json()), "`main`, where the host says no other");
    }

    async fn a_signed_answer_is_for_its_caller_and_no_access_token(server) {
        open(&server, "crossriver", "https://api.river.example", "scope1 scope2 scope3").await;
        let token = token_of(&server.send(&cr(&[])).await, "river");
        for (token, is_good) in [(token.as_str(), true), ("unknown", false)] {
            let plain = told(&server, "crossriver", token).await;
            let answer = server.send(&introspect("crossriver", token).header("Accept", JWT)).await;
            assert_eq!((answer.status, answer.header("Content-Type"), answer.header("Vary")), (200, Some(JWT), Some("Accept")));
            let said = verified(&server, "crossriver", answer.text().to_owned()).await;
            let said: serde_json::Value = serde_json::from_str(&said).unwrap();
            assert_eq!(said["header"]["typ"], "token-introspection+jwt");
            assert_eq!(said["claims"], json!({
                "iss": "http://127.0.0.1:8080/realms/crossriver",
                "aud": GATEWAY,
                "iat": server.app.now().seconds(),
                "token_introspection": plain,
            }));
            assert_eq!(is_active(&plain), is_good);
            let presented = server.send(&bearer("/api/SignupCard/TestOauth", answer.text())).await;
            assert_eq!(presented.status, 401, "as an access token");
            inactive(&server.send(&introspect("crossriver", answer.text())).await, "introspected itself");
        }
    }

    async fn a_secret_that_only_asks_about_tokens_is_in_use(server) {
        open_main(&server).await;
        inactive(&server.send(&introspect("main", "x")).await, "asked");
        let used = "SELECT COUNT(*) FROM secrets WHERE client_id = 'gateway' AND last_used_at IS NOT NULL";
        let noted = async {
            while number(&server, used).await != 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(9), noted).await.expect("it is written down");
    }

    async fn json_is_answered_unless_the_signed_form_is_listed(server) {
        open_main(&server).await;
        let cases = [
            ("*/*", false),
            ("application/jwt", false),
            ("application/json", false),
            ("application/token-introspection+jwt;q=0", false),
            ("application/token-introspection+jwt;q=x", false),
            ("APPLICATION/token-introspection+JWT", true),
            ("application/json, application/token-introspection+jwt;q=0.1", true),
        ];
        for (accept, is_signed) in cases {
            let answer = server.send(&introspect("main", "x").header("Accept", accept)).await;
            assert_eq!(answer.header("Content-Type") == Some(JWT), is_signed, "{accept}: {answer:?}");
        }
    }

    async fn what_cannot_be_found_out_is_never_inactive(server) {
        open(&server, "lc", "https://api.lc.example", "oob").await;
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "lc");
        execute(&server, "ALTER TABLE tokens RENAME TO lost").await;
        for token in [token.as_str(), "unknown"] {
            let answer = server.send(&introspect("lc", token)).await;
            assert_eq!((answer.status, answer.header("Retry-After")), (503, Some("1")), "{answer:?}");
            assert!(!answer.text().contains("active"));
        }
        execute(&server, "ALTER TABLE lost RENAME TO tokens").await;
        assert!(is_active(&told(&server, "lc", &token).await));
        server.app.db.close().await;
        server.app.caches.freshness.everything_changed();
        assert_eq!(server.send(&introspect("lc", &token)).await.status, 503);
    }
}
