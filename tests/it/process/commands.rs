//! The command line beside a running server: what it changes is in force at once or within two seconds, without a restart.

use std::time::Duration;

use serde_json::Value;

use super::{oauth2, said, token};
use crate::harness::http::Request;
use crate::harness::process::{Process, eventually};
use crate::harness::server::on_both;

/// Within which every node has heard of a change (four times a second it looks).
const HEARD: Duration = Duration::from_secs(2);

on_both! {
    async fn a_key_goes_through_its_life(server) {
        let process = Process::serve(&server.url, "").await;
        let kids = async || {
            let jwks = process.send(&Request::new("GET", "/realms/main/jwks.json")).await.json();
            let kids: Vec<String> = jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
            kids
        };
        let signer = async || said(&token(&process.send(&oauth2("demo", "demo-secret")).await), 0, "kid");
        let made = process.command(&["--json", "key", "prepare", "--realm", "main", "--kid", "next"]);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let made: Value = serde_json::from_str(&made.stdout).unwrap();
        assert_eq!((&made["kid"], &made["state"], &made["algorithm"]), (&"next".into(), &"prepublished".into(), &"RS256".into()));
        heard("the new key", async || kids().await.contains(&"next".to_owned()).then_some(())).await;
        assert_eq!(signer().await, "main-RS256");

        let refused = process.command(&["key", "activate", "--realm", "main", "next"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
        assert!(refused.stderr.contains("the key `next` cannot leave the state `prepublished` for another "), "{}", refused.stderr);
        assert_eq!(signer().await, "main-RS256");

        assert_eq!(process.command(&["key", "activate", "--realm", "main", "next", "--now"]).code, Some(0));
        heard("the new signer", async || (signer().await == "next").then_some(())).await;
        assert!(kids().await.contains(&"main-RS256".to_owned()), "what the old key signed must verify");

        let refused = process.command(&["key", "retire", "--realm", "main", "main-RS256"]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
        assert!(refused.stderr.contains("the key `main-RS256` cannot leave the state `grace` for another "), "{}", refused.stderr);
        assert_eq!(process.command(&["key", "retire", "--realm", "main", "main-RS256", "--now"]).code, Some(0));
        heard("the end of the old key", async || (!kids().await.contains(&"main-RS256".to_owned())).then_some(())).await;
    }

    async fn a_secret_is_added_and_revoked_at_once(server) {
        let process = Process::serve(&server.url, "").await;
        let status = async |secret: &str| process.send(&oauth2("demo", secret)).await.status;
        assert_eq!(status("demo-secret").await, 200, "so that the server has met it");
        let added = process.command(&["--json", "secret", "add", "--realm", "main", "demo", "--overlap", "0s"]);
        assert_eq!(added.code, Some(0), "{}", added.stderr);
        let added: Value = serde_json::from_str(&added.stdout).unwrap();
        let new = added["secret"].as_str().unwrap();
        assert_eq!((status(new).await, status("demo-secret").await), (200, 401));

        let id = added["id"].as_str().unwrap();
        let refused = process.command(&["secret", "revoke", "--realm", "main", "demo", id]);
        assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""));
        assert!(refused.stderr.contains("this is the last live secret"), "{}", refused.stderr);
        assert_eq!(status(new).await, 200);
        let forced = process.command(&["secret", "revoke", "--realm", "main", "demo", id, "--force"]);
        assert_eq!((forced.code, status(new).await), (Some(0), 401), "{}", forced.stderr);
    }
}

async fn heard(what: &str, answer: impl AsyncFnMut() -> Option<()>) {
    tokio::time::timeout(HEARD, eventually(what, answer))
        .await
        .unwrap_or_else(|_| panic!("{what} was not heard of in {HEARD:?}"));
}
