//! What every route refuses alike: ids of nothing or of another realm, members that nobody sets, wrong methods and bodies.

use serde_json::json;

use super::routes::{ROUTES, body, filled};
use super::{Desk, events, good, last, problem};
use crate::harness::server::on_both;

/// Members that are the server's own, or somebody else's.
const NOT_SETTABLE: [&str; 13] = [
    "realm",
    "created_at",
    "disabled_at",
    "blocked_at",
    "not_before",
    "is_admin",
    "tenant_id",
    "version",
    "locked",
    "state",
    "published_at",
    "expires_at",
    "last_used_at",
];

on_both! {
    async fn ids_of_another_realm_name_nothing(server) {
        let (desk, before) = (Desk::of(&server, "crossriver").await, last(&server).await);
        for (method, path) in ROUTES.into_iter().filter(|(_, path)| path.contains('{')) {
            for ids in [filled(path), path.replace("{client}", "a%2Fb").replace(['{', '}'], "")] {
                let answer = desk.send(method, &ids, body(method, path).as_ref()).await;
                let detail = answer.json()["detail"].clone();
                problem(&answer, 404, &json!({ "detail": detail }));
                let told = detail.as_str().unwrap();
                assert!(told == "There is nothing here" || told.ends_with("` does not exist"), "{method} {ids}: {told}");
            }
        }
        assert_eq!(events(&server, before).await, [""; 0]);
    }

    async fn ids_with_a_character_that_no_id_has_name_nothing(server) {
        let desk = Desk::of(&server, "uphold").await;
        for id in ["%00", "a%00b", "%FF"] {
            for path in ["/clients/{}", "/clients/{}/secrets", "/clients/3fa85f64-5717-4562-b3fc-2c963f66afa6/secrets/{}", "/users/{}", "/institutions/{}", "/keys/{}"] {
                let answer = desk.get(&path.replace("{}", id)).await;
                problem(&answer, 404, &json!({ "detail": answer.json()["detail"] }));
            }
            for path in ["/clients/{}/disable", "/clients/{}/unlock", "/users/{}/block", "/institutions/{}/enable", "/keys/{}/retire"] {
                let answer = desk.press(&path.replace("{}", id)).await;
                problem(&answer, 404, &json!({ "detail": answer.json()["detail"] }));
            }
            let elsewhere = Desk { realm: id, server: &server, token: desk.token.clone() };
            let answer = elsewhere.get("/clients").await;
            problem(&answer, 404, &json!({ "detail": answer.json()["detail"] }));
        }
    }

    async fn nobody_sets_what_is_the_servers_own(server) {
        let (desk, before) = (Desk::of(&server, "uphold").await, last(&server).await);
        for (method, path) in ROUTES {
            let Some(body) = body(method, path) else { continue };
            for member in NOT_SETTABLE {
                let mut body = body.clone();
                body[member] = json!("crossriver");
                let answer = desk.send(method, &filled(path), Some(&body)).await;
                problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
                assert!(answer.json()["detail"].as_str().unwrap().contains(&format!("unknown field `{member}`")), "{answer:?}");
            }
        }
        assert_eq!(events(&server, before).await, [""; 0]);
    }

    async fn an_update_renames_nothing(server) {
        let desk = Desk::of(&server, "uphold").await;
        for path in ["/clients/{client}", "/users/{user}", "/institutions/{institution}"] {
            let answer = desk.patch(&filled(path), json!({ "id": "other" })).await;
            assert_eq!(answer.status, 400, "{answer:?}");
            assert!(answer.json()["detail"].as_str().unwrap().contains("unknown field `id`"), "{answer:?}");
        }
        let answer = desk.patch("/users/5f0c2a1e-7c39-4d0b-9d3c-0d1a7f4f1b11", json!({ "password": "through the back door" })).await;
        assert!(answer.status == 400 && answer.text().contains("unknown field `password`"), "{answer:?}");
    }

    async fn a_body_is_json_of_the_right_shape(server) {
        let (desk, before) = (Desk::of(&server, "uphold").await, last(&server).await);
        for (method, path) in ROUTES {
            let Some(good) = body(method, path) else { continue };
            let request = || desk.request(method, &filled(path));
            for bare in [request().body(good.to_string()), request().header("Content-Type", "application/x-www-form-urlencoded").body("a=b"), request().header("Content-Type", "text/json").body("{}")] {
                problem(&server.operate(&bare).await, 415, &json!({ "detail": "Send JSON, with Content-Type: application/json" }));
            }
            let long = format!("{{\"name\":\"{}\"}}", "a".repeat(64 * 1024));
            let answer = server.operate(&request().header("Content-Type", "application/json").body(long)).await;
            problem(&answer, 413, &json!({ "detail": "The body cannot be read, or is too long" }));
            let twice = "{\"name\":\"a\",\"name\":\"b\",\"algorithm\":\"EdDSA\",\"algorithm\":\"EdDSA\",\"overlap\":\"1s\",\"overlap\":\"1s\"}";
            for broken in ["", "{", "null", "[]", "1", "\"a\"", "{} {}", "{\"name\":1}", "{\"name\":\"\\ud800\"}", twice] {
                let answer = server.operate(&request().header("Content-Type", "application/json").body(broken)).await;
                problem(&answer, 400, &json!({ "detail": answer.json()["detail"] }));
            }
        }
        assert_eq!(events(&server, before).await, [""; 0]);
    }

    async fn a_refusal_does_not_repeat_a_secret(server) {
        let desk = Desk::of(&server, "uphold").await;
        for (method, path, member) in [
            ("POST", "/clients/{client}/secrets", "secret"),
            ("POST", "/clients/{client}/secrets", "hash"),
            ("POST", "/users", "password"),
            ("PUT", "/users/{user}/password", "password"),
            ("PUT", "/users/{user}/totp", "totp_secret"),
            ("POST", "/keys", "pem"),
        ] {
            let mut sent = body(method, path).unwrap();
            sent[member] = json!(1_234_567_890);
            let answer = desk.send(method, &filled(path), Some(&sent)).await;
            assert!(answer.status == 400 && !answer.text().contains("1234567890"), "{answer:?}");
        }
    }

    async fn a_method_that_a_path_does_not_know_is_told_the_others(server) {
        let desk = Desk::of(&server, "uphold").await;
        for (_, path) in ROUTES {
            let known: Vec<_> = ROUTES.iter().filter(|(_, route)| *route == path).map(|(method, _)| *method).collect();
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"].into_iter().filter(|method| !known.contains(method)) {
                let answer = desk.send(method, &filled(path), None).await;
                problem(&answer, 405, &json!({ "detail": "This path does not know that method" }));
                let allow = answer.header("Allow").unwrap();
                let mut allowed: Vec<_> = allow.split(',').map(str::trim).filter(|method| *method != "HEAD").collect();
                allowed.sort_unstable();
                assert_eq!(allowed, known, "{method} {path}");
            }
        }
    }

    async fn there_is_nothing_beside_the_routes(server) {
        let desk = Desk::of(&server, "uphold").await;
        for path in ["", "/"] {
            assert_eq!(desk.get(path).await.status, 404, "{path}");
        }
        for path in ["/clients/", "/client", "/clients/a/b/c/d", "/secrets", "/audit", "/debug", "/clients/a/secrets/b/c"] {
            problem(&desk.get(path).await, 404, &json!({ "detail": "There is nothing here" }));
        }
    }

    async fn a_head_says_what_a_get_would(server) {
        let desk = Desk::of(&server, "uphold").await;
        let (get, head) = (desk.get("/clients").await, desk.send("HEAD", "/clients", None).await);
        good(&get, 200);
        assert_eq!((head.status, head.body.len(), head.header("Content-Type")), (200, 0, get.header("Content-Type")));
    }
}
