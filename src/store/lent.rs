//! What the database lends: a [`Session`] or a [`Tx`], each of which lends a [`Conn`], and how a connection comes back.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::pool::PoolConnection;
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, Transaction};
use tokio::runtime::Handle;
use tokio::time::timeout;

use super::error::about;
use super::{STATEMENT_LIMIT, StoreError, within};

/// How many statements were sent to a database by one who opened it: what a request costs there.
#[derive(Clone, Debug, Default)]
pub(super) struct Statements(Arc<AtomicU64>);

impl Statements {
    fn count_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of the two databases' own.
#[derive(Debug)]
pub(super) enum Lent<P, S> {
    Postgres(P),
    Sqlite(S),
}

/// A pooled connection outside a transaction.
#[derive(Debug)]
pub struct Session {
    lent: Lent<Loan, PoolConnection<Sqlite>>,
    statements: Statements,
}

impl Session {
    pub(super) fn new(lent: Lent<Loan, PoolConnection<Sqlite>>, statements: Statements) -> Self {
        Self { lent, statements }
    }

    pub fn conn(&mut self) -> Conn<'_> {
        let lent = match &mut self.lent {
            Lent::Postgres(loan) => Lent::Postgres(loan),
            Lent::Sqlite(conn) => Lent::Sqlite(&mut **conn),
        };
        Conn { lent, statements: &self.statements }
    }
}

/// An open transaction.
#[derive(Debug)]
pub struct Tx {
    lent: Lent<Loan, Transaction<'static, Sqlite>>,
    statements: Statements,
}

impl Tx {
    pub(super) fn new(lent: Lent<Loan, Transaction<'static, Sqlite>>, statements: Statements) -> Self {
        statements.count_one();
        Self { lent, statements }
    }

    pub fn conn(&mut self) -> Conn<'_> {
        let lent = match &mut self.lent {
            Lent::Postgres(loan) => Lent::Postgres(loan),
            Lent::Sqlite(tx) => Lent::Sqlite(&mut **tx),
        };
        Conn { lent, statements: &self.statements }
    }

    /// Makes it so. After an error it is not known whether it is.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.statements.count_one();
        match self.lent {
            Lent::Postgres(loan) => within(loan.commit()).await,
            Lent::Sqlite(tx) => within(tx.commit()).await,
        }
        .map_err(about("transaction"))
    }
}

/// A connection on loan: what every function of the store takes.
#[derive(Debug)]
pub struct Conn<'c> {
    pub(super) lent: Lent<&'c mut Loan, &'c mut SqliteConnection>,
    statements: &'c Statements,
}

impl Conn<'_> {
    /// Does a statement of thousands of values count their places, as `$1`? SQLite takes that for a name and looks for it among all
    /// the others, which costs more than the rows do; it takes `?`.
    pub(super) fn counts_places(&self) -> bool {
        matches!(self.lent, Lent::Postgres(_))
    }

    /// A statement is about to be sent.
    pub(super) fn begins(&mut self) {
        self.statements.count_one();
        if let Lent::Postgres(loan) = &mut self.lent {
            loan.unsettled += 1;
        }
    }

    /// It was answered, unless the connection failed under it or said nothing in time.
    pub(super) fn ended<T>(&mut self, outcome: &Result<T, sqlx::Error>) {
        if let Lent::Postgres(loan) = &mut self.lent
            && !matches!(outcome, Err(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)))
        {
            loan.unsettled -= 1;
        }
    }
}

/// A connection to Postgres on loan. However it was used, it holds its place in the pool no longer than a statement may take:
/// with its peer silent, it would otherwise do so until the system gives the connection up, which takes a quarter of an hour.
#[derive(Debug)]
pub(super) struct Loan {
    conn: PoolConnection<Postgres>,
    /// How much was begun on it and has not ended: a transaction, a statement in it.
    unsettled: u8,
}

impl Loan {
    pub(super) fn new(conn: PoolConnection<Postgres>) -> Self {
        Self { conn, unsettled: 0 }
    }

    pub(super) async fn begin(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let mut loan = Self { conn: pool.acquire().await?, unsettled: 1 };
        sqlx::raw_sql("BEGIN").execute(&mut *loan.conn).await?;
        Ok(loan)
    }

    async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::raw_sql("COMMIT").execute(&mut *self.conn).await?;
        self.unsettled -= 1;
        Ok(())
    }
}

impl Deref for Loan {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.conn
    }
}

impl DerefMut for Loan {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.conn
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if self.unsettled > 0 {
            // To wait for what is under way may be in vain, and Postgres ends it with the connection.
            self.conn.close_on_drop();
        } else if let Ok(runtime) = Handle::try_current() {
            // The pool tries every connection that comes back, and has no limit for that.
            runtime.spawn(timeout(STATEMENT_LIMIT, self.conn.return_to_pool()));
        }
    }
}
