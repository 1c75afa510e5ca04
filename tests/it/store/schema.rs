//! The twin migrations come to the same columns.

use std::collections::BTreeSet;

use countersign::store::{Db, Session};

use super::seed::Home;

/// Table, column, and whether it may be empty.
type Columns = BTreeSet<(String, String, bool)>;

async fn columns(db: &Db) -> Columns {
    const POSTGRES: &str = "SELECT table_name::text, column_name::text, is_nullable = 'YES' FROM information_schema.columns \
                            WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";
    const SQLITE: &str = "SELECT t.name, c.name, c.\"notnull\" = 0 FROM sqlite_master t, pragma_table_info(t.name) c \
                          WHERE t.type = 'table' AND t.name NOT IN ('_sqlx_migrations', 'sqlite_sequence')";
    match db.read().await.expect("a connection") {
        Session::Postgres(mut conn) => sqlx::query_as(POSTGRES).fetch_all(&mut *conn).await.unwrap().into_iter().collect(),
        Session::Sqlite(mut conn) => sqlx::query_as(SQLITE).fetch_all(&mut *conn).await.unwrap().into_iter().collect(),
    }
}

pub async fn has_the_columns_of_sqlite(db: &Db) {
    let twin = columns(&Home::new().await.db).await;
    assert!(twin.contains(&("clients".into(), "institution_id".into(), true)), "the query finds what there is");
    assert_eq!(columns(db).await, twin);
}
