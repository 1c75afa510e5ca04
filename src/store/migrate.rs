//! Twin migrations: one number, one name, one set of columns in both databases.

use std::sync::Arc;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, Connection, SqlSafeStr};

use super::{Db, Pools, StoreError};

/// Name, Postgres, SQLite; the number is the place in the list. What stands here is never edited, only added to.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "foundation",
        include_str!("../../migrations/postgres/0001_foundation.sql"),
        include_str!("../../migrations/sqlite/0001_foundation.sql"),
    ),
    (
        "resource_side",
        include_str!("../../migrations/postgres/0002_resource_side.sql"),
        include_str!("../../migrations/sqlite/0002_resource_side.sql"),
    ),
    (
        "reuse_window",
        include_str!("../../migrations/postgres/0003_reuse_window.sql"),
        include_str!("../../migrations/sqlite/0003_reuse_window.sql"),
    ),
];

impl Db {
    /// Brings the schema up to this version. Nodes that start together wait for each other; a schema that a newer version
    /// has been at already is left as it is, so that old and new nodes can run side by side.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let mut migrator =
            Migrator::with_migrations((1..).zip(MIGRATIONS).map(|(number, twins)| self.migration(number, twins)).collect());
        migrator.set_ignore_missing(true);
        self.run(&migrator).await.map_err(StoreError::unavailable)
    }

    /// Has the schema been brought to this version, or further?
    pub async fn is_migrated(&self) -> Result<bool, StoreError> {
        const SQL: &str = "SELECT COUNT(*) FROM _sqlx_migrations WHERE success";
        let mut session = self.read().await?;
        let conn = &mut session.conn();
        let applied = on!(conn, "_sqlx_migrations", c => sqlx::query_scalar::<_, i64>(SQL).fetch_one(c).await);
        match applied {
            Ok(applied) => Ok(usize::try_from(applied).is_ok_and(|applied| applied >= MIGRATIONS.len())),
            // The database answers, and knows no such table.
            Err(StoreError::Unavailable(error)) if error.as_database_error().is_some() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn migration(&self, number: i64, (name, postgres, sqlite): &(&'static str, &'static str, &'static str)) -> Migration {
        let sql = match self.pools {
            Pools::Postgres(_) => *postgres,
            Pools::Sqlite { .. } => *sqlite,
        };
        Migration::new(number, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
    }

    async fn run(&self, migrator: &Migrator) -> Result<(), sqlx::Error> {
        match &self.pools {
            Pools::Postgres(pool) => {
                // A migration may take longer than a statement may, and wait for another node's: its connection has no limit.
                let unlimited = Arc::unwrap_or_clone(pool.connect_options()).options([("statement_timeout", "0")]);
                let mut conn = unlimited.connect().await?;
                migrator.run(&mut conn).await?;
                conn.close().await
            }
            Pools::Sqlite { write, .. } => Ok(migrator.run(write).await?),
        }
    }
}
