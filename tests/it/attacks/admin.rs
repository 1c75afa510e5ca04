//! Row 133: the admin API without a right, across realms, with forged pages and with fields that nobody may set.

use countersign::admin::service::{ClientChange, NewClient};
use countersign::audit::Actor;
use countersign::model::ScopeSet;
use serde_json::{Value, json};

use super::{
    GRANT, account, admin_token, assert_bare, basic_token, bearer, client, contract, count, granted, part, realm, test_oauth,
    token,
};
use crate::harness::http::{Request, Response, form_encoded};
use crate::harness::server::{Server, on_both};

const API: &str = include_str!("../../../src/admin/api/mod.rs");
const UNAUTHENTICATED: &str = r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Send a token of an administrator: Authorization: Bearer"}"#;
const FORBIDDEN: &str = r#"{"type":"about:blank","title":"Forbidden","status":403,"detail":"This token is not an administrator's: a client's token with the scope `countersign.admin` is"}"#;

/// Every path and method of the API, read out of its routing table, with the ids of things that exist.
fn routes() -> Vec<(&'static str, String)> {
    let mut routes = Vec::new();
    for line in API.lines().filter_map(|line| line.trim().strip_prefix(".route(\"")) {
        let (path, handlers) = line.split_once('"').unwrap();
        let path = path.replace("{client}", "demo").replace("{secret}", "s1").replace("{kid}", "main-RS256");
        let path = path.replace("{user}", "u1").replace("{institution}", "i1");
        for (name, method) in [("get(", "GET"), ("post(", "POST"), ("patch(", "PATCH"), ("put(", "PUT")] {
            if handlers.contains(name) {
                routes.push((method, format!("/admin/v1/realms/main{path}")));
            }
        }
    }
    assert!(routes.len() > 25, "the routing table is read: {routes:?}");
    routes
}

fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", &format!("/admin/v1/realms/{path}")).json(body)
}

fn get(path: &str) -> Request {
    Request::new("GET", &format!("/admin/v1/realms/{path}"))
}

#[track_caller]
fn assert_problem(answer: &Response, status: u16, what: &str) {
    assert_eq!((answer.status, answer.header("Content-Type")), (status, Some("application/problem+json")), "{what}: {answer:?}");
    assert_eq!(answer.json()["status"], status, "{what}");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{what}");
    assert_bare(answer, what);
}

/// A client of this realm with the scope of administrators, and a token of its.
pub(super) async fn administrator_of(server: &Server, contract_name: &str) -> String {
    let contract = contract(contract_name);
    let mut scopes = ScopeSet::parse("countersign.admin").unwrap().iter().cloned().collect::<Vec<_>>();
    scopes.extend(ScopeSet::parse("scope1").unwrap().iter().cloned());
    let change = ClientChange { scopes: Some(ScopeSet::from_iter(scopes)), ..ClientChange::default() };
    server.ops().update_client(&Actor::Shell, &realm(contract.realm), &client(contract.client), change).await.unwrap();
    granted(&server.send(&contract.good()).await)
}

on_both! {
    async fn atk_133_no_route_answers_who_has_no_right(server) {
        let ordinary = granted(&server.send(&basic_token("demo", "demo-secret")).await);
        let (name, secret) = ("demo-admin", "demo-admin-secret");
        for (method, path) in routes() {
            let request = || Request::new(method, &path).json(&json!({}));
            let what = format!("{method} {path}");
            let none = server.operate(&request()).await;
            assert_problem(&none, 401, &what);
            assert_eq!((none.text(), none.header("WWW-Authenticate")), (UNAUTHENTICATED, Some("Bearer")), "{what}");
            for refused in [request().basic(name, secret), bearer("x.y.z", request()), bearer("garbage", request()),
                bearer(&ordinary, bearer(&ordinary, request())), request().header("Cookie", &format!("token={ordinary}"))] {
                assert_problem(&server.operate(&refused).await, 401, &what);
            }
            let query = Request::new(method, &format!("{path}?access_token={ordinary}")).json(&json!({}));
            assert_problem(&server.operate(&query).await, 401, &what);
            let forbidden = server.operate(&bearer(&ordinary, request())).await;
            assert_problem(&forbidden, 403, &what);
            assert_eq!(forbidden.text(), FORBIDDEN, "{what}");
        }
    }

    async fn atk_133_the_public_listener_has_no_admin_api(server) {
        let admin = admin_token(&server).await;
        for (method, path) in routes() {
            let answer = server.send(&bearer(&admin, Request::new(method, &path).json(&json!({})))).await;
            assert_eq!((answer.status, answer.body.len()), (404, 0), "{method} {path}");
        }
        for path in ["/metrics", "/admin", "/admin/v1", "/debug", "/debug/pprof", "/.env", "//metrics", "/%6detrics"] {
            assert_eq!(server.send(&bearer(&admin, Request::new("GET", path))).await.status, 404, "{path}");
        }
    }

    async fn atk_133_an_administrator_stays_in_its_realm(server) {
        let river = administrator_of(&server, "crossriver").await;
        assert_eq!(server.operate(&bearer(&river, get("crossriver/clients/acme"))).await.status, 200);
        for path in ["main/clients", "lc/clients", "loanstreet/users", "main/keys", "main/clients/demo/secrets"] {
            assert_problem(&server.operate(&bearer(&river, get(path))).await, 401, path);
        }
        let before = count(&server, "SELECT COUNT(*) FROM clients").await;
        assert_problem(&server.operate(&bearer(&river, post("main/clients", &json!({ "id": "mole" })))).await, 401, "create elsewhere");
        // In its own realm, the ids of others name nothing.
        for path in ["crossriver/clients/demo", "crossriver/clients/P9L8PJ9QIAFAKBNQG6E0", "crossriver/keys/main-RS256", "crossriver/users/cd21b26d-35d2-408a-9201-b8fdbef7a604",
            "crossriver/institutions/194d62ba-f585-40ff-83d7-9cb99b1c77c0", "crossriver/clients/..%2f..%2fmain%2fclients%2fdemo", "crossriver/clients/acme/secrets/none"] {
            assert_problem(&server.operate(&bearer(&river, get(path))).await, 404, path);
        }
        let foreign = json!({ "id": "mole", "institution": "194d62ba-f585-40ff-83d7-9cb99b1c77c0" });
        let answer = server.operate(&bearer(&river, post("crossriver/clients", &foreign))).await;
        assert_problem(&answer, 400, "another realm's institution");
        assert_eq!(answer.json()["field"], "institution");
        assert_eq!(count(&server, "SELECT COUNT(*) FROM clients").await, before);
        for path in ["nowhere/clients", "MAIN/clients", "main%20/clients", "%2e%2e/clients"] {
            assert_problem(&server.operate(&bearer(&admin_token(&server).await, get(path))).await, 404, path);
        }
        assert_eq!(server.send(&test_oauth(&river)).await.status, 200, "the token itself is good");
    }

    async fn atk_133_a_right_that_was_taken_away_is_gone_at_once(server) {
        let admin = admin_token(&server).await;
        assert_eq!(server.operate(&bearer(&admin, get("main/clients"))).await.status, 200);
        let (ops, main, id) = (server.ops(), realm("main"), client("demo-admin"));
        ops.disable_client(&Actor::Shell, &main, &id).await.unwrap();
        assert_problem(&server.operate(&bearer(&admin, get("main/clients"))).await, 401, "disabled");
        ops.enable_client(&Actor::Shell, &main, &id).await.unwrap();
        let change = ClientChange { scopes: Some(ScopeSet::default()), ..ClientChange::default() };
        ops.update_client(&Actor::Shell, &main, &id, change).await.unwrap();
        assert_problem(&server.operate(&bearer(&admin, get("main/clients"))).await, 403, "without the scope");
        server.clock.advance(std::time::Duration::from_secs(86_400));
        assert_problem(&server.operate(&bearer(&admin, get("main/clients"))).await, 401, "expired");
    }

    async fn atk_133_a_user_with_the_scope_is_no_administrator(server) {
        let (ops, loanstreet, shell) = (server.ops(), realm("loanstreet"), Actor::Shell);
        let change = ClientChange { scopes: Some(ScopeSet::parse("countersign.admin").unwrap()), ..ClientChange::default() };
        ops.update_client(&shell, &loanstreet, &client("accounts"), change).await.unwrap();
        let token = server.send(&account("jane@bank.example", "correct horse battery staple")).await;
        assert_eq!(token.status, 200);
        assert_eq!(part(token.text(), 1)["scope"], "countersign.admin");
        assert_problem(&server.operate(&bearer(token.text(), get("loanstreet/clients"))).await, 403, "a person");
    }

    async fn atk_133_forged_pages_are_refused_or_mere_text(server) {
        let admin = admin_token(&server).await;
        for query in ["limit=0", "limit=-1", "limit=1000000000", "limit=201", "limit=1e9", "limit=x", "limit=", "limit=4294967296", "limit=1&limit=2",
            "page_size=10", "page=2", "offset=1", "order=id;DROP", "after=%00", "after=%0d%0aX"] {
            assert_problem(&server.operate(&bearer(&admin, get(&format!("main/clients?{query}")))).await, 400, query);
        }
        let long = format!("main/clients?after={}", "x".repeat(257));
        assert_problem(&server.operate(&bearer(&admin, get(&long))).await, 400, "a long one");
        let first = server.operate(&bearer(&admin, get("main/clients?limit=1"))).await.json();
        assert_eq!((first["items"][0]["id"].as_str(), first["next"].as_str()), (Some("demo"), Some("demo")));
        // A page token is the last id, nothing more: any other text is a place in the order.
        for after in ["' OR '1'='1", "demo' UNION SELECT * FROM secrets --", "zzz\"; DROP TABLE clients; --", "eyJhbGciOiJub25lIn0.e30."] {
            let page = server.operate(&bearer(&admin, get(&format!("main/clients?after={}", form_encoded(after))))).await;
            let ids: Vec<_> = page.json()["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
            let expected: Vec<_> = ["demo", "demo-admin", "demo-gateway"].into_iter().filter(|id| *id > after).collect();
            assert_eq!((page.status, ids), (200, expected.into_iter().map(str::to_owned).collect()), "{after}");
        }
    }

    async fn atk_133_fields_that_nobody_may_set_are_refused(server) {
        let admin = admin_token(&server).await;
        let before = count(&server, "SELECT COUNT(*) FROM clients").await;
        for (name, value) in [("tenant_id", json!("main")), ("realm", json!("crossriver")), ("is_admin", json!(true)), ("created_at", json!(0)), ("disabled_at", json!(null)),
            ("secret", json!("chosen-by-the-caller")), ("secrets", json!([])), ("locked", json!(false)), ("__proto__", json!({})), ("Scopes", json!("read")), ("scopes ", json!("read"))] {
            for request in [post("main/clients", &json!({ "id": "mole", name: value })),
                Request::new("PATCH", "/admin/v1/realms/main/clients/demo").json(&json!({ name: value })),
                post("main/users", &json!({ "email": "mole@bank.example", name: value })), post("main/institutions", &json!({ "name": "Mole", name: value }))] {
                assert_problem(&server.operate(&bearer(&admin, request)).await, 400, name);
            }
        }
        let renamed = Request::new("PATCH", "/admin/v1/realms/main/clients/demo").json(&json!({ "id": "demo-admin" }));
        assert_problem(&server.operate(&bearer(&admin, renamed)).await, 400, "an id is for life");
        let twice = Request::new("POST", "/admin/v1/realms/main/clients").header("Content-Type", "application/json").body(r#"{"id":"mole","id":"mole2"}"#);
        assert_problem(&server.operate(&bearer(&admin, twice)).await, 400, "a key twice");
        assert_eq!(count(&server, "SELECT COUNT(*) FROM clients").await, before);
        assert_eq!(count(&server, "SELECT COUNT(*) FROM users WHERE realm = 'main'").await, 0);
    }

    async fn atk_133_bodies_and_methods_are_what_they_say(server) {
        let admin = admin_token(&server).await;
        let form = Request::new("POST", "/admin/v1/realms/main/clients").form(&[("id", "mole")]);
        assert_problem(&server.operate(&bearer(&admin, form)).await, 415, "a form, as a browser sends it");
        let untyped = Request::new("POST", "/admin/v1/realms/main/clients").body(r#"{"id":"mole"}"#);
        assert_problem(&server.operate(&bearer(&admin, untyped)).await, 415, "untyped");
        for method in ["DELETE", "PUT", "OPTIONS"] {
            assert_problem(&server.operate(&bearer(&admin, Request::new(method, "/admin/v1/realms/main/clients"))).await, 405, method);
        }
        let preflight = Request::new("GET", "/admin/v1/realms/main/clients").header("Origin", "https://evil.example");
        let answer = server.operate(&bearer(&admin, preflight)).await;
        assert!(answer.headers.iter().all(|(name, _)| !name.to_ascii_lowercase().starts_with("access-control")), "{answer:?}");
        let taken = server.operate(&bearer(&admin, post("main/clients", &json!({ "id": "demo" })))).await;
        assert_problem(&taken, 409, "an id that is taken");
        let machine = NewClient::machine(client("demo"), ScopeSet::default());
        server.ops().create_client(&Actor::Shell, &realm("main"), machine).await.expect_err("taken for the shell too");
        granted(&server.send(&token(&[GRANT]).basic("demo", "demo-secret")).await);
    }
}
