//! APIs (resource servers): the audiences of a realm, cached by every node.

use super::row::{Column, can_exist, list as list_of, millis, scope_list};
use super::{Conn, StoreError};
use crate::model::{Algorithm, Api, ClientId, RealmId};

const TABLE: &str = "apis";

macro_rules! columns {
    () => {
        "audience, scopes, ttl_ms, token_reuse_ms, algorithm, owners"
    };
}

#[derive(sqlx::FromRow)]
struct ApiRow {
    audience: String,
    scopes: String,
    ttl_ms: Option<i64>,
    token_reuse_ms: Option<i64>,
    algorithm: Option<String>,
    owners: String,
}

impl TryFrom<ApiRow> for Api {
    type Error = StoreError;

    fn try_from(row: ApiRow) -> Result<Self, StoreError> {
        Ok(Self {
            audience: row.audience,
            scopes: Column(TABLE, "scopes").scopes(&row.scopes)?,
            ttl: row.ttl_ms.map(|ttl| Column(TABLE, "ttl_ms").duration(ttl)).transpose()?,
            token_reuse: row.token_reuse_ms.map(|reuse| Column(TABLE, "token_reuse_ms").duration(reuse)).transpose()?,
            algorithm: row.algorithm.map(|name| Column(TABLE, "algorithm").word(&name)).transpose()?,
            owners: Column(TABLE, "owners").json(&row.owners)?,
        })
    }
}

pub async fn lookup(conn: &mut Conn<'_>, realm: &RealmId, audience: &str) -> Result<Option<Api>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM apis WHERE realm = $1 AND audience = $2");
    if !can_exist(audience) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, ApiRow>(SQL).bind(realm).bind(audience).fetch_optional(c).await)?;
    row.map(Api::try_from).transpose()
}

/// All of the realm, in the order of their audiences.
pub async fn list(conn: &mut Conn<'_>, realm: &RealmId) -> Result<Vec<Api>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM apis WHERE realm = $1 ORDER BY audience");
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, ApiRow>(SQL).bind(realm).fetch_all(c).await)?;
    rows.into_iter().map(Api::try_from).collect()
}

/// Writes the API, over what its audience was before.
pub async fn put(conn: &mut Conn<'_>, realm: &RealmId, api: &Api) -> Result<(), StoreError> {
    const SQL: &str = concat!(
        "INSERT INTO apis (realm, ",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (realm, audience) DO UPDATE \
         SET scopes = excluded.scopes, ttl_ms = excluded.ttl_ms, token_reuse_ms = excluded.token_reuse_ms, \
         algorithm = excluded.algorithm, owners = excluded.owners"
    );
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(realm)
            .bind(&api.audience)
            .bind(scope_list(&api.scopes))
            .bind(api.ttl.map(millis))
            .bind(api.token_reuse.map(millis))
            .bind(api.algorithm.map(Algorithm::as_str))
            .bind(list_of(api.owners.iter().map(ClientId::as_str)))
    )
    .map(drop)
}
