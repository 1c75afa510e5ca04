//! Every change leaves exactly its records in the trail, in its own transaction: neither is without the other.

use countersign::model::RealmId;
use countersign::store::Pools;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use super::{ADDRESS, Desk, NOW, good, last, problem, trail};
use crate::harness::server::{Server, on_both};

const INSTITUTION: &str = "11111111-1111-4111-8111-111111111111";
const TOKEN: &str = "00000000-0000-4000-8000-000000000000";

/// One change: method, path, body, status, and the events that it leaves. `{I}` is the institution, `{S}` the newest secret.
type Step = (&'static str, &'static str, Value, u16, &'static [&'static str]);

fn steps() -> Vec<Step> {
    let no = || Value::Null;
    let replaced = |what: &str, new: &str| json!({ what: new, "revoke_tokens": true });
    vec![
        ("POST", "/institutions", json!({ "id": INSTITUTION, "name": "Bank" }), 201, &["institution_created"]),
        ("PATCH", "/institutions/{I}", json!({ "name": "Better Bank" }), 200, &["institution_updated"]),
        ("PATCH", "/institutions/{I}", json!({ "name": "Better Bank" }), 200, &[]),
        ("POST", "/institutions/{I}/disable", no(), 200, &["institution_disabled"]),
        ("POST", "/institutions/{I}/disable", no(), 200, &[]),
        ("POST", "/institutions/{I}/enable", no(), 200, &["institution_enabled"]),
        ("POST", "/institutions/{I}/enable", no(), 200, &[]),
        ("POST", "/institutions/{I}/revoke-tokens", no(), 200, &["institution_tokens_revoked"]),
        ("POST", "/tokens/revoke", json!({ "id": TOKEN }), 204, &["token_revoked"]),
        ("POST", "/tokens/revoke", json!({ "id": TOKEN }), 204, &[]),
        ("POST", "/clients", json!({ "id": "c1", "institution": INSTITUTION }), 201, &["client_created"]),
        ("PATCH", "/clients/c1", json!({ "requires_mfa": true }), 200, &["client_updated"]),
        ("PATCH", "/clients/c1", json!({}), 200, &[]),
        ("POST", "/clients/c1/disable", no(), 200, &["client_disabled"]),
        ("POST", "/clients/c1/disable", no(), 200, &[]),
        ("POST", "/clients/c1/enable", no(), 200, &["client_enabled"]),
        ("POST", "/clients/c1/enable", no(), 200, &[]),
        ("POST", "/clients/c1/unlock", no(), 200, &[]),
        ("POST", "/clients/c1/revoke-tokens", no(), 200, &["client_tokens_revoked"]),
        ("POST", "/clients/c1/secrets", json!({}), 201, &["secret_added"]),
        ("POST", "/clients/c1/secrets", json!({ "overlap": "1h" }), 201, &["secret_added", "secret_superseded"]),
        ("POST", "/clients/c1/secrets/{S}/revoke", no(), 204, &["secret_revoked"]),
        ("POST", "/clients/c1/secrets/{S}/revoke", no(), 204, &[]),
        ("POST", "/clients/c1/secrets", json!({ "revoke_tokens": true }), 201, &["secret_added", "client_tokens_revoked"]),
        ("POST", "/clients/c1/secrets/{S}/revoke?revoke_tokens=true", no(), 204, &["secret_revoked", "client_tokens_revoked"]),
        ("POST", "/users", json!({ "id": "u1" }), 201, &["user_created"]),
        ("PATCH", "/users/u1", json!({ "email": "u1@bank.example" }), 200, &["user_updated"]),
        ("PATCH", "/users/u1", json!({ "email": "U1@bank.example" }), 200, &[]),
        ("PUT", "/users/u1/password", json!({ "password": "correct horse" }), 204, &["user_password_set"]),
        ("PUT", "/users/u1/password", json!({ "password": "correct horse" }), 204, &[]),
        ("PUT", "/users/u1/totp", json!({ "totp_secret": "JBSWY3DPEHPK3PXP" }), 204, &["user_totp_set"]),
        ("PUT", "/users/u1/totp", json!({ "totp_secret": "JBSWY3DPEHPK3PXP" }), 204, &[]),
        ("PUT", "/users/u1/password", replaced("password", "battery staple"), 204, &["user_password_set", "user_tokens_revoked"]),
        ("PUT", "/users/u1/totp", replaced("totp_secret", "KRSXG5CTMVRXEZLU"), 204, &["user_totp_set", "user_tokens_revoked"]),
        ("POST", "/users/u1/revoke-tokens", no(), 200, &["user_tokens_revoked"]),
        ("POST", "/users/u1/block", no(), 200, &["user_blocked"]),
        ("POST", "/users/u1/block", no(), 200, &[]),
        ("POST", "/users/u1/unblock", no(), 200, &["user_unblocked"]),
        ("POST", "/users/u1/unblock", no(), 200, &[]),
        ("POST", "/users/u1/unlock", no(), 200, &[]),
        ("POST", "/keys", json!({ "algorithm": "EdDSA", "kid": "next" }), 201, &["key_prepared"]),
        ("POST", "/keys/next/activate?force=true", no(), 204, &["key_graced", "key_activated"]),
        ("POST", "/keys/crossriver-EdDSA/retire?force=true", no(), 204, &["key_retired"]),
    ]
}

async fn take(desk: &Desk<'_>, (method, path, body, _, _): &Step, secret: &str) -> crate::harness::http::Response {
    let path = path.replace("{I}", INSTITUTION).replace("{S}", secret);
    desk.send(method, &path, (!body.is_null()).then_some(body)).await
}

/// Takes the trail out of the database's sight, or puts it back.
async fn rename(server: &Server, from: &str, to: &str) {
    let sql = AssertSqlSafe(format!("ALTER TABLE {from} RENAME TO {to}"));
    match &server.app.db.pools {
        Pools::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(drop).unwrap(),
        Pools::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(drop).unwrap(),
    }
}

on_both! {
    async fn a_change_and_its_record_are_one(server) {
        let desk = Desk::of(&server, "crossriver").await;
        let mut secret = String::new();
        for step in steps() {
            let (method, path, _, status, events) = &step;
            if !events.is_empty() {
                rename(&server, "audit", "elsewhere").await;
                let answer = take(&desk, &step, &secret).await;
                problem(&answer, 503, &json!({ "detail": "The server cannot do this right now; try again" }));
                assert_eq!(answer.header("Retry-After"), Some("1"));
                rename(&server, "elsewhere", "audit").await;
            }
            // Had the first attempt done anything, this one would be refused, or would find nothing to do.
            let before = last(&server).await;
            let answer = take(&desk, &step, &secret).await;
            let told = good(&answer, *status);
            if path.ends_with("/secrets") {
                secret = told["id"].as_str().unwrap().to_owned();
            }
            let rows = trail(&server, before).await.0;
            assert_eq!(rows.iter().map(|row| row.event.as_str()).collect::<Vec<_>>(), *events, "{method} {path}");
            for row in rows {
                let origin = (row.actor.as_str(), row.realm.as_ref().map(RealmId::as_str), row.ip.as_deref());
                assert_eq!(origin, ("admin:main/demo-admin", Some("crossriver"), Some(ADDRESS)), "{method} {path}");
                assert!(row.request.as_deref().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()), "{row:?}");
                let detail = if row.event == "token_revoked" { json!({ "jti": TOKEN }) } else { json!({}) };
                assert_eq!((row.dialect, row.reason, row.detail), (None, None, detail.to_string()));
            }
        }
        let secrets = good(&desk.get("/clients/c1/secrets").await, 200);
        assert_eq!(secrets["items"].as_array().unwrap().len(), 3, "the attempts that failed added none");
        // Each revocation within one second moves it by a second, past that of the institution too.
        for (path, moment) in [("/clients/c1", "2026-01-02T03:04:08.000Z"), ("/users/u1", "2026-01-02T03:04:07.000Z"), ("/institutions/{I}", NOW)] {
            assert_eq!(good(&desk.get(&path.replace("{I}", INSTITUTION)).await, 200)["not_before"], moment, "{path}");
        }
    }

    async fn a_record_names_what_it_is_about(server) {
        let desk = Desk::of(&server, "uphold").await;
        let before = last(&server).await;
        good(&desk.post("/clients", json!({ "id": "c1" })).await, 201);
        let secret = good(&desk.post("/clients/c1/secrets", json!({})).await, 201)["id"].clone();
        good(&desk.post("/users", json!({ "id": "u1" })).await, 201);
        good(&desk.post("/institutions", json!({ "id": INSTITUTION, "name": "Bank" })).await, 201);
        good(&desk.post("/keys", json!({ "algorithm": "ES256", "kid": "k1" })).await, 201);
        let rows = trail(&server, before).await.0;
        let told: Vec<_> = rows
            .iter()
            .map(|row| json!([row.event, row.client, row.secret, row.user, row.institution, row.key]))
            .collect();
        assert_eq!(json!(told), json!([
            ["client_created", "c1", null, null, null, null],
            ["secret_added", "c1", secret, null, null, null],
            ["user_created", null, null, "u1", null, null],
            ["institution_created", null, null, null, INSTITUTION, null],
            ["key_prepared", null, null, null, null, "k1"],
        ]));
        let mut requests: Vec<_> = rows.iter().map(|row| row.request.clone().unwrap()).collect();
        requests.sort();
        requests.dedup();
        assert_eq!(requests.len(), 5, "each request has an id of its own");
    }

    async fn at_the_command_line_there_is_no_request(server) {
        use countersign::{audit::Actor, model::{ClientId, RealmId}};
        let before = last(&server).await;
        server.ops().disable_client(&Actor::Shell, &RealmId::new("crossriver"), &ClientId::new("acme")).await.unwrap();
        let rows = trail(&server, before).await.0;
        assert_eq!(rows.iter().map(|row| (row.actor.as_str(), row.request.clone(), row.ip.clone())).collect::<Vec<_>>(), [("shell", None, None)]);
    }
}
