//! `countersign token`: fetched, looked into, and verified as an API would do it, from a server over HTTP.

use std::time::Duration;

use countersign::clock::{Clock as _, SystemClock};
use serde_json::Value;

use super::{Done, binary, finish};
use crate::harness::server::{Server, on_both};

const AUDIENCE: &str = "https://api.example.com";
const ISSUER: &str = "http://127.0.0.1:8080/realms/main";

/// Runs `countersign token …` beside the server.
async fn token(words: Vec<String>, input: String) -> Done {
    let run = move || {
        let folder = tempfile::tempdir().unwrap();
        let mut command = binary(folder.path());
        command.arg("token").args(words);
        finish(command, &input)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn fetch(server: &Server, id: &str, secret: &str, more: &[&str]) -> Done {
    let url = format!("http://{}/oauth2/token", server.public);
    let words = [&["fetch", "--url", &url, "--client-id", id, "--client-secret-stdin"], more].concat();
    token(words.into_iter().map(str::to_owned).collect(), format!("{secret}\n")).await
}

async fn verify(server: &Server, realm: &str, (issuer, audience): (&str, &str), jwt: &str) -> Done {
    let jwks = format!("http://{}/realms/{realm}/jwks.json", server.public);
    let words = ["verify", "--jwks", &jwks, "--issuer", issuer, "--audience", audience];
    token(words.map(str::to_owned).to_vec(), jwt.to_owned()).await
}

/// A token of now, as the binary's own clock has it.
async fn jwt(server: &Server) -> String {
    let now = SystemClock::new().now();
    server.clock.advance(now.since(server.clock.now()));
    let answer: Value = serde_json::from_str(&fetch(server, "demo", "demo-secret", &["--scope", "read"]).await.good()).unwrap();
    assert_eq!((&answer["token_type"], &answer["scope"]), (&"Bearer".into(), &"read".into()));
    answer["access_token"].as_str().unwrap().to_owned()
}

on_both! {
    async fn a_token_is_fetched_inspected_and_verified(server) {
        let jwt = jwt(&server).await;
        let inspected: Value = serde_json::from_str(&token(vec!["inspect".into()], jwt.clone()).await.good()).unwrap();
        assert_eq!((&inspected["verified"], &inspected["header"]["kid"]), (&false.into(), &"main-RS256".into()));
        let verified: Value = serde_json::from_str(&verify(&server, "main", (ISSUER, AUDIENCE), &jwt).await.good()).unwrap();
        assert_eq!(verified, inspected["claims"]);
        assert_eq!((&verified["sub"], &verified["scope"], &verified["iss"]), (&"demo".into(), &"read".into(), &ISSUER.into()));
    }

    async fn what_is_not_good_is_told(server) {
        let jwt = jwt(&server).await;
        let forged = format!("{}.{}", jwt.rsplit_once('.').unwrap().0, "A".repeat(342));
        for (realm, expected, presented, told) in [
            ("main", ("http://127.0.0.1:8080/realms/lc", AUDIENCE), jwt.as_str(), "the token is not good: InvalidIssuer"),
            ("main", (ISSUER, "https://other.example.com"), &jwt, "the token is not good: InvalidAudience"),
            ("main", (ISSUER, AUDIENCE), &forged, "the token is not good: InvalidSignature"),
            ("lc", (ISSUER, AUDIENCE), &jwt, "the token is not good: it names no key of this JWKS"),
            ("main", (ISSUER, AUDIENCE), "aa367982-bef6-4f05-a156-10c1431988bc", "the token is not good: InvalidToken"),
            ("main", (ISSUER, AUDIENCE), " \n", "send the token on standard input"),
        ] {
            assert_eq!(verify(&server, realm, expected, presented).await.bad(), told);
        }
        let none = verify(&server, "none", (ISSUER, AUDIENCE), &jwt).await.bad();
        assert!(none.ends_with("/realms/none/jwks.json answers 404"), "{none}");
    }

    async fn an_old_token_is_expired(server) {
        let answer: Value = serde_json::from_str(&fetch(&server, "demo", "demo-secret", &[]).await.good()).unwrap();
        assert!(SystemClock::new().now().since(server.clock.now()) > Duration::from_secs(86_400), "the tests' clock is behind");
        let told = verify(&server, "main", (ISSUER, AUDIENCE), answer["access_token"].as_str().unwrap()).await.bad();
        assert_eq!(told, "the token is not good: ExpiredSignature");
    }

    async fn a_refusal_is_printed_and_is_a_failure(server) {
        let done = fetch(&server, "demo", "wrong", &[]).await;
        assert_eq!((done.code, done.err.as_str()), (Some(1), ""), "{done:?}");
        let answer: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!((&answer["error"], answer.get("access_token")), (&"invalid_client".into(), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_has_a_place_to_come_from() {
    let words = "fetch --url http://127.0.0.1:1/ --client-id a".split(' ').map(str::to_owned).collect();
    assert_eq!(
        token(words, String::new()).await.bad(),
        "say where the secret is to be read: --client-secret-file, -env or -stdin"
    );
    let words = "fetch --url http://127.0.0.1:1/ --client-id a --client-secret-stdin".split(' ').map(str::to_owned).collect();
    let said = token(words, "hunter2".into()).await.bad();
    assert!(said.starts_with("http://127.0.0.1:1/: ") && !said.contains("hunter2"), "{said}");
    assert_eq!(
        token(vec!["inspect".into()], "not.a.jwt".into()).await.bad(),
        "this is not a JWT: an opaque token says nothing by itself"
    );
}
