//! Wrong tries, counted exactly and durably: a try is reserved before anything is compared, in one conditional statement,
//! so that parallel guesses buy nothing and a restart forgets nothing.

use super::row::{Column, can_exist};
use super::{Conn, StoreError};
use crate::model::{LockoutPolicy, Principal, Timestamp, Tries};

const TABLE: &str = "lockouts";

/// The columns of a [`TriesRow`], from `lockouts l`.
macro_rules! tries_columns {
    () => {
        "l.failures AS l_failures, l.last_at AS l_last_at, l.locked_at AS l_locked_at"
    };
}
pub(super) use tries_columns;

/// The tries of a principal, or the absence of any in an outer join.
#[derive(sqlx::FromRow)]
pub(super) struct TriesRow {
    l_failures: Option<i64>,
    l_last_at: Option<Timestamp>,
    l_locked_at: Option<Timestamp>,
}

impl TriesRow {
    pub(super) fn tries(&self) -> Result<Tries, StoreError> {
        let failures = Column(TABLE, "failures").number(self.l_failures.unwrap_or(0))?;
        Ok(Tries { failures, last_at: self.l_last_at, locked_at: self.l_locked_at })
    }
}

/// [`Tries::is_locked`] in SQL: `$5` is the threshold, `$6` the time before which a lock has run out.
macro_rules! is_locked {
    () => {
        "((lockouts.locked_at IS NOT NULL OR lockouts.failures >= $5) AND COALESCE(lockouts.locked_at, lockouts.last_at) > $6)"
    };
}

/// May a secret be compared?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// Yes: the try is counted, as this one in a row.
    Granted { failures: u32 },
    /// No: nothing is compared and nothing counted.
    Locked,
}

/// Counts a try before its secret is compared. A lock that has run out begins a new count.
pub async fn reserve(
    conn: &mut Conn<'_>,
    who: &Principal,
    policy: &LockoutPolicy,
    now: Timestamp,
) -> Result<Reservation, StoreError> {
    const SQL: &str = concat!(
        "INSERT INTO lockouts (realm, kind, id, failures, last_at) VALUES ($1, $2, $3, 1, $4) \
         ON CONFLICT (realm, kind, id) DO UPDATE SET last_at = excluded.last_at, locked_at = NULL, failures = \
         CASE WHEN lockouts.locked_at IS NOT NULL OR lockouts.failures >= $5 THEN 1 ELSE lockouts.failures + 1 END \
         WHERE NOT ",
        is_locked!(),
        " RETURNING failures"
    );
    if policy.threshold == 0 {
        return Ok(Reservation::Granted { failures: 0 });
    }
    // Read to the end, although there is one row at most: SQLite commits only then, and tells only then if it could not.
    let rows = on!(conn, TABLE, c => {
        sqlx::query_scalar::<_, i64>(SQL)
            .bind(&who.realm).bind(who.kind.as_str()).bind(&who.id)
            .bind(now).bind(i64::from(policy.threshold)).bind(cutoff(policy, now))
            .fetch_all(c).await
    })?;
    Ok(match rows.as_slice() {
        [failures, ..] => Reservation::Granted { failures: Column(TABLE, "failures").number(*failures)? },
        [] => Reservation::Locked,
    })
}

/// Locks after a wrong try if it was the last one allowed. True only for the one that locked.
pub async fn lock_if_exhausted(
    conn: &mut Conn<'_>,
    who: &Principal,
    policy: &LockoutPolicy,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE lockouts SET locked_at = $4 \
                       WHERE realm = $1 AND kind = $2 AND id = $3 AND failures >= $5 AND locked_at IS NULL";
    if policy.threshold == 0 {
        return Ok(false);
    }
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL).bind(&who.realm).bind(who.kind.as_str()).bind(&who.id).bind(now).bind(i64::from(policy.threshold))
    )?;
    Ok(rows == 1)
}

/// Forgets the tries after a right one that was reserved; it counts as the last of them, so a lock that a parallel wrong one
/// has set meanwhile goes too: true if there was one.
pub async fn reset(conn: &mut Conn<'_>, who: &Principal) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM lockouts WHERE realm = $1 AND kind = $2 AND id = $3 RETURNING locked_at";
    let gone = on!(conn, TABLE, c => {
        sqlx::query_scalar::<_, Option<Timestamp>>(SQL).bind(&who.realm).bind(who.kind.as_str()).bind(&who.id).fetch_optional(c).await
    })?;
    Ok(gone.flatten().is_some())
}

/// Takes back one reserved try that turned out neither right nor wrong, and leaves the others.
pub async fn give_back(conn: &mut Conn<'_>, who: &Principal) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE lockouts SET failures = failures - 1 \
                       WHERE realm = $1 AND kind = $2 AND id = $3 AND failures > 0 AND locked_at IS NULL";
    execute!(conn, TABLE, sqlx::query(SQL).bind(&who.realm).bind(who.kind.as_str()).bind(&who.id)).map(drop)
}

/// Forgets the tries after a right secret that was found without a reservation; false if a lock stands, which it does not
/// lift.
pub async fn reset_if_open(
    conn: &mut Conn<'_>,
    who: &Principal,
    policy: &LockoutPolicy,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = concat!(
        "INSERT INTO lockouts (realm, kind, id, failures, last_at) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (realm, kind, id) DO UPDATE SET failures = 0, last_at = excluded.last_at, locked_at = NULL WHERE NOT ",
        is_locked!()
    );
    if policy.threshold == 0 {
        return Ok(true);
    }
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&who.realm)
            .bind(who.kind.as_str())
            .bind(&who.id)
            .bind(now)
            .bind(i64::from(policy.threshold))
            .bind(cutoff(policy, now))
    )?;
    Ok(rows == 1)
}

/// Forgets the tries by an operator's word; false if there were none.
pub async fn unlock(conn: &mut Conn<'_>, who: &Principal) -> Result<bool, StoreError> {
    const SQL: &str = "DELETE FROM lockouts WHERE realm = $1 AND kind = $2 AND id = $3 AND failures > 0";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(&who.realm).bind(who.kind.as_str()).bind(&who.id))? == 1)
}

pub async fn lookup(conn: &mut Conn<'_>, who: &Principal) -> Result<Tries, StoreError> {
    const SQL: &str = concat!("SELECT ", tries_columns!(), " FROM lockouts l WHERE l.realm = $1 AND l.kind = $2 AND l.id = $3");
    if !can_exist(&who.id) {
        return Ok(Tries::default());
    }
    let row = on!(conn, TABLE, c => {
        sqlx::query_as::<_, TriesRow>(SQL).bind(&who.realm).bind(who.kind.as_str()).bind(&who.id).fetch_optional(c).await
    })?;
    row.as_ref().map_or_else(|| Ok(Tries::default()), TriesRow::tries)
}

/// The time before which a lock has run out; the beginning of time where locks do not.
fn cutoff(policy: &LockoutPolicy, now: Timestamp) -> Timestamp {
    policy.runs_out_before(now).unwrap_or(Timestamp::from_millis(i64::MIN))
}
