//! Rows 49 to 53: wrong secrets, broken Basic headers, two methods at once, the wrong method, another client's name.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::admin::service::ClientChange;
use countersign::audit::Actor;
use countersign::model::AuthMethod;

use super::{BAD, CONTRACTS, GRANT, assert_refused, basic_token, client, contract, granted, metric, realm, token};
use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

/// Everything of an answer that is the same for the same refusal.
fn face(answer: &Response) -> (u16, Vec<(String, String)>, String) {
    let varies = ["date", "x-uphold-request-id"];
    let headers = answer.headers.iter().filter(|(name, _)| !varies.contains(&name.to_ascii_lowercase().as_str()));
    (answer.status, headers.cloned().collect(), answer.text().to_owned())
}

fn basic(credentials: impl AsRef<[u8]>) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(credentials))
}

/// Sends these bytes as the one `Authorization` header.
async fn with_raw_header(server: &Server, value: &[u8]) -> Response {
    let body = "grant_type=client_credentials";
    let head = "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\nAuthorization: ";
    let mut connection = Connection::open(server.public).await.unwrap();
    connection.write(&[head.as_bytes(), value, b"\r\n\r\n", body.as_bytes()].concat()).await.unwrap();
    connection.read().await.unwrap()
}

async fn register(server: &Server, id: &str, auth_method: AuthMethod) {
    let change = ClientChange { auth_method: Some(auth_method), ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &realm("main"), &client(id), change).await.unwrap();
    server.refresh().await;
}

on_both! {
    async fn atk_049_nothing_tells_a_wrong_secret_from_an_unknown_client(server) {
        for contract in &CONTRACTS {
            let before = server.app.credentials.pool().runs();
            let wrong = server.send(&contract.ask(contract.client, Some("wrong-secret"))).await;
            let after_wrong = server.app.credentials.pool().runs();
            let unknown = server.send(&contract.ask("nobody", Some("wrong-secret"))).await;
            let after_unknown = server.app.credentials.pool().runs();
            assert_refused(&wrong, contract.bad, contract.name);
            assert_eq!(face(&unknown), face(&wrong), "{}", contract.name);
            assert_eq!((after_wrong - before, after_unknown - after_wrong), (1, 1), "{}: the same work", contract.name);
            let none = server.send(&contract.ask(contract.client, None)).await;
            assert_refused(&none, contract.none, contract.name);
            assert_eq!(face(&server.send(&contract.ask("nobody", None)).await), face(&none), "{}", contract.name);
            let ops = server.ops();
            ops.disable_client(&Actor::Shell, &realm(contract.realm), &client(contract.client)).await.unwrap();
            assert_eq!(face(&server.send(&contract.good()).await), face(&wrong), "{}: disabled", contract.name);
            ops.enable_client(&Actor::Shell, &realm(contract.realm), &client(contract.client)).await.unwrap();
            let good = server.send(&contract.good()).await;
            assert_eq!(good.status, 200, "{}: {good:?}", contract.name);
        }
    }

    async fn atk_049_a_wrong_secret_is_challenged(server) {
        let answer = server.send(&basic_token("demo", "wrong-secret")).await;
        assert_refused(&answer, (401, BAD), "Basic");
        assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Basic realm="main""#));
        let body = token(&[GRANT, ("client_id", "demo"), ("client_secret", "wrong-secret")]);
        assert_refused(&server.send(&body).await, (401, BAD), "body");
    }

    async fn atk_050_broken_basic_headers_are_refused(server) {
        let long = format!("demo:{}", "x".repeat(9000));
        let cases: Vec<(&str, Vec<u8>)> = vec![
            ("no credentials", b"Basic".to_vec()),
            ("no base64", b"Basic !!!!".to_vec()),
            ("one character", b"Basic Z".to_vec()),
            ("stray padding", b"Basic =ZGVtbzpkZW1vLXNlY3JldA".to_vec()),
            ("a blank inside", b"Basic ZGVtbzpk ZW1vLXNlY3JldA==".to_vec()),
            ("URL-safe alphabet", b"Basic ZGVtbzr_-_8=".to_vec()),
            ("a second value", b"Basic ZGVtbzpkZW1vLXNlY3JldA==, Basic ZGVtbzpkZW1vLXNlY3JldA==".to_vec()),
            ("no colon", basic("demo").into()),
            ("a colon only", basic(":").into()),
            ("no id", basic(":demo-secret").into()),
            ("no secret", basic("demo:").into()),
            ("another case", basic("DEMO:demo-secret").into()),
            ("a blank before", basic(" demo:demo-secret").into()),
            ("a line end after", basic("demo:demo-secret\n").into()),
            ("NUL in the id", basic("demo\0:demo-secret").into()),
            ("NUL in the secret", basic("demo:demo-secret\0").into()),
            ("an encoded NUL", basic("demo:demo-secret%00").into()),
            ("an encoded colon", basic("demo%3Ademo-secret").into()),
            ("half an escape", basic("demo:demo-secret%").into()),
            ("a broken escape", basic("%zzdemo:demo-secret").into()),
            ("encoded twice", basic("%2564emo:demo-secret").into()),
            ("an overlong encoding", basic("%c1%a4emo:demo-secret").into()),
            ("not UTF-8", basic(b"demo:\xff\xfe").into()),
            ("not UTF-8 in the id", basic(b"\xc3\x28:demo-secret").into()),
            ("a full-width twin", basic("ｄemo:demo-secret").into()),
            ("bytes outside of ASCII in the header", b"Basic \xff\xfe\x80".to_vec()),
            ("another scheme", b"Digest ZGVtbzpkZW1vLXNlY3JldA==".to_vec()),
            ("no scheme", b"ZGVtbzpkZW1vLXNlY3JldA==".to_vec()),
            ("12 KiB", basic(&long).into()),
        ];
        for (index, (what, header)) in cases.iter().enumerate() {
            // The guesses name `demo` from one address: stay below the throttle.
            if index % 8 == 7 {
                server.clock.advance(std::time::Duration::from_secs(60));
            }
            server.ops().unlock_client(&Actor::Shell, &realm("main"), &client("demo")).await.unwrap();
            let answer = with_raw_header(&server, header).await;
            assert_refused(&answer, (401, BAD), what);
            assert_eq!(answer.header("WWW-Authenticate"), Some(r#"Basic realm="main""#), "{what}");
        }
        let huge = with_raw_header(&server, basic("x".repeat(100 * 1024)).as_bytes()).await;
        assert_eq!(huge.status, 431, "100 KiB");
        // Read as RFC 6749 encodes it, the same pair is right.
        for right in ["demo:demo-secret", "%64emo:demo%2Dsecret"] {
            granted(&with_raw_header(&server, basic(right).as_bytes()).await);
            granted(&with_raw_header(&server, basic(right).replacen("Basic", "bASIC ", 1).as_bytes()).await);
        }
        assert_eq!(metric(&server, "countersign_panics_total").await, 0);
    }

    async fn atk_051_two_ways_of_authenticating_are_one_too_many(server) {
        const TWICE: &str = r#"{"error":"invalid_request","error_description":"credentials are presented in more than one way"}"#;
        let jwt = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let secret = ("client_secret", "demo-secret");
        let assertion = [("client_assertion_type", jwt), ("client_assertion", "e30.e30.AA")];
        let cases = [
            ("Basic and the same in the body", token(&[GRANT, ("client_id", "demo"), secret]).basic("demo", "demo-secret")),
            ("Basic and a secret alone", token(&[GRANT, secret]).basic("demo", "demo-secret")),
            ("Basic and an assertion", token(&[GRANT, assertion[0], assertion[1]]).basic("demo", "demo-secret")),
            ("assertion and secret", token(&[GRANT, ("client_id", "demo"), secret, assertion[0], assertion[1]])),
            ("an assertion type alone, and a secret", token(&[GRANT, ("client_id", "demo"), secret, assertion[0]])),
        ];
        for (what, request) in cases {
            assert_refused(&server.send(&request).await, (400, TWICE), what);
        }
        const SEVERAL: &str = r#"{"error":"invalid_request","error_description":"several credential headers"}"#;
        let twice = basic_token("demo", "demo-secret").basic("demo", "demo-secret");
        assert_refused(&server.send(&twice).await, (400, SEVERAL), "two headers");
        // A conflict is held against nobody: a threshold of three is not even touched by five of them.
        let river = contract("crossriver");
        for _ in 0..5 {
            let both = river.ask("acme", Some("wrong-secret")).basic("acme", "wrong-secret");
            assert_refused(&server.send(&both).await, (400, r#"{"error":"invalid_request"}"#), "conflict");
        }
        granted(&server.send(&river.good()).await);
    }

    async fn atk_052_another_method_than_the_registered_one_is_refused(server) {
        let by_header = || basic_token("demo", "demo-secret");
        let by_body = || token(&[GRANT, ("client_id", "demo"), ("client_secret", "demo-secret")]);
        for (registered, right, wrong) in [
            (AuthMethod::SecretBasic, by_header(), by_body()),
            (AuthMethod::SecretPost, by_body(), by_header()),
        ] {
            register(&server, "demo", registered).await;
            assert_refused(&server.send(&wrong).await, (401, BAD), registered.as_str());
            granted(&server.send(&right).await);
        }
        // `accounts` is registered to authenticate not at all: no secret speaks for it.
        let accounts = contract("loanstreet").ask("accounts", Some("any-secret"));
        assert_refused(&server.send(&accounts).await, contract("loanstreet").bad, "a public client");
    }

    async fn atk_053_the_client_id_beside_the_header_must_be_the_same(server) {
        const OTHER: &str = r#"{"error":"invalid_request","error_description":"`client_id` names another client than the header"}"#;
        for other in ["demo-admin", "nobody", "DEMO", "demo ", "%64emo"] {
            let request = token(&[GRANT, ("client_id", other)]).basic("demo", "demo-secret");
            assert_refused(&server.send(&request).await, (400, OTHER), other);
        }
        granted(&server.send(&token(&[GRANT, ("client_id", "demo")]).basic("demo", "demo-secret")).await);
        let uphold = Request::new("POST", "/core/oauth2/token").basic(contract("uphold").client, contract("uphold").secret);
        let answer = server.send(&uphold.form(&[GRANT, ("client_id", "acme")])).await;
        assert_refused(&answer, (400, OTHER), "uphold");
    }
}
