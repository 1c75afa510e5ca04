//! Users (accounts).

use super::institutions::{InstitutionRow, institution_columns};
use super::lockouts::{TriesRow, tries_columns};
use super::row::{Column, can_exist, list as text_list, scope_list};
use super::standing::later_moment;
use super::{Conn, Page, StoreError};
use crate::model::{Institution, InstitutionId, RealmId, Timestamp, Tries, User, UserId, Verifier};

const TABLE: &str = "users";

macro_rules! columns {
    () => {
        "u.realm, u.id, u.institution_id, u.email, u.name, u.roles, u.scopes, u.blocked_at, u.not_before, u.created_at"
    };
}

/// The statement that reads an account, up to its last condition.
macro_rules! select_account {
    ($condition:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", u.password_hash, u.totp_sealed, ",
            institution_columns!(),
            ", ",
            tries_columns!(),
            " FROM users u LEFT JOIN institutions i ON i.realm = u.realm AND i.id = u.institution_id \
             LEFT JOIN lockouts l ON l.realm = u.realm AND l.kind = 'user' AND l.id = u.id WHERE u.realm = $1 AND ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct UserRow {
    realm: RealmId,
    id: UserId,
    institution_id: Option<InstitutionId>,
    email: Option<String>,
    name: String,
    roles: String,
    scopes: Option<String>,
    blocked_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    created_at: Timestamp,
}

impl TryFrom<UserRow> for User {
    type Error = StoreError;

    fn try_from(row: UserRow) -> Result<Self, StoreError> {
        Ok(Self {
            realm: row.realm,
            id: row.id,
            institution: row.institution_id,
            email: row.email,
            name: row.name,
            roles: Column(TABLE, "roles").json(&row.roles)?,
            scopes: row.scopes.map(|scopes| Column(TABLE, "scopes").scopes(&scopes)).transpose()?,
            blocked_at: row.blocked_at,
            not_before: row.not_before,
            created_at: row.created_at,
        })
    }
}

/// All that decides whether a person may have a token.
#[derive(Clone, Debug, PartialEq)]
pub struct UserAccount {
    pub user: User,
    pub institution: Option<Institution>,
    pub password: Option<Verifier>,
    /// The seed of its one-time passwords, sealed under the master key.
    pub totp_sealed: Option<Vec<u8>>,
    pub tries: Tries,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: Option<String>,
    totp_sealed: Option<Vec<u8>>,
    #[sqlx(flatten)]
    institution: InstitutionRow,
    #[sqlx(flatten)]
    tries: TriesRow,
}

impl TryFrom<AccountRow> for UserAccount {
    type Error = StoreError;

    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let user = User::try_from(row.user)?;
        Ok(Self {
            institution: row.institution.of(&user.realm, user.institution.as_ref())?,
            password: row.password_hash.map(Verifier::Hash),
            totp_sealed: row.totp_sealed,
            tries: row.tries.tries()?,
            user,
        })
    }
}

/// The account with its institution and tries, by its normalised e-mail address, in one statement.
pub async fn find_by_email(conn: &mut Conn<'_>, realm: &RealmId, email: &str) -> Result<Option<UserAccount>, StoreError> {
    if !can_exist(email) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => {
        sqlx::query_as::<_, AccountRow>(select_account!("u.email = $2")).bind(realm).bind(email).fetch_optional(c).await
    })?;
    row.map(UserAccount::try_from).transpose()
}

/// The account with its institution and tries, in one statement.
pub async fn lookup_account(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId) -> Result<Option<UserAccount>, StoreError> {
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => {
        sqlx::query_as::<_, AccountRow>(select_account!("u.id = $2")).bind(realm).bind(id).fetch_optional(c).await
    })?;
    row.map(UserAccount::try_from).transpose()
}

pub async fn list(conn: &mut Conn<'_>, realm: &RealmId, page: &Page) -> Result<Vec<User>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM users u WHERE u.realm = $1 AND u.id > $2 ORDER BY u.id LIMIT $3");
    let rows = on!(conn, TABLE, c => {
        sqlx::query_as::<_, UserRow>(SQL).bind(realm).bind(page.after()).bind(page.limit()).fetch_all(c).await
    })?;
    rows.into_iter().map(User::try_from).collect()
}

/// Adds the account without password and second factor.
pub async fn add(conn: &mut Conn<'_>, user: &User) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO users (realm, id, institution_id, email, name, roles, scopes, blocked_at, created_at, \
                       updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&user.realm)
            .bind(&user.id)
            .bind(&user.institution)
            .bind(&user.email)
            .bind(&user.name)
            .bind(text_list(user.roles.iter().map(String::as_str)))
            .bind(user.scopes.as_ref().map(scope_list))
            .bind(user.blocked_at)
            .bind(user.created_at)
    )
    .map(drop)
}

/// Writes everything but id, switch, credentials and time of creation; false if there is no such account.
pub async fn update(conn: &mut Conn<'_>, user: &User, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET institution_id = $3, email = $4, name = $5, roles = $6, scopes = $7, updated_at = $8 \
                       WHERE realm = $1 AND id = $2";
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&user.realm)
            .bind(&user.id)
            .bind(&user.institution)
            .bind(&user.email)
            .bind(&user.name)
            .bind(text_list(user.roles.iter().map(String::as_str)))
            .bind(user.scopes.as_ref().map(scope_list))
            .bind(now)
    )?;
    Ok(rows == 1)
}

/// The account's institution, which stays what it is until the transaction ends; `None` if there is no such account.
pub async fn hold_institution(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &UserId,
) -> Result<Option<Option<InstitutionId>>, StoreError> {
    const SQL: &str = "UPDATE users SET updated_at = updated_at WHERE realm = $1 AND id = $2 RETURNING institution_id";
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    on!(conn, TABLE, c => sqlx::query_scalar::<_, Option<InstitutionId>>(SQL).bind(realm).bind(id).fetch_optional(c).await)
}

/// Blocks since `now`, or unblocks; false if it was so already or does not exist.
pub async fn set_blocked(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &UserId,
    blocked: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET blocked_at = $3, updated_at = $4 \
                       WHERE realm = $1 AND id = $2 AND (blocked_at IS NULL) <> ($3 IS NULL)";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(blocked.then_some(now)).bind(now))? == 1)
}

/// Revokes every token issued for the account up to `now`; false if there is no such account.
pub async fn revoke_tokens(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str =
        concat!("UPDATE users SET not_before = ", later_moment!(), ", updated_at = $3 WHERE realm = $1 AND id = $2");
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(now))? == 1)
}

/// Sets a new password by its hash; false if there is no such account.
pub async fn set_password(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &UserId,
    hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET password_hash = $3, updated_at = $4 WHERE realm = $1 AND id = $2";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(hash).bind(now))? == 1)
}

/// Replaces a password's hash by a better one of the same password, unless the password has changed since it was read.
pub async fn rehash(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId, old: &str, new: &str) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET password_hash = $4 WHERE realm = $1 AND id = $2 AND password_hash = $3";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(old).bind(new))? == 1)
}

/// Sets, replaces or takes away the second factor; false if there is no such account.
pub async fn set_totp(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &UserId,
    sealed: Option<&[u8]>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET totp_sealed = $3, totp_last_step = NULL, updated_at = $4 WHERE realm = $1 AND id = $2";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(sealed).bind(now))? == 1)
}

/// Consumes a time step of the second factor (RFC 6238, section 5.2): true for the one that is first to use a later step
/// than any before.
pub async fn consume_totp_step(conn: &mut Conn<'_>, realm: &RealmId, id: &UserId, step: i64) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE users SET totp_last_step = $3 WHERE realm = $1 AND id = $2 \
                       AND totp_sealed IS NOT NULL AND (totp_last_step IS NULL OR totp_last_step < $3)";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(step))? == 1)
}
