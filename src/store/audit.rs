//! The audit trail as rows. What they mean is [`crate::audit`]'s.

use super::batch::Batch;
use super::{Conn, StoreError};
use crate::model::{ClientId, InstitutionId, KeyId, RealmId, SecretId, Timestamp, UserId};

const TABLE: &str = "audit";

/// One row of the trail, its words spelt out.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    pub at: Timestamp,
    pub realm: Option<RealmId>,
    pub event: String,
    pub actor: String,
    #[sqlx(rename = "client_id")]
    pub client: Option<ClientId>,
    #[sqlx(rename = "user_id")]
    pub user: Option<UserId>,
    #[sqlx(rename = "institution_id")]
    pub institution: Option<InstitutionId>,
    #[sqlx(rename = "secret_id")]
    pub secret: Option<SecretId>,
    #[sqlx(rename = "key_id")]
    pub key: Option<KeyId>,
    #[sqlx(rename = "request_id")]
    pub request: Option<String>,
    pub ip: Option<String>,
    pub dialect: Option<String>,
    pub reason: Option<String>,
    /// A JSON object.
    pub detail: String,
}

/// Which rows of the trail to list.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    pub realm: Option<RealmId>,
    pub client: Option<ClientId>,
    /// Nothing that happened before.
    pub since: Option<Timestamp>,
    /// The number of the last row of the page before; 0 begins at the beginning.
    pub after: i64,
    pub limit: u32,
}

#[derive(sqlx::FromRow)]
struct NumberedRow {
    seq: i64,
    #[sqlx(flatten)]
    row: AuditRow,
}

const COLUMNS: usize = 14;

static INSERT: Batch = Batch::new(
    "INSERT INTO audit (at, realm, event, actor, client_id, user_id, institution_id, secret_id, key_id, request_id, ip, dialect, \
     reason, detail) SELECT * FROM (",
    COLUMNS,
    ") AS news WHERE column1 IS NOT NULL",
);

/// Adds rows, at most [`MOST`](super::batch::MOST), in one statement, so that a batch costs one round trip.
pub async fn add(conn: &mut Conn<'_>, rows: Vec<AuditRow>) -> Result<(), StoreError> {
    if rows.is_empty() {
        return Ok(());
    }
    let (sql, room) = INSERT.text(conn, rows.len()).ok_or(StoreError::Refused(TABLE))?;
    on!(conn, TABLE, c => {
        let mut statement = sqlx::query(sql);
        for row in rows {
            statement = statement.bind(row.at).bind(row.realm).bind(row.event).bind(row.actor).bind(row.client).bind(row.user)
                .bind(row.institution).bind(row.secret).bind(row.key).bind(row.request).bind(row.ip).bind(row.dialect)
                .bind(row.reason).bind(row.detail);
        }
        for _ in 0..room {
            statement = statement.bind(None::<Timestamp>);
            for _ in 1..COLUMNS {
                statement = statement.bind(None::<&str>);
            }
        }
        statement.execute(c).await.map(drop)
    })
}

/// Rows with their numbers, in the order in which they were written.
pub async fn list(conn: &mut Conn<'_>, filter: &AuditFilter) -> Result<Vec<(i64, AuditRow)>, StoreError> {
    const SQL: &str = "SELECT seq, at, realm, event, actor, client_id, user_id, institution_id, secret_id, key_id, request_id, \
                       ip, dialect, reason, detail FROM audit WHERE seq > $1 AND ($2 IS NULL OR realm = $2) \
                       AND ($3 IS NULL OR client_id = $3) AND ($4 IS NULL OR at >= $4) ORDER BY seq LIMIT $5";
    let rows = on!(conn, TABLE, c => {
        sqlx::query_as::<_, NumberedRow>(SQL)
            .bind(filter.after).bind(&filter.realm).bind(&filter.client).bind(filter.since).bind(i64::from(filter.limit))
            .fetch_all(c).await
    })?;
    Ok(rows.into_iter().map(|numbered| (numbered.seq, numbered.row)).collect())
}

/// Deletes rows from before `before`, oldest first, at most `limit`: how many it deleted.
pub async fn prune(conn: &mut Conn<'_>, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM audit WHERE seq IN (SELECT seq FROM audit WHERE at < $1 ORDER BY at LIMIT $2)";
    execute!(conn, TABLE, sqlx::query(SQL).bind(before).bind(i64::from(limit)))
}
