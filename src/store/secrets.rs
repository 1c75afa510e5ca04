//! The secrets of clients: several live ones at a time, so that rotation interrupts nobody.

use super::batch::Batch;
use super::row::Column;
use super::{Conn, StoreError};
use crate::model::{ClientId, RealmId, SecretId, StoredSecret, Timestamp, Verifier};

const TABLE: &str = "secrets";

/// The columns of a [`SecretRow`], from `secrets s`.
macro_rules! secret_columns {
    () => {
        "s.id AS s_id, s.digest AS s_digest, s.hash AS s_hash, s.version AS s_version, s.created_at AS s_created_at, \
         s.expires_at AS s_expires_at, s.revoked_at AS s_revoked_at, s.last_used_at AS s_last_used_at"
    };
}
pub(super) use secret_columns;

/// A secret, or the absence of one in an outer join.
#[derive(sqlx::FromRow)]
pub(super) struct SecretRow {
    s_id: Option<SecretId>,
    s_digest: Option<Vec<u8>>,
    s_hash: Option<String>,
    s_version: Option<i64>,
    s_created_at: Option<Timestamp>,
    s_expires_at: Option<Timestamp>,
    s_revoked_at: Option<Timestamp>,
    s_last_used_at: Option<Timestamp>,
}

impl SecretRow {
    pub(super) fn secret(self) -> Result<Option<StoredSecret>, StoreError> {
        let Some(id) = self.s_id else { return Ok(None) };
        let verifier = match (self.s_digest, self.s_hash) {
            (Some(digest), None) => Verifier::Digest(digest),
            (None, Some(hash)) => Verifier::Hash(hash),
            _ => return Err(Column(TABLE, "digest").corrupt()),
        };
        Ok(Some(StoredSecret {
            id,
            verifier,
            version: Column(TABLE, "version").required(self.s_version)?,
            created_at: Column(TABLE, "created_at").required(self.s_created_at)?,
            expires_at: self.s_expires_at,
            revoked_at: self.s_revoked_at,
            last_used_at: self.s_last_used_at,
        }))
    }
}

/// All of the client, oldest first, live or not.
pub async fn list(conn: &mut Conn<'_>, realm: &RealmId, client: &ClientId) -> Result<Vec<StoredSecret>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        secret_columns!(),
        " FROM secrets s WHERE s.realm = $1 AND s.client_id = $2 ORDER BY s.created_at, s.id"
    );
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, SecretRow>(SQL).bind(realm).bind(client).fetch_all(c).await)?;
    rows.into_iter().filter_map(|row| row.secret().transpose()).collect()
}

pub async fn count_live(conn: &mut Conn<'_>, realm: &RealmId, client: &ClientId, now: Timestamp) -> Result<u64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM secrets WHERE realm = $1 AND client_id = $2 \
                       AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)";
    let count = on!(conn, TABLE, c => {
        sqlx::query_scalar::<_, i64>(SQL).bind(realm).bind(client).bind(now).fetch_one(c).await
    })?;
    Column(TABLE, "count").number(count)
}

pub async fn add(conn: &mut Conn<'_>, realm: &RealmId, client: &ClientId, secret: &StoredSecret) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO secrets (id, realm, client_id, digest, hash, version, created_at, expires_at, revoked_at, \
                       last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let (digest, hash) = match &secret.verifier {
        Verifier::Digest(digest) => (Some(digest.as_slice()), None),
        Verifier::Hash(hash) => (None, Some(hash.as_str())),
    };
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&secret.id)
            .bind(realm)
            .bind(client)
            .bind(digest)
            .bind(hash)
            .bind(secret.version)
            .bind(secret.created_at)
            .bind(secret.expires_at)
            .bind(secret.revoked_at)
            .bind(secret.last_used_at)
    )
    .map(drop)
}

/// Ends one secret at once; false if it is not the client's or was revoked before.
pub async fn revoke(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    client: &ClientId,
    id: &SecretId,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE secrets SET revoked_at = $4, version = version + 1 \
                       WHERE id = $1 AND realm = $2 AND client_id = $3 AND revoked_at IS NULL";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(id).bind(realm).bind(client).bind(now))? == 1)
}

/// Lets every other secret of the client that would live longer end at `expires_at`, which may be now: the secrets that it
/// changed.
pub async fn supersede(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    client: &ClientId,
    keep: &SecretId,
    expires_at: Timestamp,
) -> Result<Vec<SecretId>, StoreError> {
    const SQL: &str = "UPDATE secrets SET expires_at = $4, version = version + 1 \
                       WHERE realm = $1 AND client_id = $2 AND id <> $3 \
                       AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $4) RETURNING id";
    on!(conn, TABLE, c => {
        sqlx::query_scalar(SQL).bind(realm).bind(client).bind(keep).bind(expires_at).fetch_all(c).await
    })
}

/// Replaces a slow hash by a better one of the same secret, unless the row has changed since it was read.
pub async fn rehash(conn: &mut Conn<'_>, id: &SecretId, expected_version: i64, hash: &str) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE secrets SET hash = $3, version = version + 1 \
                       WHERE id = $1 AND version = $2 AND hash IS NOT NULL AND revoked_at IS NULL";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(id).bind(expected_version).bind(hash))? == 1)
}

static TOUCH: Batch = Batch::new(
    "WITH uses (id, at) AS (",
    2,
    ") UPDATE secrets SET last_used_at = uses.at FROM uses \
     WHERE secrets.id = uses.id AND (last_used_at IS NULL OR last_used_at < uses.at)",
);

/// Notes when these secrets, at most [`MOST`](super::batch::MOST), were last used; never moves a time back, and leaves the
/// version, for nothing of weight changed.
pub async fn touch(conn: &mut Conn<'_>, uses: &[(SecretId, Timestamp)]) -> Result<(), StoreError> {
    if uses.is_empty() {
        return Ok(());
    }
    let (sql, room) = TOUCH.text(conn, uses.len()).ok_or(StoreError::Refused(TABLE))?;
    on!(conn, TABLE, c => {
        let mut statement = sqlx::query(sql);
        for (id, at) in uses {
            statement = statement.bind(id).bind(at);
        }
        for _ in 0..room {
            statement = statement.bind(None::<&str>).bind(None::<Timestamp>);
        }
        statement.execute(c).await.map(drop)
    })
}
