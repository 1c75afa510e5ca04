//! `/clients/{client}/secrets`: shown once, listed without themselves, rotated with an overlap, revoked.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, problem};
use crate::harness::http::Request;
use crate::harness::server::{Server, on_both};

const OF_ACME: &str = "/clients/acme/secrets";
/// `imported-secret`, by Python's `hashlib.pbkdf2_hmac("sha256", …, b"0123456789abcdef", 1000)`.
const IMPORTED: &str = "$pbkdf2-sha256$i=1000$MDEyMzQ1Njc4OWFiY2RlZg$vICBSWfgYpyv83uKSfj7Cr7RSqdi1gu+bKF8uABox+8";

async fn is_let_in(server: &Server, secret: &str) -> bool {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", secret)];
    let answer = server.send(&Request::new("POST", "/connect/token").form(&form)).await;
    if answer.status != 200 {
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"invalid_client"}"#));
    }
    answer.status == 200
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

on_both! {
    async fn a_generated_secret_is_shown_once(server) {
        let desk = Desk::of(&server, "crossriver").await;
        server.clock.advance(Duration::from_secs(1));
        let answer = desk.post(OF_ACME, json!({})).await;
        let added = good(&answer, 201);
        let (id, secret) = (text(&added["id"]), text(&added["secret"]));
        let stored = json!({ "id": id, "stored_as": "digest", "created_at": "2026-01-02T03:04:06.000Z", "expires_at": null, "revoked_at": null, "last_used_at": null });
        let mut expected = stored.clone();
        expected.as_object_mut().unwrap().extend(json!({ "secret": secret, "superseded": [], "unlocked": false }).as_object().unwrap().clone());
        assert_eq!(added, expected);
        assert!(secret.starts_with("cs_") && secret.len() > 43, "{secret}");
        assert_eq!(answer.header("Location"), Some(format!("/admin/v1/realms/crossriver/clients/acme/secrets/{id}").as_str()));
        for path in [OF_ACME.to_owned(), format!("{OF_ACME}/{id}"), "/clients/acme".into(), "/clients".into()] {
            let shown = desk.get(&path).await;
            good(&shown, 200);
            for hidden in [secret.as_str(), "cs_", "argon2", "$", "digest\":", "verifier", "pepper"] {
                assert!(!shown.text().contains(hidden), "{hidden} in {shown:?}");
            }
        }
        assert_eq!(good(&desk.get(&format!("{OF_ACME}/{id}")).await, 200), stored);
        let list = good(&desk.get(OF_ACME).await, 200);
        let kinds: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| text(&item["stored_as"])).collect();
        assert_eq!((kinds, &list["next"]), (vec!["hash".to_owned(), "digest".to_owned()], &Value::Null));
        assert!(is_let_in(&server, &secret).await && is_let_in(&server, "s3cr3t-crossriver").await);
    }

    async fn it_is_seen_which_secret_is_still_in_use(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let fresh = good(&desk.post(OF_ACME, json!({})).await, 201);
        server.clock.advance(Duration::from_secs(60));
        assert!(is_let_in(&server, fresh["secret"].as_str().unwrap()).await);
        let used = |item: &Value| item["last_used_at"].as_str().map(str::to_owned);
        for _ in 0..100 {
            let list = good(&desk.get(OF_ACME).await, 200);
            let (fresh, old): (Vec<_>, Vec<_>) = list["items"].as_array().unwrap().iter().partition(|item| item["id"] == fresh["id"]);
            assert_eq!(used(old[0]), None, "nobody used it");
            if let Some(at) = used(fresh[0]) {
                assert_eq!(at, "2026-01-02T03:05:05.000Z");
                return;
            }
            // Uses are written in batches, some time later.
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the use was never written");
    }

    async fn a_chosen_secret_and_a_hash_are_not_shown_at_all(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for (body, secret) in [(json!({ "secret": "chosen by a human" }), "chosen by a human"), (json!({ "hash": IMPORTED }), "imported-secret")] {
            let added = good(&desk.post(OF_ACME, body).await, 201);
            assert_eq!((added.get("secret"), &added["stored_as"]), (None, &json!("hash")));
            assert!(is_let_in(&server, secret).await);
        }
    }

    async fn a_rotation_ends_the_old_secret_after_the_overlap(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let old = text(&good(&desk.get(OF_ACME).await, 200)["items"][0]["id"]);
        let added = good(&desk.post(OF_ACME, json!({ "overlap": "24h" })).await, 201);
        assert_eq!(added["superseded"], json!([old]));
        let fresh = text(&added["secret"]);
        assert_eq!(good(&desk.get(&format!("{OF_ACME}/{old}")).await, 200)["expires_at"], "2026-01-03T03:04:05.000Z");
        server.clock.advance(Duration::from_secs(86_399));
        assert!(is_let_in(&server, "s3cr3t-crossriver").await && is_let_in(&server, &fresh).await);
        server.clock.advance(Duration::from_secs(1));
        assert!(!is_let_in(&server, "s3cr3t-crossriver").await && is_let_in(&server, &fresh).await);
    }

    async fn an_overlap_of_nothing_ends_the_old_secret_now(server) {
        let desk = Desk::of(&server, "crossriver").await;
        assert!(is_let_in(&server, "s3cr3t-crossriver").await);
        let fresh = text(&good(&desk.post(OF_ACME, json!({ "overlap": "0s" })).await, 201)["secret"]);
        assert!(!is_let_in(&server, "s3cr3t-crossriver").await && is_let_in(&server, &fresh).await);
    }

    async fn a_revoked_secret_is_over_and_the_last_is_kept(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let old = text(&good(&desk.get(OF_ACME).await, 200)["items"][0]["id"]);
        let revoke = |id: &str| format!("{OF_ACME}/{id}/revoke");
        let before = last(&server).await;
        problem(&desk.press(&revoke(&old)).await, 409, &json!({
            "detail": "this is the last live secret: without it the client gets no token",
            "mend": "add a new one first, disable the client, or force it",
        }));
        assert_eq!(events(&server, before).await, [""; 0]);
        let fresh = good(&desk.post(OF_ACME, json!({})).await, 201);
        good(&desk.press(&revoke(&old)).await, 204);
        assert!(!is_let_in(&server, "s3cr3t-crossriver").await && is_let_in(&server, fresh["secret"].as_str().unwrap()).await);
        good(&desk.press(&format!("{}?force=true", revoke(fresh["id"].as_str().unwrap()))).await, 204);
        assert!(!is_let_in(&server, fresh["secret"].as_str().unwrap()).await);
        let shown = good(&desk.get(&format!("{OF_ACME}/{old}")).await, 200);
        assert_eq!(shown["revoked_at"], NOW);
    }

    async fn a_new_secret_unlocks(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for _ in 0..3 {
            assert!(!is_let_in(&server, "wrong").await);
        }
        let before = last(&server).await;
        let added = good(&desk.post(OF_ACME, json!({})).await, 201);
        assert_eq!(added["unlocked"], true);
        assert_eq!(events(&server, before).await, ["secret_added", "client_unlocked"]);
        assert!(is_let_in(&server, "s3cr3t-crossriver").await);
    }

    async fn only_so_many_secrets_live_at_once(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for _ in 0..4 {
            good(&desk.post(OF_ACME, json!({})).await, 201);
        }
        let before = last(&server).await;
        problem(&desk.post(OF_ACME, json!({})).await, 409, &json!({
            "detail": "the client has 5 live secrets, which is as many as secrets.max_live allows",
            "mend": "revoke one, or let the others end with an overlap of `0s`",
        }));
        assert_eq!(events(&server, before).await, [""; 0]);
        assert_eq!(good(&desk.get(OF_ACME).await, 200)["items"].as_array().unwrap().len(), 5);
        good(&desk.post(OF_ACME, json!({ "overlap": "0s" })).await, 201);
    }

    async fn what_is_no_secret_is_refused_by_name(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for (body, field) in [
            (json!({ "secret": "short" }), "secret"),
            (json!({ "secret": "a".repeat(513) }), "secret"),
            (json!({ "secret": "with a \u{0} in it" }), "secret"),
            (json!({ "hash": "hunter2-in-clear" }), "hash"),
            (json!({ "hash": "$md5$aaaaaaaaaaaaaaaaaaaaaa" }), "hash"),
            (json!({ "hash": IMPORTED, "secret": "chosen by a human" }), "hash"),
        ] {
            let answer = desk.post(OF_ACME, body).await;
            invalid(&answer, field);
            assert!(!answer.text().contains("hunter2"), "{answer:?}");
        }
        assert_eq!(good(&desk.get(OF_ACME).await, 200)["items"].as_array().unwrap().len(), 1);
    }

    async fn a_client_that_does_not_authenticate_has_no_secret(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        problem(&desk.post("/clients/accounts/secrets", json!({})).await, 409, &json!({
            "detail": "a client that does not authenticate (auth_method `none`) has no secrets",
            "mend": "change its auth_method first",
        }));
    }
}
