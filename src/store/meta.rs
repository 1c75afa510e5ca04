//! Facts about the installation as a whole: a name, a value.

use super::{Conn, StoreError};

const TABLE: &str = "meta";

pub async fn lookup(conn: &mut Conn<'_>, name: &str) -> Result<Option<String>, StoreError> {
    on!(conn, TABLE, c => sqlx::query_scalar("SELECT value FROM meta WHERE name = $1").bind(name).fetch_optional(c).await)
}

/// Writes the value unless there is one: true for the one that wrote it.
pub async fn add(conn: &mut Conn<'_>, name: &str, value: &str) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(name).bind(value))? == 1)
}

/// Writes the value over what was there.
pub async fn put(conn: &mut Conn<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    execute!(conn, TABLE, sqlx::query(SQL).bind(name).bind(value)).map(drop)
}
