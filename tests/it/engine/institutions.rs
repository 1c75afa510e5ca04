//! Institutions: one switch, allowed scopes, networks, quota, and claims of their own.

use countersign::admin::service::{ClientChange, InstitutionChange, NewInstitution};
use countersign::audit::Actor;
use countersign::model::InstitutionId;
use serde_json::json;

use super::{ask, claims, demo, main, refused, request, scopes};
use crate::harness::http::{Request, Response};
use crate::harness::server::{Server, on_both};

const BANK: &str = "0b7e6c1a-4a52-4a6e-9c0f-2d9b7a1f3e55";

fn bank() -> InstitutionId {
    InstitutionId::new(BANK)
}

/// Puts the demo client into an institution.
async fn found(server: &Server, change: InstitutionChange) {
    let new = NewInstitution {
        id: Some(bank()),
        name: "Bank".into(),
        scopes: None,
        claims: serde_json::Map::new(),
        networks: Vec::new(),
        quota: None,
    };
    let ops = server.ops();
    ops.create_institution(&Actor::Shell, &main(), new).await.unwrap();
    ops.update_institution(&Actor::Shell, &main(), &bank(), change).await.unwrap();
    let member = ClientChange { institution: Some(Some(bank())), ..ClientChange::default() };
    ops.update_client(&Actor::Shell, &main(), &demo(), member).await.unwrap();
}

async fn ask_from(server: &Server, address: &str) -> Response {
    let request: Request = request("demo", "demo-secret", &[]).header("X-Forwarded-For", address);
    server.send(&request).await
}

on_both! {
    async fn its_id_and_claims_travel_in_the_token(server) {
        let own = json!({ "tier": "gold", "branches": [1, 2], "aud": "stolen", "exp": 9 });
        found(&server, InstitutionChange::default()).await;
        let mine = json!({ "tier": "gold", "branches": [1, 2] }).as_object().cloned();
        server.ops().update_institution(&Actor::Shell, &main(), &bank(), InstitutionChange { claims: mine, ..InstitutionChange::default() }).await.unwrap();
        let claims = claims(&ask(&server, &[]).await);
        assert_eq!((&claims["institution_id"], &claims["tier"], &claims["branches"]), (&json!(BANK), &json!("gold"), &json!([1, 2])));
        let stolen = InstitutionChange { claims: own.as_object().cloned(), ..InstitutionChange::default() };
        assert!(server.ops().update_institution(&Actor::Shell, &main(), &bank(), stolen).await.is_err(), "the engine's claims are not its own");
    }

    async fn a_client_without_one_has_no_such_claim(server) {
        assert_eq!(claims(&ask(&server, &[]).await).get("institution_id"), None);
    }

    async fn one_switch_turns_all_of_it_off_and_on(server) {
        found(&server, InstitutionChange::default()).await;
        assert_eq!(ask(&server, &[]).await.status, 200);
        server.ops().disable_institution(&Actor::Shell, &main(), &bank()).await.unwrap();
        server.refresh().await;
        refused(&ask(&server, &[]).await, 401, "invalid_client");
        server.ops().enable_institution(&Actor::Shell, &main(), &bank()).await.unwrap();
        server.refresh().await;
        assert_eq!(ask(&server, &[]).await.status, 200);
    }

    async fn it_bounds_the_scopes(server) {
        found(&server, InstitutionChange { scopes: Some(Some(scopes("read"))), ..InstitutionChange::default() }).await;
        assert_eq!(ask(&server, &[]).await.json()["scope"], "read");
        refused(&ask(&server, &[("scope", "write")]).await, 400, "invalid_scope");
    }

    async fn a_call_from_another_network_looks_like_a_wrong_secret(server) {
        let networks = Some(vec!["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()]);
        found(&server, InstitutionChange { networks, ..InstitutionChange::default() }).await;
        for allowed in ["203.0.113.7", "2001:db8::1"] {
            assert_eq!(ask_from(&server, allowed).await.status, 200);
        }
        let elsewhere = ask_from(&server, "198.51.100.1").await;
        let wrong = server.send(&request("demo", "wrong", &[])).await;
        assert_eq!((elsewhere.status, elsewhere.text()), (wrong.status, wrong.text()));
    }

    async fn its_quota_is_counted_over_all_its_clients(server) {
        found(&server, InstitutionChange { quota: Some(Some("3/m".parse().unwrap())), ..InstitutionChange::default() }).await;
        for _ in 0..3 {
            assert_eq!(ask(&server, &[]).await.status, 200);
        }
        let over = ask(&server, &[]).await;
        assert_eq!((over.status, over.header("Retry-After")), (429, Some("20")), "{over:?}");
        server.clock.advance(std::time::Duration::from_secs(20));
        assert_eq!(ask(&server, &[]).await.status, 200);
    }
}
