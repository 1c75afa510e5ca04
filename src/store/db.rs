//! The database, and what it lends: sessions, transactions, connections.

use std::fmt;

use sqlx::{PgPool, SqlitePool};

use super::lent::{Lent, Loan, Session, Statements, Tx};
use super::{StoreError, within};

/// The database: SQLite embedded, or Postgres for several nodes.
#[derive(Clone)]
pub struct Db {
    pub pools: Pools,
    statements: Statements,
}

/// Where connections come from.
#[derive(Clone)]
pub enum Pools {
    Postgres(PgPool),
    /// SQLite has one writer at a time: its own pool of one makes writers queue fairly instead of colliding.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pools.fmt(f)
    }
}

impl fmt::Debug for Pools {
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
    pub(super) fn new(pools: Pools) -> Self {
        Self { pools, statements: Statements::default() }
    }

    /// How many statements were sent since this was opened, `BEGIN` and `COMMIT` among them.
    pub fn statements(&self) -> u64 {
        self.statements.count()
    }

    /// A connection to read with. On SQLite it refuses to write.
    pub async fn read(&self) -> Result<Session, StoreError> {
        let lent = match &self.pools {
            Pools::Postgres(pool) => Box::pin(pool.acquire()).await.map(|conn| Lent::Postgres(Loan::new(conn))),
            Pools::Sqlite { read, .. } => Box::pin(read.acquire()).await.map(Lent::Sqlite),
        };
        lent.map(|lent| Session::new(lent, self.statements.clone())).map_err(StoreError::unavailable)
    }

    /// A connection for single statements that write: each commits itself, without the round trips of a transaction.
    pub async fn write(&self) -> Result<Session, StoreError> {
        let lent = match &self.pools {
            Pools::Postgres(pool) => Box::pin(pool.acquire()).await.map(|conn| Lent::Postgres(Loan::new(conn))),
            Pools::Sqlite { write, .. } => Box::pin(write.acquire()).await.map(Lent::Sqlite),
        };
        lent.map(|lent| Session::new(lent, self.statements.clone())).map_err(StoreError::unavailable)
    }

    /// A transaction. Dropped without [`Tx::commit`], it never was.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let open = match &self.pools {
            Pools::Postgres(pool) => within(Box::pin(Loan::begin(pool))).await.map(Lent::Postgres),
            // A transaction that reads before it writes must hold the write lock from the start: SQLite cannot wait for it later.
            Pools::Sqlite { write, .. } => within(Box::pin(write.begin_with("BEGIN IMMEDIATE"))).await.map(Lent::Sqlite),
        };
        open.map(|open| Tx::new(open, self.statements.clone())).map_err(StoreError::unavailable)
    }

    /// Does the database answer, and does it take writes? A standby after a fail-over answers and takes none. Nothing is
    /// written: no name is NULL.
    pub async fn ping(&self) -> Result<(), StoreError> {
        const SQL: &str = "DELETE FROM meta WHERE name IS NULL";
        let mut session = self.read().await?;
        on!(&mut session.conn(), "database", c => sqlx::query("SELECT 1").execute(c).await.map(drop))?;
        drop(session);
        let mut tx = self.begin().await?;
        on!(&mut tx.conn(), "meta", c => sqlx::query(SQL).execute(c).await.map(drop))?;
        tx.commit().await
    }

    /// Waits for what is lent to come back, then closes every connection.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Postgres(pool) => pool.close().await,
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
        }
    }
}
