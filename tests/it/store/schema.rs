//! The twin migrations come to the same columns.

use std::collections::BTreeSet;

use countersign::store::{Db, Pools};

use super::seed::Home;

/// Table, column, and whether it may be empty.
type Columns = BTreeSet<(String, String, bool)>;

async fn columns(db: &Db) -> Columns {
    const POSTGRES: &str = "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns \
                            WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";
    const SQLITE: &str = "SELECT t.name, c.name, c.\"notnull\" = 0 FROM sqlite_master t, pragma_table_info(t.name) c \
                          WHERE t.type = 'table' AND t.name NOT IN ('_sqlx_migrations', 'sqlite_sequence')";
    match &db.pools {
        Pools::Postgres(pool) => sqlx::query_as(POSTGRES).fetch_all(pool).await.unwrap().into_iter().collect(),
        Pools::Sqlite { read, .. } => sqlx::query_as(SQLITE).fetch_all(read).await.unwrap().into_iter().collect(),
    }
}

pub async fn has_the_columns_of_sqlite(db: &Db) {
    let twin = columns(&Home::new().await.db).await;
    assert!(twin.contains(&("clients".into(), "institution_id".into(), true)), "the query finds what there is");
    assert_eq!(columns(db).await, twin);
}
