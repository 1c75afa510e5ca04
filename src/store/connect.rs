//! How the two databases are opened, so that neither can make a caller wait for long.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::{Db, Pools, STATEMENT_LIMIT, StoreError};
use crate::closed;
use crate::secret::Secret;

/// How long SQLite waits for another process's write lock; shorter than the limit of a statement, so that the wait ends
/// with SQLite's own error.
const BUSY_LIMIT: Duration = Duration::from_millis(1500);

/// Pages of the file that each connection keeps, in KiB with SQLite's minus sign: the system keeps the file itself in memory.
const PAGES_KIB: &str = "-512";

/// A connection that rested longer than this is tried before it is lent; a younger one is taken at its word.
const TRUSTED_REST: Duration = Duration::from_secs(1);

closed! {
    /// What a commit on SQLite survives. On Postgres the server's own `synchronous_commit` says.
    pub enum Durability {
        /// A crash of the process. A power failure may take the last commits with it, and never corrupts.
        Crash = "crash",
        /// A power failure too, at the price of a disk flush for each commit.
        PowerLoss = "power_loss",
    }
}

/// Where the database is, and how it is used.
#[derive(Debug)]
pub struct DbOptions {
    /// `postgres://…`, or `sqlite:` and a path. It may hold a password.
    pub url: Secret<String>,
    pub max_connections: u32,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    pub durability: Durability,
}

impl Db {
    /// Opens the database and one connection, so that a wrong address is known at once.
    pub async fn connect(options: &DbOptions) -> Result<Self, StoreError> {
        let url = options.url.expose();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            postgres(options).await
        } else if url.starts_with("sqlite:") {
            sqlite(options).await
        } else {
            Err(mistaken("the URL begins with neither `postgres://` nor `sqlite:`"))
        }
        .map_err(StoreError::unavailable)
    }
}

fn mistaken(what: &'static str) -> sqlx::Error {
    sqlx::Error::Configuration(what.into())
}

async fn postgres(options: &DbOptions) -> Result<Db, sqlx::Error> {
    let limit = STATEMENT_LIMIT.as_millis().to_string();
    let server = PgConnectOptions::from_str(options.url.expose())?
        .application_name("countersign")
        // The second bounds how long a node that died amid a transaction can hold its locks.
        .options([("statement_timeout", &limit), ("idle_in_transaction_session_timeout", &limit)]);
    let pool = PgPoolOptions::new()
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|conn, rest| {
            Box::pin(async move { if rest.idle_for > TRUSTED_REST { conn.ping().await.map(|()| true) } else { Ok(true) } })
        })
        .connect_with(server)
        .await?;
    Ok(Db::new(Pools::Postgres(pool)))
}

async fn sqlite(options: &DbOptions) -> Result<Db, sqlx::Error> {
    let url = options.url.expose();
    if url.contains(":memory:") || url.contains("mode=memory") {
        return Err(mistaken("a SQLite database in memory cannot be shared by readers and writer: name a file"));
    }
    let synchronous = match options.durability {
        Durability::Crash => SqliteSynchronous::Normal,
        Durability::PowerLoss => SqliteSynchronous::Full,
    };
    let file = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .busy_timeout(BUSY_LIMIT)
        .pragma("cache_size", PAGES_KIB);
    create_private(file.get_filename()).await?;
    // The writer first: it turns the file into WAL mode, which a reader may not.
    let write = sqlite_pool(options, 1)
        // Where a commit finds the disk full, SQLite itself ends the transaction, and the driver waits for its end for ever:
        // such a connection is of no more use.
        .after_release(|conn, _| {
            Box::pin(async move {
                conn.ping().await?;
                Ok(!conn.is_in_transaction())
            })
        })
        .connect_with(file.clone())
        .await?;
    let read = sqlite_pool(options, options.max_connections).connect_with(file.pragma("query_only", "ON")).await?;
    Ok(Db::new(Pools::Sqlite { read, write }))
}

fn sqlite_pool(options: &DbOptions, size: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}

/// Creates the file for its owner alone; SQLite gives its sidecar files the same mode. An existing file keeps the mode
/// that its operator chose.
async fn create_private(path: &Path) -> Result<(), sqlx::Error> {
    let created = tokio::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).await;
    match created {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
        _ => Ok(()),
    }
}
