//! What changed, told to the other nodes: each reads this table a few times a second and drops what it cached.

use std::collections::BTreeMap;
use std::time::Duration;

use super::row::Column;
use super::{Conn, StoreError};
use crate::closed;
use crate::model::{RealmId, Timestamp};

const TABLE: &str = "changes";

/// How long a number may stay invisible after a later one was seen: far longer than any transaction can take.
const OVERLAP: Duration = Duration::from_secs(30);

closed! {
    /// What kind of thing changed.
    pub enum ChangeKind {
        Realm = "realm",
        Api = "api",
        Key = "key",
        Institution = "institution",
        Client = "client",
        Secret = "secret",
        User = "user",
        Token = "token",
    }
}

impl ChangeKind {
    /// Is it part of what a node holds of a realm as a whole?
    pub const fn concerns_realm(self) -> bool {
        matches!(self, Self::Realm | Self::Api | Self::Key)
    }
}

/// A thing that nodes may have cached is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub realm: Option<RealmId>,
    pub kind: ChangeKind,
    /// Which one; `None`: any.
    pub id: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ChangeRow {
    seq: i64,
    realm: Option<RealmId>,
    kind: String,
    id: Option<String>,
}

/// Tells of a change, in the transaction that makes it.
pub async fn append(conn: &mut Conn<'_>, change: &Change, now: Timestamp) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO changes (at, realm, kind, id) VALUES ($1, $2, $3, $4)";
    execute!(conn, TABLE, sqlx::query(SQL).bind(now).bind(&change.realm).bind(change.kind.as_str()).bind(&change.id)).map(drop)
}

/// Tells of the first wrong try in a row of a client, `failures` being how many there are: a node that remembers a client
/// believes that there are none. The statement is sent whoever was tried, so that unknown ones cost the same.
pub async fn append_first_try(
    conn: &mut Conn<'_>,
    (realm, client): (&RealmId, Option<&str>),
    failures: u32,
    now: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO changes (at, realm, kind, id) SELECT $1, $2, $3, $4 WHERE $4 IS NOT NULL AND $5 = 1";
    let kind = ChangeKind::Client.as_str();
    execute!(conn, TABLE, sqlx::query(SQL).bind(now).bind(realm).bind(kind).bind(client).bind(i64::from(failures))).map(drop)
}

/// The changes numbered after this one. A number becomes visible when its transaction commits, so possibly after a higher
/// one: follow the table with a [`ChangeReader`].
pub async fn since(conn: &mut Conn<'_>, after: i64) -> Result<Vec<(i64, Change)>, StoreError> {
    const SQL: &str = "SELECT seq, realm, kind, id FROM changes WHERE seq > $1 ORDER BY seq";
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, ChangeRow>(SQL).bind(after).fetch_all(c).await)?;
    let change = |row: ChangeRow| {
        let kind = Column(TABLE, "kind").word(&row.kind)?;
        Ok((row.seq, Change { realm: row.realm, kind, id: row.id }))
    };
    rows.into_iter().map(change).collect()
}

/// Deletes changes from before `before`, at most `limit`: how many it deleted. Keep them far longer than any node goes
/// without reading; a node that could not read for that long must drop its whole cache.
pub async fn prune(conn: &mut Conn<'_>, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    const SQL: &str = "DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE at < $1 ORDER BY seq LIMIT $2)";
    execute!(conn, TABLE, sqlx::query(SQL).bind(before).bind(i64::from(limit)))
}

/// Follows the table and tells each change once, late ones included: it reads again what it saw lately, and passes over a
/// number only once nothing before it can still appear.
///
/// A new reader begins with all that the table holds. Begin to read before filling a cache, so that nothing falls between.
#[derive(Debug, Default)]
pub struct ChangeReader {
    after: i64,
    /// Numbers above `after`, and when each was seen.
    seen: BTreeMap<i64, Duration>,
}

impl ChangeReader {
    /// What is new. `now` is the monotonic time.
    pub async fn read(&mut self, conn: &mut Conn<'_>, now: Duration) -> Result<Vec<Change>, StoreError> {
        let rows = since(conn, self.after).await?;
        let mut news = Vec::new();
        for (seq, change) in rows {
            self.seen.entry(seq).or_insert_with(|| {
                news.push(change);
                now
            });
        }
        let settled = self.seen.iter().rev().find(|(_, seen)| now.saturating_sub(**seen) > OVERLAP).map(|(seq, _)| *seq);
        if let Some(settled) = settled {
            self.after = settled;
            self.seen.retain(|seq, _| *seq > settled);
        }
        Ok(news)
    }
}
