//! `/keys`: prepared, activated, retired over HTTP, while no verifier notices (row 140).

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, problem};
use crate::harness::http::Request;
use crate::harness::server::{Server, on_both};

const PEM: &str = include_str!("../fixtures/es256.pem");

/// The kid that signs Cross River's tokens now.
async fn signs(server: &Server) -> Value {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
    let answer = server.send(&Request::new("POST", "/connect/token").form(&form)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let header = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].clone()
}

async fn published(server: &Server, kid: &str) -> bool {
    let jwks = server.send(&Request::new("GET", "/realms/crossriver/jwks.json")).await;
    assert_eq!(jwks.status, 200);
    jwks.json()["keys"].as_array().unwrap().iter().any(|key| key["kid"] == kid)
}

/// Waits until this node has heard of a change, which it does by itself.
async fn heard(server: &Server, kid: &str, is_published: bool) {
    for _ in 0..100 {
        if published(server, kid).await == is_published {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the node has not heard of {kid}");
}

on_both! {
    async fn a_key_is_rotated_with_patience(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let answer = desk.post("/keys", json!({ "algorithm": "RS256", "kid": "next/1" })).await;
        let shown = json!({
            "kid": "next/1", "realm": "crossriver", "algorithm": "RS256", "state": "prepublished",
            "published_at": NOW, "activated_at": null, "grace_at": null, "retired_at": null,
        });
        assert_eq!(good(&answer, 201), shown);
        assert_eq!(answer.header("Location"), Some("/admin/v1/realms/crossriver/keys/next%2F1"));
        assert_eq!(good(&desk.get("/keys/next%2F1").await, 200), shown);
        heard(&server, "next/1", true).await;
        assert_eq!(signs(&server).await, "crossriver-RS256");

        let before = last(&server).await;
        let early = desk.press("/keys/next%2F1/activate").await;
        problem(&early, 409, &json!({
            "detail": "the key `next/1` cannot leave the state `prepublished` for another 1200 s",
            "mend": "wait, or force it: verifiers whose cached JWKS lacks what they need then refuse good tokens until they fetch it again",
        }));
        assert_eq!(events(&server, before).await, [""; 0]);
        server.clock.advance(Duration::from_secs(1200));
        good(&desk.press("/keys/next%2F1/activate").await, 204);
        server.refresh().await;
        assert_eq!(signs(&server).await, "next/1");
        assert!(published(&server, "crossriver-RS256").await, "its tokens are still about");
        assert_eq!(good(&desk.get("/keys/crossriver-RS256").await, 200)["grace_at"], "2026-01-02T03:24:05.000Z");

        let early = desk.press("/keys/crossriver-RS256/retire").await;
        assert_eq!((early.status, early.json()["detail"].as_str()), (409, Some("the key `crossriver-RS256` cannot leave the state `grace` for another 86401 s")));
        server.clock.advance(Duration::from_secs(86_401));
        let desk = Desk::of(&server, "crossriver").await;
        good(&desk.press("/keys/crossriver-RS256/retire").await, 204);
        heard(&server, "crossriver-RS256", false).await;
        assert_eq!(signs(&server).await, "next/1");
        let retired = good(&desk.get("/keys/crossriver-RS256").await, 200);
        assert_eq!((&retired["state"], &retired["retired_at"]), (&json!("retired"), &json!("2026-01-03T03:24:06.000Z")));
    }

    async fn the_list_has_every_key_and_nothing_private(server) {
        let desk = Desk::of(&server, "crossriver").await;
        good(&desk.post("/keys", json!({ "algorithm": "ES256", "kid": "imported", "pem": PEM })).await, 201);
        let answer = desk.get("/keys").await;
        let list = good(&answer, 200);
        let mut kids: Vec<_> = list["items"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect();
        kids.sort_unstable();
        assert_eq!(kids, ["crossriver-ES256", "crossriver-EdDSA", "crossriver-PS256", "crossriver-RS256", "imported"]);
        for item in list["items"].as_array().unwrap() {
            let members: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(members, ["kid", "realm", "algorithm", "state", "published_at", "activated_at", "grace_at", "retired_at"]);
        }
        assert_eq!(list["next"], Value::Null);
    }

    async fn a_step_out_of_turn_is_refused(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let before = last(&server).await;
        for (path, detail) in [
            ("/keys/crossriver-RS256/activate?force=true", "the key `crossriver-RS256` is active; only a key that is prepublished can take this step"),
            ("/keys/crossriver-RS256/retire?force=true", "the key `crossriver-RS256` is active; only a key that is grace can take this step"),
        ] {
            problem(&desk.press(path).await, 409, &json!({ "detail": detail, "mend": "see the states with `countersign key list`" }));
        }
        for path in ["/keys/uphold-RS256/activate", "/keys/none/retire?force=true"] {
            let kid = path.split('/').nth(2).unwrap();
            problem(&desk.press(path).await, 404, &json!({ "detail": format!("key `{kid}` does not exist") }));
        }
        for path in ["/keys/crossriver-RS256/activate?force=perhaps", "/keys/crossriver-RS256/retire?now=true"] {
            let answer = desk.press(path).await;
            problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
        }
        problem(&desk.post("/keys", json!({ "algorithm": "RS256", "kid": "crossriver-RS256", "pem": include_str!("../fixtures/rs256.pem") })).await, 409, &json!({ "detail": "key `crossriver-RS256` exists already" }));
        assert_eq!(events(&server, before).await, [""; 0]);
    }

    async fn what_is_no_key_is_refused_by_name(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let before = last(&server).await;
        for (body, field) in [
            (json!({ "algorithm": "RS256", "rsa_bits": 1024 }), "rsa_bits"),
            (json!({ "algorithm": "RS256", "rsa_bits": 4_000_000 }), "rsa_bits"),
            (json!({ "algorithm": "RS256", "pem": "hunter2" }), "pem"),
            (json!({ "algorithm": "RS256", "pem": PEM }), "pem"),
            (json!({ "algorithm": "EdDSA", "kid": "" }), "kid"),
            (json!({ "algorithm": "EdDSA", "kid": "a\u{0}b" }), "kid"),
            (json!({ "algorithm": "EdDSA", "kid": "k".repeat(257) }), "kid"),
        ] {
            let answer = desk.post("/keys", body).await;
            invalid(&answer, field);
            assert!(!answer.text().contains("hunter2") && !answer.text().contains("BEGIN"), "{answer:?}");
        }
        for algorithm in ["HS256", "none", "rs256", ""] {
            let answer = desk.post("/keys", json!({ "algorithm": algorithm })).await;
            problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
        }
        assert_eq!(events(&server, before).await, [""; 0]);
    }
}
