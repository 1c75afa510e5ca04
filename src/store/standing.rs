//! What decides, beside signature and times, whether a token is still good: the state of those it was issued to and about.

use super::row::{Column, can_exist};
use super::{Conn, StoreError};
use crate::model::{ClientId, InstitutionId, RealmId, ScopeSet, Timestamp, UserId};

/// The moment that `$3` makes of a `not_before`: at least a second after the one of before. A token issued right after that
/// one bears the second that follows it, and is to be revoked too.
macro_rules! later_moment {
    () => {
        "CASE WHEN not_before + 1000 > $3 THEN not_before + 1000 ELSE $3 END"
    };
}
pub(super) use later_moment;

/// The state of a client or an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    pub institution: Option<InstitutionId>,
    /// Switched off or blocked, or its institution is switched off.
    pub is_off: bool,
    /// Tokens issued up to this moment are revoked: its own or its institution's moment, whichever is later.
    pub not_before: Option<Timestamp>,
}

/// The state of a client, with what its tokens may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientStanding {
    pub party: Party,
    /// What it may be granted now.
    pub scopes: ScopeSet,
    /// A single-user client's account.
    pub user: Option<UserId>,
}

/// An account, or a client, with its institution's columns.
#[derive(sqlx::FromRow)]
struct PartyRow {
    institution_id: Option<InstitutionId>,
    off_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    i_id: Option<InstitutionId>,
    i_off_at: Option<Timestamp>,
    i_not_before: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    #[sqlx(flatten)]
    party: PartyRow,
    scopes: String,
    user_id: Option<UserId>,
}

impl PartyRow {
    fn party(self, table: &'static str) -> Result<Party, StoreError> {
        // An institution that is named and not there must not pass for none: its switch would be lost with it.
        if self.institution_id != self.i_id {
            return Err(Column(table, "institution_id").corrupt());
        }
        Ok(Party {
            institution: self.institution_id,
            is_off: self.off_at.is_some() || self.i_off_at.is_some(),
            not_before: self.not_before.max(self.i_not_before),
        })
    }
}

/// The columns of an institution that may not be there.
macro_rules! of_institution {
    () => {
        "i.id AS i_id, i.disabled_at AS i_off_at, i.not_before AS i_not_before"
    };
}

pub async fn of_client(conn: &mut Conn<'_>, realm: &RealmId, id: &ClientId) -> Result<Option<ClientStanding>, StoreError> {
    const TABLE: &str = "clients";
    const SQL: &str = concat!(
        "SELECT c.institution_id, c.disabled_at AS off_at, c.not_before, c.scopes, c.user_id, ",
        of_institution!(),
        " FROM clients c LEFT JOIN institutions i ON i.realm = c.realm AND i.id = c.institution_id \
         WHERE c.realm = $1 AND c.id = $2"
    );
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, ClientRow>(SQL).bind(realm).bind(id).fetch_optional(c).await)?;
    row.map(|row| {
        let scopes = Column(TABLE, "scopes").scopes(&row.scopes)?;
        Ok(ClientStanding { party: row.party.party(TABLE)?, scopes, user: row.user_id })
    })
    .transpose()
}

pub async fn of_user(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId) -> Result<Option<Party>, StoreError> {
    const TABLE: &str = "users";
    const SQL: &str = concat!(
        "SELECT u.institution_id, u.blocked_at AS off_at, u.not_before, ",
        of_institution!(),
        " FROM users u LEFT JOIN institutions i ON i.realm = u.realm AND i.id = u.institution_id \
         WHERE u.realm = $1 AND u.id = $2"
    );
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, PartyRow>(SQL).bind(realm).bind(id).fetch_optional(c).await)?;
    row.map(|row| row.party(TABLE)).transpose()
}

/// The latest moment up to which tokens of one of the institution's clients or users are revoked.
pub async fn latest_of_members(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &InstitutionId,
) -> Result<Option<Timestamp>, StoreError> {
    const SQL: &str = "SELECT MAX(not_before) FROM \
                       (SELECT not_before FROM clients WHERE realm = $1 AND institution_id = $2 \
                       UNION ALL SELECT not_before FROM users WHERE realm = $1 AND institution_id = $2) AS members";
    on!(conn, "institutions", c => sqlx::query_scalar::<_, Option<Timestamp>>(SQL).bind(realm).bind(id).fetch_one(c).await)
}
