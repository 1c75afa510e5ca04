//! What only Postgres can show: in what state a connection comes back to the pool, and that it never holds its place for long.

use std::time::Duration;

use countersign::store::{Db, Pools, Session, meta, realms};
use sqlx::{Connection as _, PgConnection};

use super::seed::a_realm;
use crate::harness::postgres::Cluster;
use crate::harness::proxy::{Proxy, Weather};
use crate::harness::server::connect;

/// Longer than a statement may take.
const A_WHILE: Duration = Duration::from_millis(2500);

/// A migrated database of its own, which one connection at a time may use, and its URL.
async fn one_connection() -> Option<(Db, String)> {
    let url = Cluster::get()?.database().await;
    let db = connect(&url, 1).await;
    db.migrate().await.unwrap();
    Some((db, url))
}

/// The backend at the other end of the one connection.
async fn backend(db: &Db) -> i32 {
    let Pools::Postgres(pool) = &db.pools else { unreachable!("it is Postgres") };
    sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(pool).await.unwrap()
}

async fn ask(session: &mut Session) {
    meta::lookup(&mut session.conn(), "anything").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_work_is_done_is_used_again() {
    let Some((db, _)) = one_connection().await else { return };
    let first = backend(&db).await;
    ask(&mut db.read().await.unwrap()).await;
    let mut tx = db.begin().await.unwrap();
    meta::put(&mut tx.conn(), "done", "1").await.unwrap();
    tx.commit().await.unwrap();
    realms::add(&mut db.write().await.unwrap().conn(), &a_realm("once")).await.unwrap();
    realms::add(&mut db.write().await.unwrap().conn(), &a_realm("once")).await.expect_err("a refusal is an answer, too");
    assert_eq!(backend(&db).await, first);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_with_a_statement_under_way_is_closed() {
    let Some((db, url)) = one_connection().await else { return };
    let first = backend(&db).await;
    let mut holder = PgConnection::connect(&url).await.unwrap();
    let mut lock = holder.begin().await.unwrap();
    sqlx::raw_sql("LOCK TABLE meta").execute(&mut *lock).await.unwrap();
    let mut session = db.read().await.unwrap();
    let cut_off = tokio::time::timeout(Duration::from_millis(50), ask(&mut session)).await;
    assert!(cut_off.is_err(), "whoever asked went away");
    drop(session);
    assert_ne!(backend(&db).await, first, "nobody waits for the answer");
    lock.rollback().await.unwrap();
    ask(&mut db.read().await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_with_an_open_transaction_is_closed_and_the_transaction_never_was() {
    let Some((db, _)) = one_connection().await else { return };
    let first = backend(&db).await;
    let mut tx = db.begin().await.unwrap();
    meta::put(&mut tx.conn(), "never", "was").await.unwrap();
    drop(tx);
    assert_ne!(backend(&db).await, first);
    assert_eq!(meta::lookup(&mut db.read().await.unwrap().conn(), "never").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_whose_peer_fell_silent_gives_its_place_back() {
    let Some((_, url)) = one_connection().await else { return };
    let proxy = Proxy::to(&url).await;
    let db = connect(&proxy.url(), 1).await;
    let first = backend(&db).await;
    let mut session = db.read().await.unwrap();
    ask(&mut session).await;
    proxy.set(Weather::Silent);
    drop(session);
    tokio::time::sleep(A_WHILE).await;
    proxy.set(Weather::Fair);
    assert_ne!(backend(&db).await, first, "although the old one speaks again");
}
