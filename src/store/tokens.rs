//! Opaque tokens, by digest. A JWT has no row.

use super::row::{Column, list as text_list, scope_list};
use super::{Conn, StoreError};
use crate::model::{ClientId, RealmId, StoredToken, Timestamp, UserId};

const TABLE: &str = "tokens";

#[derive(sqlx::FromRow)]
struct TokenRow {
    realm: RealmId,
    client_id: ClientId,
    user_id: Option<UserId>,
    subject_client_id: Option<ClientId>,
    actors: String,
    scopes: String,
    audience: String,
    issued_at: Timestamp,
    expires_at: Timestamp,
    pending_at: Option<Timestamp>,
}

impl TryFrom<TokenRow> for StoredToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        Ok(Self {
            realm: row.realm,
            client: row.client_id,
            user: row.user_id,
            subject_client: row.subject_client_id,
            actors: Column(TABLE, "actors").json(&row.actors)?,
            scopes: Column(TABLE, "scopes").scopes(&row.scopes)?,
            audience: Column(TABLE, "audience").json(&row.audience)?,
            issued_at: row.issued_at,
            expires_at: row.expires_at,
            pending_at: row.pending_at,
        })
    }
}

pub async fn add(conn: &mut Conn<'_>, digest: &[u8], token: &StoredToken) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO tokens (digest, realm, client_id, user_id, scopes, audience, issued_at, expires_at, \
                       pending_at, subject_client_id, actors) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(digest)
            .bind(&token.realm)
            .bind(&token.client)
            .bind(&token.user)
            .bind(scope_list(&token.scopes))
            .bind(text_list(token.audience.iter().map(String::as_str)))
            .bind(token.issued_at)
            .bind(token.expires_at)
            .bind(token.pending_at)
            .bind(&token.subject_client)
            .bind(text_list(token.actors.iter().map(ClientId::as_str)))
    )
    .map(drop)
}

/// The token with this digest, expired or not.
pub async fn find_by_digest(conn: &mut Conn<'_>, digest: &[u8]) -> Result<Option<StoredToken>, StoreError> {
    const SQL: &str = "SELECT realm, client_id, user_id, scopes, audience, issued_at, expires_at, pending_at, \
                       subject_client_id, actors FROM tokens WHERE digest = $1";
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, TokenRow>(SQL).bind(digest).fetch_optional(c).await)?;
    row.map(StoredToken::try_from).transpose()
}

/// Deletes tokens that have expired by `now`, oldest first, at most `limit`: how many it deleted.
pub async fn prune(conn: &mut Conn<'_>, now: Timestamp, limit: u32) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM tokens WHERE digest IN \
                       (SELECT digest FROM tokens WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";
    execute!(conn, TABLE, sqlx::query(SQL).bind(now).bind(i64::from(limit)))
}
