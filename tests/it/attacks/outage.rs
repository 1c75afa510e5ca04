//! Rows 136 and 137: a database that is down, silent, slow, locked, read-only, full or out of connections. Nothing is issued,
//! everybody is told to come back, the node says that it is not ready, and all is well again once the database is.

use std::time::Duration;

use countersign::admin::service::SecretSource;
use countersign::audit::{Actor, AuditMode};
use countersign::config::Config;
use countersign::store::Pools;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use tokio::task::JoinSet;

use super::{
    CONTRACTS, account, admin_token, assert_bare, assert_refused, basic_token, bearer, client, contract, count, from, realm, sql,
};
use crate::harness::http::connection::Connection;
use crate::harness::http::{Request, Response};
use crate::harness::proxy::{Proxy, Weather};
use crate::harness::server::{Backend, Server, on_both};

const UNAVAILABLE: &str = r#"{"error":"temporarily_unavailable"}"#;
const PASSWORD: &str = "correct horse battery staple";
/// The server promises two seconds; a loaded machine may need more, and must not need this.
const BOUND: Duration = Duration::from_secs(9);

/// Every way of asking for a token: each contract, an account, a generated secret, which needs the least of the database; and
/// two that are refused.
pub struct Requests(Vec<(&'static str, Request)>);

impl Requests {
    async fn of(server: &Server) -> Self {
        let added =
            server.ops().add_secret(&Actor::Shell, &realm("main"), &client("demo"), SecretSource::Generated, None).await.unwrap();
        let mut all: Vec<_> = CONTRACTS.iter().map(|contract| (contract.name, contract.good())).collect();
        all.push(("account", account("jane@bank.example", PASSWORD)));
        all.push(("wrong secret", basic_token("demo", "wrong-secret")));
        all.push(("unknown client", basic_token("nobody", "wrong-secret")));
        all.push(("generated", basic_token("demo", added.secret.unwrap().expose())));
        Self(all)
    }
}

async fn patiently(server: std::net::SocketAddr, request: &Request) -> Response {
    let answer = async {
        let mut connection = Connection::open(server).await.unwrap().with_patience(BOUND);
        connection.exchange(request).await.unwrap()
    };
    tokio::time::timeout(BOUND, answer).await.expect("an answer in bounded time")
}

#[track_caller]
fn assert_unavailable(answer: &Response, what: &str) {
    assert_refused(answer, (503, UNAVAILABLE), what);
    let wait = answer.header("Retry-After").unwrap_or_default();
    assert!(wait.parse().is_ok_and(|seconds: u32| (1..=5).contains(&seconds)), "{what}: {answer:?}");
}

/// Sends all of them at once, from an address each, and wants none to get anything.
async fn all_unavailable(server: &Server, requests: Vec<(&'static str, Request)>) {
    let mut asking = JoinSet::new();
    for (turn, (what, request)) in requests.into_iter().enumerate() {
        let (public, request) = (server.public, from(&format!("203.0.113.{turn}"), request));
        asking.spawn(async move { (what, patiently(public, &request).await) });
    }
    for (what, answer) in asking.join_all().await {
        assert_unavailable(&answer, what);
    }
}

async fn health(server: &Server) -> (u16, u16) {
    let live = patiently(server.public, &Request::new("GET", "/health/live")).await.status;
    (live, patiently(server.public, &Request::new("GET", "/health/ready")).await.status)
}

/// Without a restart, each contract is served again.
async fn recovers(server: &Server, requests: &Requests) {
    for (what, request) in requests.0.clone() {
        let expected: &[u16] = if ["wrong secret", "unknown client"].contains(&what) { &[401] } else { &[200] };
        let again = async {
            let mut turn = 0;
            while !expected
                .contains(&patiently(server.public, &from(&format!("198.51.100.{turn}"), request.clone())).await.status)
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
                turn += 1;
            }
        };
        tokio::time::timeout(BOUND, again).await.unwrap_or_else(|_| panic!("{what} never recovers"));
    }
    becomes(server, (200, 200)).await;
}

/// Live and ready are answered like this soon.
async fn becomes(server: &Server, expected: (u16, u16)) {
    let waiting = async {
        while health(server).await != expected {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(BOUND, waiting).await.unwrap_or_else(|_| panic!("never {expected:?}"));
}

/// Brings the trouble, sees that nobody gets anything, takes it away and sees that everybody does.
pub async fn endure(server: &Server, (begin, end): (impl AsyncFn(), impl AsyncFn())) {
    let requests = Requests::of(server).await;
    recovers(server, &requests).await;
    let tokens = "SELECT COUNT(*) FROM tokens";
    let before = count(server, tokens).await;
    begin().await;
    all_unavailable(server, requests.0.clone()).await;
    becomes(server, (200, 503)).await;
    end().await;
    recovers(server, &requests).await;
    assert_eq!(count(server, tokens).await, before + 1, "nothing was half issued; the one is of the recovery");
}

/// No token without its committed record: then every request writes.
pub fn committed(config: &mut Config) {
    config.audit.issuance = AuditMode::Committed;
}

/// A server behind a door to its database, and one that reaches it directly and lends its hands to the test.
async fn behind_a_door() -> Option<(Server, Server, Proxy)> {
    let direct = Server::start(Backend::Postgres, |_| {}).await?;
    let proxy = Proxy::to(&direct.url).await;
    let server = Server::on(&proxy.url(), |config| config.cache.parties = 0).await;
    Some((server, direct, proxy))
}

async fn in_weather(weather: Weather) {
    let Some((server, direct, proxy)) = behind_a_door().await else { return };
    let requests = Requests::of(&direct).await;
    recovers(&server, &requests).await;
    let admin = admin_token(&server).await;
    let before = count(&direct, "SELECT COUNT(*) FROM tokens").await;
    proxy.set(weather);
    all_unavailable(&server, requests.0.clone()).await;
    assert_eq!(health(&server).await, (200, 503));
    let operation = patiently(server.admin, &bearer(&admin, Request::new("GET", "/admin/v1/realms/main/clients"))).await;
    assert_eq!((operation.status, operation.header("Retry-After")), (503, Some("1")), "{operation:?}");
    assert_bare(&operation, "admin");
    proxy.set(Weather::Fair);
    recovers(&server, &requests).await;
    assert_eq!(count(&direct, "SELECT COUNT(*) FROM tokens").await, before + 1, "only the one of the recovery");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_postgres_is_down() {
    in_weather(Weather::Down).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_postgres_is_silent() {
    in_weather(Weather::Silent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_postgres_is_slow() {
    in_weather(Weather::Slow(Duration::from_secs(5))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn atk_136_sqlite_is_locked() {
    let server = Server::start(Backend::Sqlite, committed).await.unwrap();
    let lock = tokio::sync::Mutex::new(SqliteConnection::connect(&server.url).await.unwrap());
    let say = async |statement: &'static str| {
        sqlx::raw_sql(statement).execute(&mut *lock.lock().await).await.unwrap();
    };
    endure(&server, (async || say("BEGIN EXCLUSIVE").await, async || say("ROLLBACK").await)).await;
}

on_both! {
    async fn atk_136_no_connection_is_free(server, |config| config.cache.parties = 0) {
        let requests = Requests::of(&server).await;
        let held = tokio::sync::Mutex::new(Vec::new());
        let hold = async || {
            for _ in 0..8 {
                held.lock().await.push(server.app.db.read().await.unwrap());
            }
        };
        recovers(&server, &requests).await;
        hold().await;
        all_unavailable(&server, requests.0.clone()).await;
        assert_eq!(health(&server).await, (200, 503));
        held.lock().await.clear();
        recovers(&server, &requests).await;
    }

    async fn atk_136_the_database_is_read_only(server, committed) {
        let begin = async || read_only(&server, true).await;
        let end = async || read_only(&server, false).await;
        endure(&server, (begin, end)).await;
    }

    async fn atk_136_a_read_only_database_is_seen_by_what_writes(server) {
        let requests = Requests::of(&server).await;
        recovers(&server, &requests).await;
        read_only(&server, true).await;
        // A secret that needs no write may still be good, as long as the buffered trail has room.
        let writing = ["lendingclub", "account", "wrong secret", "unknown client"];
        all_unavailable(&server, requests.0.iter().filter(|(what, _)| writing.contains(what)).cloned().collect()).await;
        read_only(&server, false).await;
        recovers(&server, &requests).await;
    }

    async fn atk_137_without_the_count_of_tries_nobody_may_try(server, |config| config.cache.parties = 0) {
        let requests = Requests::of(&server).await;
        recovers(&server, &requests).await;
        sql(&server, "ALTER TABLE lockouts RENAME TO lost").await;
        for (turn, (what, request)) in requests.0.clone().into_iter().enumerate() {
            let answer = patiently(server.public, &from(&format!("203.0.113.{turn}"), request)).await;
            assert_unavailable(&answer, what);
        }
        let unlock = Request::new("POST", "/admin/v1/realms/main/clients/demo/unlock");
        let admin = server.operate(&unlock).await;
        assert_eq!(admin.status, 401, "and nobody without a token is told more");
        sql(&server, "ALTER TABLE lost RENAME TO lockouts").await;
        recovers(&server, &requests).await;
    }

    async fn atk_137_no_token_without_its_record(server, committed) {
        let river = contract("crossriver");
        assert_eq!(server.send(&river.good()).await.status, 200);
        sql(&server, "ALTER TABLE audit RENAME TO lost").await;
        let answer = patiently(server.public, &river.good()).await;
        assert_unavailable(&answer, "committed mode");
        sql(&server, "ALTER TABLE lost RENAME TO audit").await;
        let again = async {
            while patiently(server.public, &river.good()).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(BOUND, again).await.expect("it recovers");
        let kept = count(&server, "SELECT COUNT(*) FROM audit WHERE event = 'token_issued'").await;
        assert!(kept >= 2, "{kept}");
    }
}

/// The database takes no writes: a standby after a fail-over, a file system that was remounted.
async fn read_only(server: &Server, on: bool) {
    match &server.app.db.pools {
        Pools::Sqlite { .. } => sql(server, if on { "PRAGMA query_only = ON" } else { "PRAGMA query_only = OFF" }).await,
        Pools::Postgres(_) => {
            let mut admin = PgConnection::connect(&server.url).await.unwrap();
            let name = server.url.rsplit_once('?').unwrap().0.rsplit('/').next().unwrap();
            let switch = if on { "on" } else { "off" };
            let statement = format!(
                "ALTER DATABASE {name} SET default_transaction_read_only = {switch}; \
                 SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
            );
            sqlx::raw_sql("SET default_transaction_read_only = off").execute(&mut admin).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        }
    }
}
