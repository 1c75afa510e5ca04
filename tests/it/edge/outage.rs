//! Case 85: a store that does not answer makes nobody's secret wrong, and hands out nothing.

use countersign::audit::AuditMode;
use countersign::model::{ClientId, Principal, RealmId};
use countersign::store::lockouts;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::tools::{execute, tested, tries};
use super::*;
use crate::harness::server::{Backend, Server, connect, on_both};

/// The right request of each contract, and a wrong one.
fn right_and_wrong() -> Vec<(String, Request)> {
    let mut all: Vec<_> = right_ones().into_iter().map(|(dialect, request)| (format!("{dialect}, right"), request)).collect();
    all.push(("an account".to_owned(), account(EMAIL, PASSWORD)));
    for (dialect, request) in [
        ("loanstreet", service(LS_ID, "wrong")),
        ("an account", account(EMAIL, "wrong")),
        ("lendingclub", lc_as(LC_ID, "wrong")),
        ("crossriver", cr_as(CR_ID, "wrong", &[])),
        ("crossriver, unknown", cr_as("nobody", "wrong", &[])),
        ("uphold", up_as(UP_ID, "wrong", &[])),
    ] {
        all.push((format!("{dialect}, wrong"), request));
    }
    all
}

#[track_caller]
fn unavailable(answer: &Response, case: &str) {
    refused(answer, (503, r#"{"error":"temporarily_unavailable"}"#), case);
    assert_eq!((answer.header("Retry-After"), answer.header("WWW-Authenticate")), (Some("1"), None), "{case}");
}

async fn failures(url: &str) -> u32 {
    let db = connect(url, 1).await;
    let who = Principal::client(&RealmId::new("crossriver"), &ClientId::new(CR_ID));
    let tries = lockouts::lookup(&mut db.read().await.unwrap().conn(), &who).await.unwrap();
    db.close().await;
    tries.failures
}

on_both! {
    async fn edge_085_a_closed_store_is_unavailable(server, tested) {
        refused(&server.send(&cr_as(CR_ID, "wrong", &[])).await, CR_DENIED, "before");
        let token = token_of(&server.send(&lc_as(LC_ID, LC_SECRET)).await, "before");
        server.app.db.close().await;
        for (case, request) in right_and_wrong() {
            unavailable(&server.send(&request).await, &case);
        }
        // A handle that cannot be looked up is not invalid either.
        unavailable(&server.send(&bearer("/test/lendingclub?realm=lc", &token)).await, "the test endpoint");
        assert_eq!(failures(&server.url).await, 1, "nothing was counted");
    }

    /// The store fails on the way: what was decided before is not handed out, and no try is lost or gained.
    async fn edge_085_a_store_that_fails_halfway_is_unavailable(server, |config| config.audit.issuance = AuditMode::Committed) {
        for (table, request) in [
            ("lockouts", cr_as(CR_ID, "wrong", &[])),
            ("lockouts", cr(&[])),
            ("secrets", cr(&[])),
            ("users", account(EMAIL, PASSWORD)),
            ("tokens", lc_as(LC_ID, LC_SECRET)),
            ("audit", service(LS_ID, LS_SECRET)),
            ("audit", lc_as(LC_ID, LC_SECRET)),
        ] {
            execute(&server, &format!("ALTER TABLE {table} RENAME TO {table}_away")).await;
            unavailable(&server.send(&request).await, table);
            execute(&server, &format!("ALTER TABLE {table}_away RENAME TO {table}")).await;
        }
        assert_eq!(tries(&server, "crossriver", CR_ID).await.failures, 0);
        for (dialect, request) in right_ones() {
            granted(&server.send(&request).await, dialect);
        }
    }
}

/// Connections die under the server and new ones are refused; once the database is back, so is the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edge_085_a_postgres_that_goes_away_comes_back() {
    let Some(server) = Server::start(Backend::Postgres, |_| {}).await else { return };
    refused(&server.send(&cr_as(CR_ID, "wrong", &[])).await, CR_DENIED, "before");
    let (start, rest) = server.url.rsplit_once('/').map(|_| server.url.split_once("localhost/").unwrap()).unwrap();
    let (name, options) = rest.split_once('?').unwrap();
    let mut admin = PgConnection::connect(&format!("{start}localhost/postgres?{options}")).await.unwrap();
    let mut run = async |sql: String| {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut admin).await.unwrap();
    };
    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
    run(format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")).await;
    for (case, request) in right_and_wrong() {
        unavailable(&server.send(&request).await, &case);
    }
    run(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    for (dialect, request) in right_ones() {
        granted(&server.send(&request).await, dialect);
    }
    assert_eq!(tries(&server, "uphold", UP_ID).await.failures, 0);
}
