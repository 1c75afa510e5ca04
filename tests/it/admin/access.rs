//! Who may call: an administrator's token of the realm or of `main`, at every route alike (row 133).

use std::time::Duration;

use countersign::admin::service::{ClientChange, NewClient, SecretSource};
use countersign::audit::Actor;
use countersign::model::{ClientId, RealmId, ScopeSet};
use countersign::secret::Secret;
use countersign::token::active::{self, MeantFor};
use serde_json::json;

use super::routes::{ROUTES, body, filled};
use super::{Desk, bearer, good, last, problem, token, trail};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const UNKNOWN: &str = "Send a token of an administrator: Authorization: Bearer";
const WITHOUT_RIGHT: &str = "This token is not an administrator's: a client's token with the scope `countersign.admin` is";
const SECRET: &str = "an administrator's secret";

/// A client of this realm with these scopes.
async fn client(server: &Server, realm: &str, id: &str, scopes: &str) {
    let (ops, realm, id) = (server.ops(), RealmId::new(realm), ClientId::new(id));
    let new = NewClient::machine(id.clone(), ScopeSet::parse(scopes).unwrap());
    ops.create_client(&Actor::Shell, &realm, new).await.unwrap();
    let secret = SecretSource::Chosen(Secret::new(SECRET.into()));
    ops.add_secret(&Actor::Shell, &realm, &id, secret, None).await.unwrap();
}

async fn clients_of(server: &Server, realm: &str, token: &str) -> Response {
    server.operate(&bearer(Request::new("GET", &format!("/admin/v1/realms/{realm}/clients")), token)).await
}

/// Asserts that every route refuses what `authorize` makes of a request, and that nothing happens.
async fn every_route_refuses(server: &Server, authorize: impl Fn(Request) -> Request, told: (u16, &str, &str)) {
    let (before, (status, detail, challenge)) = (last(server).await, told);
    for (method, path) in ROUTES {
        let request = authorize(Request::new(method, &format!("/admin/v1/realms/uphold{}", filled(path))));
        let answer = server.operate(&body(method, path).map_or(request.clone(), |body| request.json(&body))).await;
        problem(&answer, status, &json!({ "detail": detail }));
        assert_eq!(answer.header("WWW-Authenticate"), Some(challenge), "{method} {path}");
    }
    assert_eq!(trail(server, before).await.0, []);
}

const INVALID: (u16, &str, &str) = (401, UNKNOWN, "Bearer error=\"invalid_token\"");
const INSUFFICIENT: (u16, &str, &str) = (403, WITHOUT_RIGHT, "Bearer error=\"insufficient_scope\", scope=\"countersign.admin\"");

on_both! {
    async fn without_a_token_nobody_is_let_in(server) {
        every_route_refuses(&server, |request| request, (401, UNKNOWN, "Bearer")).await;
    }

    async fn a_token_that_is_none_lets_nobody_in(server) {
        let good = token(&server, "main", ("demo-admin", "demo-admin-secret")).await;
        let forged = format!("{}.{}", good.rsplit_once('.').unwrap().0, "A".repeat(342));
        every_route_refuses(&server, |request| bearer(request, &forged), INVALID).await;
        let two = |request| bearer(bearer(request, &good), &good);
        every_route_refuses(&server, two, INVALID).await;
        for value in ["Bearer", "Bearer ", "Basic ZGVtby1hZG1pbjpkZW1vLWFkbWluLXNlY3JldA==", "Bearer nonsense", "Bearer a.b.c"] {
            let request = Request::new("GET", "/admin/v1/realms/uphold/clients").header("Authorization", value);
            problem(&server.operate(&request).await, 401, &json!({ "detail": UNKNOWN }));
        }
    }

    async fn an_expired_token_lets_nobody_in(server) {
        let token = token(&server, "main", ("demo-admin", "demo-admin-secret")).await;
        good(&clients_of(&server, "uphold", &token).await, 200);
        server.clock.advance(Duration::from_secs(86_400));
        every_route_refuses(&server, |request| bearer(request, &token), INVALID).await;
    }

    async fn a_token_without_the_scope_lets_nobody_in(server) {
        let token = token(&server, "main", ("demo", "demo-secret")).await;
        every_route_refuses(&server, |request| bearer(request, &token), INSUFFICIENT).await;
    }

    async fn an_administrator_of_a_realm_is_nobody_in_another(server) {
        client(&server, "uphold", "chief", "countersign.admin").await;
        client(&server, "crossriver", "chief", "countersign.admin").await;
        let of_uphold = token(&server, "uphold", ("chief", SECRET)).await;
        let of_crossriver = token(&server, "crossriver", ("chief", SECRET)).await;
        good(&clients_of(&server, "uphold", &of_uphold).await, 200);
        every_route_refuses(&server, |request| bearer(request, &of_crossriver), INVALID).await;
        for realm in ["main", "crossriver", "none"] {
            problem(&clients_of(&server, realm, &of_uphold).await, 401, &json!({ "detail": UNKNOWN }));
        }
    }

    async fn an_administrator_of_main_administers_every_realm(server) {
        let desk = Desk::of(&server, "uphold").await;
        for realm in crate::harness::server::REALMS {
            good(&clients_of(&server, realm, &desk.token).await, 200);
        }
        problem(&clients_of(&server, "none", &desk.token).await, 404, &json!({ "detail": "realm `none` does not exist" }));
    }

    async fn an_accounts_token_lets_nobody_in_whatever_its_scopes(server) {
        let scopes = "countersign.admin https://api.loan-street.com/auth/cls-deal.view";
        let change = ClientChange { scopes: Some(ScopeSet::parse(scopes).unwrap()), ..ClientChange::default() };
        let (realm, accounts) = (RealmId::new("loanstreet"), ClientId::new("accounts"));
        server.ops().update_client(&Actor::Shell, &realm, &accounts, change).await.unwrap();
        let body = json!({ "email": "jane@bank.example", "password": "correct horse battery staple" });
        let answer = server.send(&Request::new("POST", "/oauth/token").json(&body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let checked = active::check(&server.app, &server.app.realm("loanstreet").unwrap(), answer.text(), MeantFor::Realm).await;
        let checked = checked.unwrap();
        assert!(checked.user().is_some() && checked.scopes.to_string().contains("countersign.admin"), "{checked:?}");
        let answer = clients_of(&server, "loanstreet", answer.text()).await;
        problem(&answer, 403, &json!({ "detail": WITHOUT_RIGHT }));
    }

    async fn a_handle_is_as_good_as_a_jwt(server) {
        client(&server, "lc", "chief", "countersign.admin").await;
        let request = Request::new("POST", "/auth/oauth/v2/token").header("Authorization", &lc_credentials());
        let answer = server.send(&request.json(&json!({ "grant_type": "client_credentials", "scope": "countersign.admin" }))).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let handle = answer.json()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(handle.len(), 36, "a handle");
        good(&clients_of(&server, "lc", &handle).await, 200);
        problem(&clients_of(&server, "uphold", &handle).await, 401, &json!({ "detail": UNKNOWN }));
    }

    async fn a_right_that_was_taken_ends_at_once(server) {
        let desk = Desk::of(&server, "uphold").await;
        let (main, id) = (RealmId::new("main"), ClientId::new("demo-admin"));
        let ops = server.ops();
        ops.disable_client(&Actor::Shell, &main, &id).await.unwrap();
        assert_eq!(desk.get("/clients").await.status, 401);
        ops.enable_client(&Actor::Shell, &main, &id).await.unwrap();
        good(&desk.get("/clients").await, 200);
        let less = ClientChange { scopes: Some(ScopeSet::parse("read").unwrap()), ..ClientChange::default() };
        ops.update_client(&Actor::Shell, &main, &id, less).await.unwrap();
        problem(&desk.get("/clients").await, 403, &json!({ "detail": WITHOUT_RIGHT }));
    }

    async fn the_public_listener_does_not_know_it(server) {
        let token = token(&server, "main", ("demo-admin", "demo-admin-secret")).await;
        for (method, path) in ROUTES {
            let request = bearer(Request::new(method, &format!("/admin/v1/realms/uphold{}", filled(path))), &token);
            assert_eq!(server.send(&request).await.status, 404, "{method} {path}");
        }
    }
}

/// LendingClub's own header: `LC-API2 base64(id:secret)`.
fn lc_credentials() -> String {
    use base64::Engine as _;
    format!("LC-API2 {}", base64::prelude::BASE64_STANDARD.encode(format!("chief:{SECRET}")))
}
