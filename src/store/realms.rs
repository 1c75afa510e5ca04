//! Realms: few, changed by operators only, cached by every node.

use super::row::{Column, can_exist, millis};
use super::{Conn, StoreError};
use crate::model::{LockoutPolicy, Realm, RealmId, Timestamp, Unlock};

const TABLE: &str = "realms";

#[derive(sqlx::FromRow)]
struct RealmRow {
    id: RealmId,
    issuer: Option<String>,
    host: Option<String>,
    algorithm: String,
    lockout_threshold: i64,
    unlock_after_ms: Option<i64>,
    max_token_ttl_ms: i64,
    jwks_max_age_ms: i64,
    created_at: Timestamp,
}

impl TryFrom<RealmRow> for Realm {
    type Error = StoreError;

    fn try_from(row: RealmRow) -> Result<Self, StoreError> {
        let unlock = match row.unlock_after_ms {
            None => Unlock::Manual,
            Some(after) => Unlock::After(Column(TABLE, "unlock_after_ms").duration(after)?),
        };
        Ok(Self {
            id: row.id,
            issuer: row.issuer,
            host: row.host,
            algorithm: Column(TABLE, "algorithm").word(&row.algorithm)?,
            lockout: LockoutPolicy { threshold: Column(TABLE, "lockout_threshold").number(row.lockout_threshold)?, unlock },
            max_token_ttl: Column(TABLE, "max_token_ttl_ms").duration(row.max_token_ttl_ms)?,
            jwks_max_age: Column(TABLE, "jwks_max_age_ms").duration(row.jwks_max_age_ms)?,
            created_at: row.created_at,
        })
    }
}

macro_rules! columns {
    () => {
        "id, issuer, host, algorithm, lockout_threshold, unlock_after_ms, max_token_ttl_ms, jwks_max_age_ms, created_at"
    };
}

fn unlock_after_ms(policy: &LockoutPolicy) -> Option<i64> {
    match policy.unlock {
        Unlock::Manual => None,
        Unlock::After(time) => Some(millis(time)),
    }
}

pub async fn lookup(conn: &mut Conn<'_>, id: &RealmId) -> Result<Option<Realm>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM realms WHERE id = $1");
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, RealmRow>(SQL).bind(id).fetch_optional(c).await)?;
    row.map(Realm::try_from).transpose()
}

/// All of them, in the order of their ids.
pub async fn list(conn: &mut Conn<'_>) -> Result<Vec<Realm>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM realms ORDER BY id");
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, RealmRow>(SQL).fetch_all(c).await)?;
    rows.into_iter().map(Realm::try_from).collect()
}

pub async fn add(conn: &mut Conn<'_>, realm: &Realm) -> Result<(), StoreError> {
    const SQL: &str = concat!("INSERT INTO realms (", columns!(), ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&realm.id)
            .bind(&realm.issuer)
            .bind(&realm.host)
            .bind(realm.algorithm.as_str())
            .bind(i64::from(realm.lockout.threshold))
            .bind(unlock_after_ms(&realm.lockout))
            .bind(millis(realm.max_token_ttl))
            .bind(millis(realm.jwks_max_age))
            .bind(realm.created_at)
    )
    .map(drop)
}

/// Writes everything but id and time of creation; false if there is no such realm.
pub async fn update(conn: &mut Conn<'_>, realm: &Realm) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE realms SET issuer = $2, host = $3, algorithm = $4, lockout_threshold = $5, unlock_after_ms = $6, \
                       max_token_ttl_ms = $7, jwks_max_age_ms = $8 WHERE id = $1";
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&realm.id)
            .bind(&realm.issuer)
            .bind(&realm.host)
            .bind(realm.algorithm.as_str())
            .bind(i64::from(realm.lockout.threshold))
            .bind(unlock_after_ms(&realm.lockout))
            .bind(millis(realm.max_token_ttl))
            .bind(millis(realm.jwks_max_age))
    )?;
    Ok(rows == 1)
}
