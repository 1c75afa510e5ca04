//! `/institutions`: created, changed, and switched off and on as one.

use serde_json::{Value, json};

use super::{Desk, NOW, events, good, invalid, last, problem};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const NEW: &str = "11111111-1111-4111-8111-111111111111";
const OF_ACME: &str = "/institutions/c9a7a1de-54a1-4a3c-8a41-1f0f5b8d3c77";

fn shown() -> Value {
    json!({
        "id": NEW, "realm": "crossriver", "name": "Bank", "scopes": ["a", "b"], "claims": { "tier": 2 }, "networks": ["203.0.113.0/24", "2001:db8::/32"],
        "quota": "100/m", "disabled_at": null, "not_before": null, "created_at": NOW,
    })
}

async fn ask(server: &Server, address: &str) -> Response {
    let form = [("grant_type", "client_credentials"), ("client_id", "acme"), ("client_secret", "s3cr3t-crossriver")];
    server.send(&Request::new("POST", "/connect/token").header("X-Forwarded-For", address).form(&form)).await
}

on_both! {
    async fn an_institution_is_created_where_it_says(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let mut new = shown();
        for absent in ["realm", "disabled_at", "not_before", "created_at"] {
            new.as_object_mut().unwrap().remove(absent);
        }
        let answer = desk.post("/institutions", new.clone()).await;
        assert_eq!(good(&answer, 201), shown());
        assert_eq!(answer.header("Location"), Some(format!("/admin/v1/realms/crossriver/institutions/{NEW}").as_str()));
        assert_eq!(good(&desk.get(&format!("/institutions/{NEW}")).await, 200), shown());
        problem(&desk.post("/institutions", new).await, 409, &json!({ "detail": format!("institution `{NEW}` exists already") }));
        let least = good(&desk.post("/institutions", json!({ "name": "Least" })).await, 201);
        assert_eq!((&least["scopes"], &least["claims"], &least["networks"], &least["quota"]), (&Value::Null, &json!({}), &json!([]), &Value::Null));
        assert!(uuid::Uuid::try_parse(least["id"].as_str().unwrap()).is_ok());
    }

    async fn an_institution_is_changed_as_said_and_no_further(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let mut expected = good(&desk.get(OF_ACME).await, 200);
        for change in [
            json!({ "name": "Acme Ltd", "quota": "5/h" }),
            json!({ "claims": { "a": [1] }, "networks": ["192.0.2.0/24"], "scopes": ["scope1"] }),
            json!({ "quota": null, "scopes": null }),
            json!({}),
        ] {
            expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(good(&desk.patch(OF_ACME, change).await, 200), expected);
        }
        assert_eq!(ask(&server, "198.51.100.1").await.status, 400, "the new network counts at once");
        assert_eq!(ask(&server, "192.0.2.7").await.status, 200);
    }

    async fn the_kill_switch_works_at_once(server) {
        let desk = Desk::of(&server, "crossriver").await;
        assert_eq!(ask(&server, "192.0.2.7").await.status, 200);
        assert_eq!(good(&desk.press(&format!("{OF_ACME}/disable")).await, 200)["disabled_at"], NOW);
        let refused = ask(&server, "192.0.2.7").await;
        assert_eq!((refused.status, refused.text()), (400, r#"{"error":"invalid_client"}"#));
        assert_eq!(good(&desk.get("/clients/acme").await, 200)["disabled_at"], Value::Null, "the client itself is as it was");
        assert_eq!(good(&desk.press(&format!("{OF_ACME}/enable")).await, 200)["disabled_at"], Value::Null);
        assert_eq!(ask(&server, "192.0.2.7").await.status, 200);
    }

    async fn what_does_not_fit_is_refused_by_name(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let (shown, before) = (good(&desk.get(OF_ACME).await, 200), last(&server).await);
        for (body, field) in [
            (json!({ "name": "a", "id": "bank" }), "id"),
            (json!({ "name": "a", "id": "11111111-1111-4111-8111-11111111111A" }), "id"),
            (json!({ "name": "a", "id": "11111111111141118111111111111111" }), "id"),
            (json!({ "name": "" }), "name"),
            (json!({ "name": "a\u{0}" }), "name"),
            (json!({ "name": "a", "scopes": ["s".repeat(4097)] }), "scopes"),
            (json!({ "name": "a", "claims": { "iss": "x" } }), "claims"),
            (json!({ "name": "a", "claims": { "exp": 1 } }), "claims"),
        ] {
            invalid(&desk.post("/institutions", body.clone()).await, field);
            if field != "id" {
                invalid(&desk.patch(OF_ACME, body).await, field);
            }
        }
        for body in [json!({ "name": "a", "networks": ["everywhere"] }), json!({ "name": "a", "quota": "often" }), json!({ "name": "a", "quota": "0/s" })] {
            for answer in [desk.post("/institutions", body.clone()).await, desk.patch(OF_ACME, body.clone()).await] {
                problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
            }
        }
        assert_eq!(events(&server, before).await, [""; 0]);
        assert_eq!(good(&desk.get(OF_ACME).await, 200), shown);
    }
}
