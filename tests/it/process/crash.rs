//! `kill -9` amid rotations (security.md, row 138): a rotation happened as a whole or not at all, and nobody is shut out.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use countersign::clock::{Clock, SystemClock};
use countersign::model::{ClientId, RealmId, SecretId};
use countersign::store::{Db, Pools, secrets};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{bearer, oauth2, token, trail};
use crate::harness::http::Request;
use crate::harness::process::{Process, eventually, exchange};
use crate::harness::server::{connect, on_both};

const ROUNDS: u64 = 15;
const INVALID: &str = r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#;

on_both! {
    async fn a_kill_amid_rotations_leaves_all_or_nothing(server) {
        // Alone with the database, so that each start recovers it from what the dead process left.
        let mut server = server;
        server.stop().await;
        let mut model = Model { live: vec![Some("demo-secret".to_owned())], ended: Vec::new(), took: Duration::from_millis(5) };
        let mut admin = None;
        for round in 0..ROUNDS {
            let mut process = Process::serve(&server.url, "").await;
            model.check(&process, round).await;
            let admin = match &admin {
                Some(admin) => admin,
                None => admin.insert(token(&process.send(&oauth2("demo-admin", "demo-admin-secret")).await)),
            };
            let door = process.admin;
            // After none to three rotations, about the end of the next one, however fast the machine is at the moment: from before
            // its commit to after its answer.
            let (told, mut heard) = watch::channel((0, model.took));
            let kill = async {
                let took = heard.wait_for(|(answered, _)| *answered >= round % 4).await.unwrap().1;
                tokio::time::sleep(took.mul_f64(0.5 + (round * 37 % 100) as f64 / 160.0)).await;
                process.kill();
            };
            let (unanswered, ()) = tokio::join!(model.rotate(door, admin, &told), kill);
            model.took = told.borrow().1;
            let db = connect(&server.url, 2).await;
            model.settle(&db, unanswered).await;
            db.close().await;
        }
        model.check(&Process::serve(&server.url, "").await, ROUNDS).await;
    }
}

/// Postgres still does what the dead process had sent it; after that, the process's connections are gone.
async fn quiet(db: &Db) {
    const OTHERS: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let Pools::Postgres(pool) = &db.pools else { return };
    let others = async || sqlx::query_scalar::<_, i64>(OTHERS).fetch_one(pool).await.unwrap();
    eventually("the end of the connections", async || (others().await == 0).then_some(())).await;
}

/// What an operator knows of the client `demo`.
struct Model {
    /// Secrets that must work; `None`: one whose answer the kill cut off.
    live: Vec<Option<String>>,
    ended: Vec<String>,
    /// How long the last answered rotation took.
    took: Duration,
}

impl Model {
    /// Rotates, with an overlap and at once by turns, until the server is gone: the overlap of the unanswered rotation. Tells
    /// how many were answered, and how long the last one took.
    async fn rotate(&mut self, door: SocketAddr, admin: &str, told: &watch::Sender<(u64, Duration)>) -> &'static str {
        loop {
            let overlap = if self.live.len() < 2 { "1h" } else { "0s" };
            let request = Request::new("POST", "/admin/v1/realms/main/clients/demo/secrets").json(&json!({ "overlap": overlap }));
            let begun = Instant::now();
            let Ok(answer) = exchange(door, &bearer(request, admin)).await else { return overlap };
            assert_eq!(answer.status, 201, "{}", answer.text());
            self.rotated(overlap, Some(answer.json()["secret"].as_str().unwrap().to_owned()));
            told.send_modify(|(answered, took)| (*answered, *took) = (*answered + 1, begun.elapsed()));
        }
    }

    fn rotated(&mut self, overlap: &str, secret: Option<String>) {
        if overlap == "0s" {
            self.ended.extend(self.live.drain(..).flatten());
        }
        self.live.push(secret);
    }

    /// Looks into the database of the dead server: was the unanswered rotation made? No half of one may be there.
    async fn settle(&mut self, db: &Db, unanswered: &str) {
        let (realm, client) = (RealmId::new("main"), ClientId::new("demo"));
        quiet(db).await;
        let stored = secrets::list(&mut db.read().await.unwrap().conn(), &realm, &client).await.unwrap();
        let made = stored.iter().filter(|secret| secret.is_live(SystemClock::new().now())).count();
        // The count changes with every rotation: one live secret more with an overlap, one alone without.
        if (unanswered == "0s" && made == 1) || (unanswered == "1h" && made == self.live.len() + 1) {
            self.rotated(unanswered, None);
        }
        assert_eq!(made, self.live.len(), "live secrets after an unanswered rotation with an overlap of {unanswered}");

        let ids = |rows: Vec<countersign::store::audit::AuditRow>| -> BTreeSet<SecretId> {
            rows.into_iter().filter(|row| row.client.as_ref() == Some(&client)).filter_map(|row| row.secret).collect()
        };
        let all: BTreeSet<_> = stored.iter().map(|secret| secret.id.clone()).collect();
        let ending: BTreeSet<_> =
            stored.iter().filter(|secret| secret.expires_at.is_some()).map(|secret| secret.id.clone()).collect();
        assert_eq!(ids(trail(db, "secret_added").await), all, "each secret has its record");
        assert_eq!(ids(trail(db, "secret_superseded").await), ending, "each end has its record");
    }

    /// What must work does, and what ended is refused.
    async fn check(&self, process: &Process, round: u64) {
        for (index, secret) in self.live.iter().enumerate().filter_map(|(index, secret)| Some((index, secret.as_ref()?))) {
            let answer = process.send(&oauth2("demo", secret)).await;
            assert_eq!(answer.status, 200, "live secret {index} in round {round}: {}", answer.text());
        }
        for secret in self.ended.iter().rev().take(3) {
            let answer = process.send(&oauth2("demo", secret)).await;
            assert_eq!((answer.status, answer.text()), (401, INVALID), "an ended secret in round {round}");
        }
    }
}
