//! Signing keys, their private halves sealed.

use super::row::Column;
use super::{Conn, StoreError};
use crate::model::{KeyId, KeyRecord, KeyState, RealmId, Timestamp};

const TABLE: &str = "keys";

macro_rules! columns {
    () => {
        "realm, kid, algorithm, state, public_jwk, sealed, created_at, published_at, activated_at, grace_at, retired_at"
    };
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    realm: RealmId,
    kid: KeyId,
    algorithm: String,
    state: String,
    public_jwk: String,
    sealed: Vec<u8>,
    created_at: Timestamp,
    published_at: Timestamp,
    activated_at: Option<Timestamp>,
    grace_at: Option<Timestamp>,
    retired_at: Option<Timestamp>,
}

impl TryFrom<KeyRow> for KeyRecord {
    type Error = StoreError;

    fn try_from(row: KeyRow) -> Result<Self, StoreError> {
        Ok(Self {
            realm: row.realm,
            kid: row.kid,
            algorithm: Column(TABLE, "algorithm").word(&row.algorithm)?,
            state: Column(TABLE, "state").word(&row.state)?,
            public_jwk: row.public_jwk,
            sealed: row.sealed,
            created_at: row.created_at,
            published_at: row.published_at,
            activated_at: row.activated_at,
            grace_at: row.grace_at,
            retired_at: row.retired_at,
        })
    }
}

/// All of the realm, oldest first.
pub async fn list(conn: &mut Conn<'_>, realm: &RealmId) -> Result<Vec<KeyRecord>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM keys WHERE realm = $1 ORDER BY created_at, kid");
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, KeyRow>(SQL).bind(realm).fetch_all(c).await)?;
    rows.into_iter().map(KeyRecord::try_from).collect()
}

/// Adds a key; a second active one of its realm and algorithm is a conflict.
pub async fn add(conn: &mut Conn<'_>, key: &KeyRecord) -> Result<(), StoreError> {
    const SQL: &str = concat!("INSERT INTO keys (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)");
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&key.realm)
            .bind(&key.kid)
            .bind(key.algorithm.as_str())
            .bind(key.state.as_str())
            .bind(&key.public_jwk)
            .bind(&key.sealed)
            .bind(key.created_at)
            .bind(key.published_at)
            .bind(key.activated_at)
            .bind(key.grace_at)
            .bind(key.retired_at)
    )
    .map(drop)
}

/// Moves a key on; false if it is not in the state `from`, or if `to` would be a way back. To activate one while another
/// of its realm and algorithm is active is a conflict.
pub async fn transition(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    kid: &KeyId,
    from: KeyState,
    to: KeyState,
    at: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE keys SET state = $4, \
                       activated_at = CASE WHEN $4 = 'active' THEN $5 ELSE activated_at END, \
                       grace_at = CASE WHEN $4 = 'grace' THEN $5 ELSE grace_at END, \
                       retired_at = CASE WHEN $4 = 'retired' THEN $5 ELSE retired_at END \
                       WHERE realm = $1 AND kid = $2 AND state = $3";
    if to <= from {
        return Ok(false);
    }
    let rows = execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(kid).bind(from.as_str()).bind(to.as_str()).bind(at))?;
    Ok(rows == 1)
}
