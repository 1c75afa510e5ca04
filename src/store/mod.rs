//! The only place with SQL: one text for SQLite and Postgres, one file a noun.
//!
//! [`Db`] is where it all is. [`Db::read`] and [`Db::write`] lend a connection for single statements, [`Db::begin`] opens a
//! transaction; each lends a [`Conn`], which every function here takes. What is consumed once is consumed by one
//! conditional statement whose row count decides; nothing is read first and written later. Every statement is bounded in
//! time, and a database that does not answer is [`StoreError::Unavailable`], never a refusal and never a success.

use std::time::Duration;

/// Runs a query on whichever database this is, within the time limit of a statement. The one place, beside connecting and
/// migrating, that tells the two apart. `$table` names what a failure is about.
macro_rules! on {
    ($conn:expr, $table:expr, $c:ident => $query:expr) => {{
        let conn: &mut $crate::store::Conn<'_> = $conn;
        conn.begins();
        let outcome = match &mut conn.lent {
            $crate::store::lent::Lent::Postgres(postgres) => {
                let $c = &mut ***postgres;
                $crate::store::within(async { $query }).await
            }
            $crate::store::lent::Lent::Sqlite(sqlite) => {
                let $c = &mut **sqlite;
                $crate::store::within(async { $query }).await
            }
        };
        conn.ended(&outcome);
        outcome.map_err($crate::store::error::about($table))
    }};
}

/// Runs a statement that returns no rows and says how many it changed.
macro_rules! execute {
    ($conn:expr, $table:expr, $query:expr) => {
        on!($conn, $table, c => $query.execute(c).await.map(|done| done.rows_affected()))
    };
}

pub mod apis;
pub mod audit;
pub mod batch;
pub mod changes;
pub mod clients;
mod connect;
mod db;
mod error;
pub mod institutions;
pub mod keys;
mod lent;
pub mod lockouts;
pub mod meta;
mod migrate;
pub mod realms;
pub mod revocations;
mod row;
pub mod secrets;
pub mod standing;
pub mod tokens;
pub mod users;

pub use connect::{DbOptions, Durability};
pub use db::{Db, Pools};
pub use error::StoreError;
pub use lent::{Conn, Session, Tx};

/// The longest that one statement may take; Postgres itself gives up after the same time.
const STATEMENT_LIMIT: Duration = Duration::from_secs(2);

/// Waits for a statement no longer than its limit, whatever became of the connection underneath.
async fn within<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(STATEMENT_LIMIT, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
    }
}

/// A page of a list in the order of its key: what follows `after`, at most `limit` rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The key of the last row of the page before; `None` begins at the beginning.
    pub after: Option<String>,
    pub limit: u32,
}

impl Page {
    /// No key is empty, so the empty text stands before all of them.
    fn after(&self) -> &str {
        self.after.as_deref().unwrap_or_default()
    }

    fn limit(&self) -> i64 {
        i64::from(self.limit)
    }
}
