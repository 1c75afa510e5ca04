//! `/clients`: created, shown, changed, switched off and on, unlocked, with what that does to the token endpoint.

use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, problem};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

/// Acme asks for a token in Cross River's contract.
async fn ask(server: &Server, secret: &str) -> Response {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", secret)];
    server.send(&Request::new("POST", "/connect/token").form(&form)).await
}

async fn is_let_in(server: &Server) -> bool {
    let answer = ask(server, "s3cr3t-crossriver").await;
    if answer.status != 200 {
        assert_eq!((answer.status, answer.text()), (400, r#"{"error":"invalid_client"}"#));
    }
    answer.status == 200
}

fn acme() -> Value {
    json!({
        "id": "acme", "realm": "crossriver", "name": "Acme", "institution": "c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77",
        "auth_method": "client_secret", "grants": ["client_credentials"], "scopes": ["scope1", "scope2", "scope3"],
        "requires_mfa": false, "token_ttl": null, "token_reuse": null, "user": null, "disabled_at": null, "not_before": null, "created_at": NOW, "locked": false,
    })
}

fn with(mut thing: Value, changes: &Value) -> Value {
    thing.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    thing
}

on_both! {
    async fn a_client_is_created_where_it_says(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let new = json!({ "id": "a/b c?".replace(' ', "%"), "name": "Odd", "scopes": ["x"], "grants": ["password"], "auth_method": "none", "token_ttl": "90s", "token_reuse": "20s", "requires_mfa": true });
        let answer = desk.post("/clients", new).await;
        let shown = json!({
            "id": "a/b%c?", "realm": "crossriver", "name": "Odd", "institution": null, "auth_method": "none", "grants": ["password"],
            "scopes": ["x"], "requires_mfa": true, "token_ttl": "90s", "token_reuse": "20s", "user": null, "disabled_at": null, "not_before": null, "created_at": NOW,
        });
        assert_eq!(good(&answer, 201), shown);
        let location = answer.header("Location").unwrap();
        assert_eq!(location, "/admin/v1/realms/crossriver/clients/a%2Fb%25c%3F");
        let path = location.strip_prefix("/admin/v1/realms/crossriver").unwrap();
        assert_eq!(good(&desk.get(path).await, 200), with(shown, &json!({ "locked": false })));
    }

    async fn a_client_has_an_id_and_a_name_anyway(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let (one, other) = (good(&desk.post("/clients", json!({})).await, 201), good(&desk.post("/clients", json!({})).await, 201));
        assert!(uuid::Uuid::try_parse(one["id"].as_str().unwrap()).is_ok());
        assert_eq!((&one["name"], &one["auth_method"], &one["scopes"]), (&one["id"], &json!("client_secret"), &json!([])));
        assert_ne!(one["id"], other["id"]);
    }

    async fn a_client_is_changed_as_said_and_no_further(server) {
        let desk = Desk::of(&server, "crossriver").await;
        assert_eq!(good(&desk.get("/clients/acme").await, 200), acme());
        let steps = [
            json!({ "name": "Acme Ltd" }),
            json!({ "scopes": ["scope1"], "token_ttl": "5m", "token_reuse": "0s" }),
            json!({ "token_ttl": null, "token_reuse": null, "institution": null }),
            json!({ "auth_method": "client_secret_post", "grants": ["client_credentials", "password"] }),
            json!({}),
        ];
        let mut expected = acme();
        for change in steps {
            expected = with(expected, &change);
            assert_eq!(good(&desk.patch("/clients/acme", change).await, 200), expected);
        }
        assert_eq!(good(&desk.get("/clients/acme").await, 200), expected);
        let answer = ask(&server, "s3cr3t-crossriver").await;
        assert_eq!((answer.status, &answer.json()["scope"]), (200, &json!("scope1")), "{answer:?}");
    }

    async fn a_disabled_client_gets_no_token_from_then_on(server) {
        let desk = Desk::of(&server, "crossriver").await;
        assert!(is_let_in(&server).await);
        assert_eq!(good(&desk.press("/clients/acme/disable").await, 200), with(acme(), &json!({ "disabled_at": NOW })));
        assert!(!is_let_in(&server).await);
        assert_eq!(good(&desk.press("/clients/acme/enable").await, 200), acme());
        assert!(is_let_in(&server).await);
    }

    async fn a_locked_client_is_unlocked(server) {
        let desk = Desk::of(&server, "crossriver").await;
        for _ in 0..3 {
            assert_eq!(ask(&server, "wrong").await.status, 400);
        }
        assert_eq!(good(&desk.get("/clients/acme").await, 200), with(acme(), &json!({ "locked": true })));
        assert!(!is_let_in(&server).await);
        let before = last(&server).await;
        assert_eq!(good(&desk.press("/clients/acme/unlock").await, 200), acme());
        assert_eq!(events(&server, before).await, ["client_unlocked"]);
        assert!(is_let_in(&server).await);
    }

    async fn what_does_not_fit_is_refused_by_name(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let before = last(&server).await;
        let long = "a".repeat(201);
        let many: Vec<String> = (0..1000).map(|number| format!("scope{number}")).collect();
        for (body, field) in [
            (json!({ "id": "" }), "id"),
            (json!({ "id": "a:b" }), "id"),
            (json!({ "id": "a b" }), "id"),
            (json!({ "id": "é" }), "id"),
            (json!({ "id": "a\u{0}" }), "id"),
            (json!({ "id": "a".repeat(129) }), "id"),
            (json!({ "name": "" }), "name"),
            (json!({ "name": " \u{a0}" }), "name"),
            (json!({ "name": "a\nb" }), "name"),
            (json!({ "name": long }), "name"),
            (json!({ "scopes": many }), "scopes"),
            (json!({ "grants": [] }), "grants"),
            (json!({ "auth_method": "none" }), "grants"),
            (json!({ "token_ttl": "0s" }), "token_ttl"),
            (json!({ "token_ttl": "2d" }), "token_ttl"),
            (json!({ "institution": "11111111-1111-4111-8111-111111111111" }), "institution"),
            // It is there, but in another realm.
            (json!({ "institution": "194d62ba-f585-40ff-83d7-9cb99b1c77c0" }), "institution"),
            (json!({ "institution": "a\u{0}" }), "institution"),
        ] {
            invalid(&desk.post("/clients", body.clone()).await, field);
            if field != "id" {
                invalid(&desk.patch("/clients/acme", body).await, field);
            }
        }
        assert_eq!(events(&server, before).await, [""; 0]);
        assert_eq!(good(&desk.get("/clients/acme").await, 200), acme());
    }

    async fn a_single_user_client_and_its_account_stay_in_one_institution(server) {
        const HOME: &str = "c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77";
        let desk = Desk::of(&server, "crossriver").await;
        good(&desk.post("/institutions", json!({ "id": "11111111-1111-4111-8111-111111111111", "name": "Elsewhere" })).await, 201);
        for (id, institution) in [("near", Value::from(HOME)), ("far", "11111111-1111-4111-8111-111111111111".into()), ("lost", Value::Null)] {
            good(&desk.post("/users", json!({ "id": id, "institution": institution })).await, 201);
        }
        for user in ["far", "lost", "nobody", "a\u{0}"] {
            invalid(&desk.patch("/clients/acme", json!({ "user": user })).await, "user");
            invalid(&desk.post("/clients", json!({ "institution": HOME, "user": user })).await, "user");
        }
        invalid(&desk.post("/clients", json!({ "user": "lost" })).await, "user");
        assert_eq!(good(&desk.patch("/clients/acme", json!({ "user": "near" })).await, 200), with(acme(), &json!({ "user": "near" })));
        assert_eq!(good(&desk.post("/clients", json!({ "institution": HOME, "user": "near" })).await, 201)["user"], "near");

        let before = last(&server).await;
        invalid(&desk.patch("/clients/acme", json!({ "institution": null })).await, "user");
        invalid(&desk.patch("/clients/acme", json!({ "institution": "11111111-1111-4111-8111-111111111111" })).await, "user");
        for institution in [Value::Null, "11111111-1111-4111-8111-111111111111".into()] {
            invalid(&desk.patch("/users/near", json!({ "institution": institution })).await, "institution");
        }
        assert_eq!(events(&server, before).await, [""; 0]);
        assert_eq!(good(&desk.get("/users/near").await, 200)["institution"], HOME);
        good(&desk.patch("/users/near", json!({ "name": "Nearby" })).await, 200);
        good(&desk.patch("/users/far", json!({ "institution": HOME })).await, 200);
        let moved = json!({ "user": null, "institution": null });
        assert_eq!(good(&desk.patch("/clients/acme", moved.clone()).await, 200), with(acme(), &moved));
    }

    async fn an_id_is_given_once(server) {
        let desk = Desk::of(&server, "crossriver").await;
        problem(&desk.post("/clients", json!({ "id": "acme" })).await, 409, &json!({ "detail": "client `acme` exists already" }));
        let elsewhere = Desk { realm: "uphold", ..desk };
        good(&elsewhere.post("/clients", json!({ "id": "acme" })).await, 201);
    }
}
