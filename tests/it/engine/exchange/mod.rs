//! Token exchange (RFC 8693): what a service may ask for, and what it gets; the bounds of it, and with whom it falls.

mod bounds;
mod parties;

use std::time::Duration;

use countersign::model::{InstitutionId, TokenSubject};
use countersign::store::audit::{self, AuditFilter, AuditRow};
use serde_json::{Value, json};

use super::{claims, refused};
use crate::harness::exchange::{
    ACCESS_TOKEN, BANK, GRANT, JWT, LEDGER, active, asks, client, own_token, scopes, service, services, swap, swapped, token,
};
use crate::harness::http::Response;
use crate::harness::server::{Backend, Server, on_both};

/// The refusal of RFC 8693, section 2.2.2, in these words.
#[track_caller]
fn invalid(answer: &Response, description: &str) {
    refused(answer, 400, "invalid_request");
    assert_eq!(answer.json()["error_description"], description);
}

const SUBJECT: &str = "The subject token is not valid, or not meant for the client";
const ACTOR: &str = "The actor token is not a valid token of the client itself";

fn bank() -> InstitutionId {
    InstitutionId::new(BANK)
}

on_both! {
    async fn a_service_gets_a_narrower_token_about_its_caller(server) {
        services(&server).await;
        let own = server.send(&asks("demo", &[("grant_type", "client_credentials")])).await;
        assert_eq!(own.json().get("issued_token_type"), None, "no other grant answers so");
        let answer = server.send(&swap("gateway", &token(&own), &[("resource", LEDGER)])).await;
        let body = answer.json();
        let names: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["access_token", "issued_token_type", "token_type", "expires_in", "scope"]);
        assert_eq!((&body["issued_token_type"], &body["token_type"]), (&json!(ACCESS_TOKEN), &json!("Bearer")));
        assert_eq!((&body["expires_in"], &body["scope"]), (&json!(3600), &json!("ledger.read")));
        let claims = claims(&answer);
        assert_eq!((&claims["sub"], &claims["sub_kind"], &claims["client_id"]), (&json!("demo"), &json!("client"), &json!("gateway")));
        assert_eq!((&claims["aud"], &claims["scope"], &claims["institution_id"]), (&json!(LEDGER), &json!("ledger.read"), &json!(BANK)));
        assert_eq!(claims["act"], json!({ "sub": "gateway" }));
        let found = active(&server, &token(&answer)).await.unwrap();
        assert_eq!((found.subject, found.actors), (TokenSubject::Client(client("demo")), vec![client("gateway")]));
        assert_eq!(found.institution, Some(bank()));
    }

    async fn each_service_on_the_way_is_told_and_there_are_five_at_most(server) {
        services(&server).await;
        let mut passed = own_token(&server, "demo", "").await;
        for (hop, id) in ["gateway", "books", "gateway", "books", "gateway"].into_iter().enumerate() {
            passed = swapped(&server, id, &passed, &[]).await;
            let found = active(&server, &passed).await.unwrap();
            assert_eq!((found.actors.len(), found.actors[0].as_str(), found.subject_id()), (hop + 1, id, "demo"));
        }
        invalid(&server.send(&swap("books", &passed, &[])).await, "The subject token has passed through too many hands");
        let narrowed = swapped(&server, "gateway", &passed, &[("scope", "read")]).await;
        assert_eq!(active(&server, &narrowed).await.unwrap().actors.len(), 5, "the last one is there already");
    }

    async fn a_client_that_narrows_its_own_token_is_no_actor(server) {
        services(&server).await;
        let own = own_token(&server, "gateway", "").await;
        let answer = server.send(&swap("gateway", &own, &[("scope", "read")])).await;
        let claims = claims(&answer);
        assert_eq!((&claims["sub"], &claims["client_id"], &claims["scope"]), (&json!("gateway"), &json!("gateway"), &json!("read")));
        assert_eq!((claims.get("act"), claims.get("sub_kind")), (None, None));
    }

    async fn the_grant_is_for_clients_that_are_registered_for_it(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        refused(&server.send(&swap("demo", &own, &[])).await, 400, "unauthorized_client");
        service(&server, "only-swaps", json!({ "grants": [GRANT], "scopes": ["read"] })).await;
        refused(&server.send(&asks("only-swaps", &[("grant_type", "client_credentials")])).await, 400, "unauthorized_client");
    }

    async fn tokens_and_their_types_come_together(server) {
        services(&server).await;
        let (own, mine) = (own_token(&server, "demo", "").await, own_token(&server, "gateway", "").await);
        let bare = [("grant_type", GRANT)];
        let missing = |name: &str| format!("the parameter `{name}` is missing");
        let unknown = |name: &str| format!("the parameter `{name}` is none of: {ACCESS_TOKEN}, {JWT}");
        let other = "urn:ietf:params:oauth:token-type:id_token";
        for (parameters, expected) in [
            (vec![("subject_token_type", ACCESS_TOKEN)], missing("subject_token")),
            (vec![("subject_token", ""), ("subject_token_type", ACCESS_TOKEN)], missing("subject_token")),
            (vec![("subject_token", own.as_str())], missing("subject_token_type")),
            (vec![("subject_token", &own), ("subject_token_type", other)], unknown("subject_token_type")),
            (vec![("subject_token", &own), ("subject_token_type", "JWT")], unknown("subject_token_type")),
            (vec![("subject_token", &own), ("subject_token_type", JWT), ("actor_token", &mine)], missing("actor_token_type")),
            (vec![("subject_token", &own), ("subject_token_type", JWT), ("actor_token_type", JWT)], missing("actor_token")),
            (vec![("subject_token", &own), ("subject_token_type", JWT), ("actor_token", &mine), ("actor_token_type", other)], unknown("actor_token_type")),
            (vec![("subject_token", &own), ("subject_token_type", JWT), ("requested_token_type", other)], unknown("requested_token_type")),
        ] {
            invalid(&server.send(&asks("gateway", &[&bare[..], &parameters].concat())).await, &expected);
        }
        for wanted in [ACCESS_TOKEN, JWT] {
            let parameters = [("grant_type", GRANT), ("subject_token", own.as_str()), ("subject_token_type", wanted), ("requested_token_type", wanted)];
            assert_eq!(server.send(&asks("gateway", &parameters)).await.json()["issued_token_type"], ACCESS_TOKEN);
        }
    }

    async fn an_actor_token_is_the_callers_own(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let with = |actor: &str| swap("gateway", &own, &[("actor_token", actor), ("actor_token_type", JWT)]);
        let mine = own_token(&server, "gateway", "").await;
        let passed = swapped(&server, "gateway", &own, &[]).await;
        assert_eq!(claims(&server.send(&with(&mine)).await)["act"], json!({ "sub": "gateway" }));
        for foreign in [own.as_str(), &own_token(&server, "books", "").await, &passed, "x", "a.b.c"] {
            invalid(&server.send(&with(foreign)).await, ACTOR);
        }
    }

    async fn the_trail_tells_whom_it_is_about_and_who_acts(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        let answer = server.send(&swap("books", &swapped(&server, "gateway", &own, &[]).await, &[])).await;
        let row = issued_to(&server, "books").await;
        let detail: Value = serde_json::from_str(&row.detail).unwrap();
        assert_eq!((&detail["grant"], &detail["subject_client"], &detail["actors"]), (&json!(GRANT), &json!("demo"), &json!(["books", "gateway"])));
        assert_eq!((row.client, row.institution, row.user), (Some(client("books")), Some(bank()), None));
        assert_eq!(detail["jti"], claims(&answer)["jti"]);
        assert!(!row.detail.contains("eyJ"));
    }

    async fn without_its_store_it_promises_nothing(server) {
        services(&server).await;
        let own = own_token(&server, "demo", "").await;
        server.app.db.close().await;
        refused(&server.send(&swap("gateway", &own, &[])).await, 503, "temporarily_unavailable");
    }
}

/// The record of the token that this client was issued, once it is written.
async fn issued_to(server: &Server, id: &str) -> AuditRow {
    for _ in 0..100 {
        let filter = AuditFilter { limit: 10_000, ..AuditFilter::default() };
        let rows = audit::list(&mut server.app.db.read().await.unwrap().conn(), &filter).await.unwrap();
        let mut issued = rows.into_iter().map(|(_, row)| row).filter(|row| row.event == "token_issued");
        if let Some(row) = issued.find(|row| row.client == Some(client(id))) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no token of {id} was recorded")
}

/// RFC 6749's contract with handles in place of JWTs: what they stand for is kept beside them.
async fn handles_are_exchanged_as_jwts_are(backend: Backend) {
    let folder = tempfile::tempdir().unwrap();
    let contract = include_str!("../../../../config/dialects/oauth2.toml").replace("format = \"jwt\"", "format = \"opaque256\"");
    assert!(contract.contains("opaque256"));
    std::fs::write(folder.path().join("oauth2.toml"), contract).unwrap();
    let Some(server) = Server::start(backend, |config| config.dialects.dir = Some(folder.path().into())).await else { return };
    services(&server).await;
    let own = own_token(&server, "demo", "").await;
    let new = swapped(&server, "books", &swapped(&server, "gateway", &own, &[]).await, &[("resource", LEDGER)]).await;
    let found = active(&server, &new).await.unwrap();
    assert_eq!((found.subject, found.actors), (TokenSubject::Client(client("demo")), vec![client("books"), client("gateway")]));
    assert_eq!((found.scopes, found.audience), (scopes("ledger.read"), vec![LEDGER.to_owned()]));
    let jwt = server.send(&swap("gateway", &own, &[("requested_token_type", JWT)])).await;
    invalid(&jwt, "The requested token type is not issued here");
}

#[tokio::test]
async fn handles_are_exchanged_as_jwts_are_on_sqlite() {
    handles_are_exchanged_as_jwts_are(Backend::Sqlite).await;
}

#[tokio::test]
async fn handles_are_exchanged_as_jwts_are_on_postgres() {
    handles_are_exchanged_as_jwts_are(Backend::Postgres).await;
}
