//! Tokens revoked one by one (RFC 7009): kept until they would have expired, read whole by a node that starts.

use super::{Conn, StoreError};
use crate::model::{RealmId, Timestamp, TokenId};

const TABLE: &str = "revoked_tokens";

/// A token that is good no more, whatever its signature says.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RevokedToken {
    pub realm: RealmId,
    pub id: TokenId,
    /// When it would have expired.
    pub expires_at: Timestamp,
}

/// Revokes the token; false if it was revoked already.
pub async fn add(conn: &mut Conn<'_>, token: &RevokedToken, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO revoked_tokens (realm, id, expires_at, revoked_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (realm, id) DO NOTHING";
    let rows = execute!(conn, TABLE, sqlx::query(SQL).bind(&token.realm).bind(&token.id).bind(token.expires_at).bind(now))?;
    Ok(rows == 1)
}

pub async fn contains(conn: &mut Conn<'_>, realm: &RealmId, id: &TokenId) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM revoked_tokens WHERE realm = $1 AND id = $2";
    let found = on!(conn, TABLE, c => sqlx::query_scalar::<_, i64>(SQL).bind(realm).bind(id).fetch_one(c).await)?;
    Ok(found > 0)
}

/// Every revoked token that would still be good, at most `limit`, the longest-lived first.
pub async fn live(conn: &mut Conn<'_>, now: Timestamp, limit: u32) -> Result<Vec<RevokedToken>, StoreError> {
    const SQL: &str = "SELECT realm, id, expires_at FROM revoked_tokens WHERE expires_at > $1 ORDER BY expires_at DESC LIMIT $2";
    on!(conn, TABLE, c => {
        sqlx::query_as::<_, RevokedToken>(SQL).bind(now).bind(i64::from(limit)).fetch_all(c).await
    })
}

/// Deletes what would have expired by `now`, at most `limit`: how many it deleted.
pub async fn prune(conn: &mut Conn<'_>, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM revoked_tokens WHERE (realm, id) IN \
                       (SELECT realm, id FROM revoked_tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    execute!(conn, TABLE, sqlx::query(SQL).bind(now).bind(i64::from(limit)))
}
