//! The database, and what it lends: sessions, transactions, connections.

use std::fmt;

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{StoreError, error::about, within};

/// The database: SQLite embedded, or Postgres for several nodes.
#[derive(Clone)]
pub enum Db {
    Postgres(PgPool),
    /// SQLite has one writer at a time: its own pool of one makes writers queue fairly instead of colliding.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres(_) => "Db::Postgres",
            Self::Sqlite { .. } => "Db::Sqlite",
        })
    }
}

// What waits for a connection is boxed: it is 4 KiB of state, which every future around it would otherwise carry along and move,
// also where nothing is asked of the database.
impl Db {
    /// A connection to read with. On SQLite it refuses to write.
    pub async fn read(&self) -> Result<Session, StoreError> {
        match self {
            Self::Postgres(pool) => Box::pin(pool.acquire()).await.map(Session::Postgres),
            Self::Sqlite { read, .. } => Box::pin(read.acquire()).await.map(Session::Sqlite),
        }
        .map_err(StoreError::unavailable)
    }

    /// A connection for single statements that write: each commits itself, without the round trips of a transaction.
    pub async fn write(&self) -> Result<Session, StoreError> {
        match self {
            Self::Postgres(pool) => Box::pin(pool.acquire()).await.map(Session::Postgres),
            Self::Sqlite { write, .. } => Box::pin(write.acquire()).await.map(Session::Sqlite),
        }
        .map_err(StoreError::unavailable)
    }

    /// A transaction. Dropped without [`Tx::commit`], it never was.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Postgres(pool) => within(Box::pin(pool.begin())).await.map(Tx::Postgres),
            // A transaction that reads before it writes must hold the write lock from the start: SQLite cannot wait for it later.
            Self::Sqlite { write, .. } => within(Box::pin(write.begin_with("BEGIN IMMEDIATE"))).await.map(Tx::Sqlite),
        }
        .map_err(StoreError::unavailable)
    }

    /// Does the database answer, and does it take writes? A standby after a fail-over answers and takes none. Nothing is
    /// written: no name is NULL, and the transaction ends without a commit.
    pub async fn ping(&self) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM meta WHERE name IS NULL";
        let mut session = self.read().await?;
        on!(&mut session.conn(), "database", c => sqlx::query("SELECT 1").execute(c).await.map(drop))?;
        drop(session);
        let mut tx = self.begin().await?;
        on!(&mut tx.conn(), "meta", c => sqlx::query(SQL).execute(c).await.map(drop))
    }

    /// Waits for what is lent to come back, then closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Postgres(pool) => pool.close().await,
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}

/// A pooled connection outside a transaction.
#[derive(Debug)]
pub enum Session {
    Postgres(PoolConnection<Postgres>),
    Sqlite(PoolConnection<Sqlite>),
}

impl Session {
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(session) => Conn::Postgres(session),
            Self::Sqlite(session) => Conn::Sqlite(session),
        }
    }
}

/// An open transaction.
#[derive(Debug)]
pub enum Tx {
    Postgres(Transaction<'static, Postgres>),
    Sqlite(Transaction<'static, Sqlite>),
}

impl Tx {
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Postgres(tx) => Conn::Postgres(tx),
            Self::Sqlite(tx) => Conn::Sqlite(tx),
        }
    }

    /// Makes it so. After an error it is not known whether it is.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Postgres(tx) => within(tx.commit()).await,
            Self::Sqlite(tx) => within(tx.commit()).await,
        }
        .map_err(about("transaction"))
    }
}

/// A connection on loan: what every function of the store takes.
#[derive(Debug)]
pub enum Conn<'c> {
    Postgres(&'c mut PgConnection),
    Sqlite(&'c mut SqliteConnection),
}
