//! `/users`: created, changed, blocked, unlocked; passwords and second factors set and never shown.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, problem};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};
use crate::harness::totp;

const PASSWORD: &str = "correct horse battery staple";

/// Signs in by LoanStreet's contract, which allows ten requests a second from one address.
async fn sign_in(server: &Server, email: &str, password: &str) -> Response {
    server.clock.advance(Duration::from_secs(1));
    server.send(&Request::new("POST", "/oauth/token").json(&json!({ "email": email, "password": password }))).await
}

async fn is_let_in(server: &Server, email: &str, password: &str) -> bool {
    let answer = sign_in(server, email, password).await;
    if answer.status != 200 {
        assert_eq!((answer.status, &answer.json()["error"]), (401, &json!("access_denied")), "{answer:?}");
    }
    answer.status == 200
}

async fn jane(desk: &Desk<'_>) -> String {
    let users = good(&desk.get("/users").await, 200);
    let jane = users["items"].as_array().unwrap().iter().find(|user| user["email"] == "jane@bank.example").unwrap();
    jane["id"].as_str().unwrap().to_owned()
}

on_both! {
    async fn an_account_is_created_where_it_says(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let new = json!({
            "id": "u/1", "email": " Joe@Bank.Example ", "institution": "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6",
            "roles": ["AUDITOR"], "scopes": ["x"], "password": "the first password",
        });
        let answer = desk.post("/users", new).await;
        let shown = json!({
            "id": "u/1", "realm": "loanstreet", "email": "joe@bank.example", "name": "joe@bank.example",
            "institution": "2b259cb8-cfa4-450c-b15a-1c6f932e4cc6", "roles": ["AUDITOR"], "scopes": ["x"], "blocked_at": null, "not_before": null, "created_at": NOW,
        });
        assert_eq!(good(&answer, 201), shown);
        assert_eq!(answer.header("Location"), Some("/admin/v1/realms/loanstreet/users/u%2F1"));
        let answer = desk.get("/users/u%2F1").await;
        let mut standing = shown.clone();
        standing["locked"] = json!(false);
        assert_eq!(good(&answer, 200), standing);
        assert!(!answer.text().contains("password") && !answer.text().contains("argon2"));
    }

    async fn a_new_account_signs_in_with_its_password(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        good(&desk.post("/users", json!({ "email": "joe@bank.example", "password": "the first password" })).await, 201);
        assert!(is_let_in(&server, "joe@bank.example", "the first password").await);
        assert!(!is_let_in(&server, "joe@bank.example", "the second password").await);
    }

    async fn a_password_is_replaced_at_once(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let id = jane(&desk).await;
        assert!(is_let_in(&server, "jane@bank.example", PASSWORD).await);
        let change = json!({ "password": "an entirely new one" });
        good(&desk.send("PUT", &format!("/users/{id}/password"), Some(&change)).await, 204);
        assert!(!is_let_in(&server, "jane@bank.example", PASSWORD).await);
        assert!(is_let_in(&server, "jane@bank.example", "an entirely new one").await);
    }

    async fn a_second_factor_is_asked_for_at_once(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let id = jane(&desk).await;
        let change = json!({ "totp_secret": "JBSWY3DPEHPK3PXP" });
        good(&desk.send("PUT", &format!("/users/{id}/totp"), Some(&change)).await, 204);
        let answer = sign_in(&server, "jane@bank.example", PASSWORD).await;
        assert_eq!((answer.status, &answer.json()["error"]), (403, &json!("mfa_required")), "{answer:?}");
        use countersign::clock::Clock as _;
        let body = json!({ "email": "jane@bank.example", "password": PASSWORD, "otp": totp::code(server.clock.now()) });
        assert_eq!(server.send(&Request::new("POST", "/oauth/token").json(&body)).await.status, 200);
    }

    async fn a_blocked_account_gets_no_token_from_then_on(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let id = jane(&desk).await;
        assert!(is_let_in(&server, "jane@bank.example", PASSWORD).await);
        let blocked = good(&desk.press(&format!("/users/{id}/block")).await, 200);
        assert_eq!((&blocked["id"], &blocked["blocked_at"]), (&json!(id), &json!("2026-01-02T03:04:06.000Z")));
        assert!(!is_let_in(&server, "jane@bank.example", PASSWORD).await);
        assert_eq!(good(&desk.press(&format!("/users/{id}/unblock")).await, 200)["blocked_at"], Value::Null);
        assert!(is_let_in(&server, "jane@bank.example", PASSWORD).await);
    }

    async fn a_locked_account_is_unlocked_by_hand_or_by_a_new_password(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let id = jane(&desk).await;
        let (unlock, password) = (format!("/users/{id}/unlock"), format!("/users/{id}/password"));
        for by_hand in [true, false] {
            for _ in 0..10 {
                assert!(!is_let_in(&server, "jane@bank.example", "wrong password").await);
            }
            assert_eq!(good(&desk.get(&format!("/users/{id}")).await, 200)["locked"], true);
            assert!(!is_let_in(&server, "jane@bank.example", PASSWORD).await);
            let before = last(&server).await;
            if by_hand {
                assert_eq!(good(&desk.press(&unlock).await, 200)["locked"], false);
                assert_eq!(events(&server, before).await, ["user_unlocked"]);
                assert!(is_let_in(&server, "jane@bank.example", PASSWORD).await);
            } else {
                good(&desk.send("PUT", &password, Some(&json!({ "password": "an entirely new one" }))).await, 204);
                assert_eq!(events(&server, before).await, ["user_password_set", "user_unlocked"]);
                assert!(is_let_in(&server, "jane@bank.example", "an entirely new one").await);
            }
        }
    }

    async fn an_account_is_changed_as_said_and_no_further(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let path = format!("/users/{}", jane(&desk).await);
        let mut expected = good(&desk.get(&path).await, 200);
        for change in [
            json!({ "name": "Jane" }),
            json!({ "roles": [], "scopes": ["x", "y"] }),
            json!({ "email": null, "institution": null, "scopes": null }),
            json!({}),
        ] {
            expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(good(&desk.patch(&path, change).await, 200), expected);
        }
        assert!(!is_let_in(&server, "jane@bank.example", PASSWORD).await, "nobody has that address any more");
    }

    async fn what_does_not_fit_is_refused_by_name(server) {
        let desk = Desk::of(&server, "loanstreet").await;
        let path = format!("/users/{}", jane(&desk).await);
        let (shown, before) = (good(&desk.get(&path).await, 200), last(&server).await);
        for (body, field) in [
            (json!({ "id": "" }), "id"),
            (json!({ "id": "a b" }), "id"),
            (json!({ "id": "a\u{0}" }), "id"),
            (json!({ "password": "short" }), "password"),
            (json!({ "password": "with a \u{7} in it" }), "password"),
            (json!({ "totp_secret": "1!" }), "totp_secret"),
            (json!({ "email": "nobody" }), "email"),
            (json!({ "email": "a@" }), "email"),
            (json!({ "email": "a b@c" }), "email"),
            (json!({ "email": format!("{}@c", "a".repeat(253)) }), "email"),
            (json!({ "name": "" }), "name"),
            (json!({ "roles": ["A", ""] }), "roles"),
            (json!({ "scopes": [ "s".repeat(4097) ] }), "scopes"),
            (json!({ "institution": "194d62ba-f585-40ff-83d7-9cb99b1c77c0" }), "institution"),
            (json!({ "institution": "a\u{0}" }), "institution"),
        ] {
            invalid(&desk.post("/users", body.clone()).await, field);
            match field {
                "id" => {}
                "password" | "totp_secret" => {
                    let path = format!("{path}/{}", if field == "password" { "password" } else { "totp" });
                    invalid(&desk.send("PUT", &path, Some(&body)).await, field);
                }
                _ => invalid(&desk.patch(&path, body).await, field),
            }
        }
        let told = json!({ "detail": "a user with the id `u9` or the e-mail address `jane@bank.example` exists already" });
        problem(&desk.post("/users", json!({ "id": "u9", "email": "JANE@bank.example" })).await, 409, &told);
        assert_eq!(events(&server, before).await, [""; 0]);
        assert_eq!(good(&desk.get(&path).await, 200), shown);
    }
}
