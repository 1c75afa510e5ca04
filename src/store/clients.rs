//! Clients (service accounts).

use std::sync::Arc;

use super::institutions::{InstitutionRow, institution_columns};
use super::lockouts::{TriesRow, tries_columns};
use super::row::{Column, can_exist, list as text_list, millis, scope_list};
use super::secrets::{SecretRow, secret_columns};
use super::standing::later_moment;
use super::{Conn, Page, StoreError};
use crate::model::{Client, ClientId, GrantKind, Institution, InstitutionId, RealmId, StoredSecret, Timestamp, Tries, UserId};

const TABLE: &str = "clients";

macro_rules! columns {
    () => {
        "c.realm, c.id, c.name, c.institution_id, c.auth_method, c.grants, c.scopes, c.requires_mfa_at, c.token_ttl_ms, \
         c.token_reuse_ms, c.user_id, c.disabled_at, c.not_before, c.created_at"
    };
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    realm: RealmId,
    id: ClientId,
    name: String,
    institution_id: Option<InstitutionId>,
    auth_method: String,
    grants: String,
    scopes: String,
    requires_mfa_at: Option<Timestamp>,
    token_ttl_ms: Option<i64>,
    token_reuse_ms: Option<i64>,
    user_id: Option<UserId>,
    disabled_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
    created_at: Timestamp,
}

impl TryFrom<ClientRow> for Client {
    type Error = StoreError;

    fn try_from(row: ClientRow) -> Result<Self, StoreError> {
        Ok(Self {
            realm: row.realm,
            id: row.id,
            name: row.name,
            institution: row.institution_id,
            auth_method: Column(TABLE, "auth_method").word(&row.auth_method)?,
            grants: Column(TABLE, "grants").json(&row.grants)?,
            scopes: Column(TABLE, "scopes").scopes(&row.scopes)?,
            requires_mfa: row.requires_mfa_at.is_some(),
            token_ttl: row.token_ttl_ms.map(|ttl| Column(TABLE, "token_ttl_ms").duration(ttl)).transpose()?,
            token_reuse: row.token_reuse_ms.map(|reuse| Column(TABLE, "token_reuse_ms").duration(reuse)).transpose()?,
            user: row.user_id,
            disabled_at: row.disabled_at,
            not_before: row.not_before,
            created_at: row.created_at,
        })
    }
}

/// All that decides whether a client may have a token.
#[derive(Clone, Debug, PartialEq)]
pub struct ClientAccount {
    pub client: Arc<Client>,
    pub institution: Option<Arc<Institution>>,
    /// Oldest first, live or not.
    pub secrets: Vec<StoredSecret>,
    pub tries: Tries,
}

/// One row for each secret, the rest repeated; a client without secrets has one row.
#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    client: ClientRow,
    #[sqlx(flatten)]
    institution: InstitutionRow,
    #[sqlx(flatten)]
    secret: SecretRow,
    #[sqlx(flatten)]
    tries: TriesRow,
}

/// The client with its institution, secrets and tries, in one statement: the only read of a token request, and none where it is remembered.
pub async fn find_for_token(conn: &mut Conn<'_>, realm: &RealmId, id: &ClientId) -> Result<Option<ClientAccount>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        columns!(),
        ", ",
        institution_columns!(),
        ", ",
        secret_columns!(),
        ", ",
        tries_columns!(),
        " FROM clients c LEFT JOIN institutions i ON i.realm = c.realm AND i.id = c.institution_id \
         LEFT JOIN secrets s ON s.realm = c.realm AND s.client_id = c.id \
         LEFT JOIN lockouts l ON l.realm = c.realm AND l.kind = 'client' AND l.id = c.id \
         WHERE c.realm = $1 AND c.id = $2 ORDER BY s.created_at, s.id"
    );
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let rows = on!(conn, TABLE, c => sqlx::query_as::<_, AccountRow>(SQL).bind(realm).bind(id).fetch_all(c).await)?;
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else { return Ok(None) };
    let client = Arc::new(Client::try_from(first.client)?);
    let institution = first.institution.of(realm, client.institution.as_ref())?.map(Arc::new);
    let tries = first.tries.tries()?;
    let secrets = std::iter::once(first.secret).chain(rows.map(|row| row.secret));
    let secrets = secrets.filter_map(|row| row.secret().transpose()).collect::<Result<_, _>>()?;
    Ok(Some(ClientAccount { client, institution, secrets, tries }))
}

pub async fn lookup(conn: &mut Conn<'_>, realm: &RealmId, id: &ClientId) -> Result<Option<Client>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM clients c WHERE c.realm = $1 AND c.id = $2");
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, ClientRow>(SQL).bind(realm).bind(id).fetch_optional(c).await)?;
    row.map(Client::try_from).transpose()
}

pub async fn list(conn: &mut Conn<'_>, realm: &RealmId, page: &Page) -> Result<Vec<Client>, StoreError> {
    const SQL: &str = concat!("SELECT ", columns!(), " FROM clients c WHERE c.realm = $1 AND c.id > $2 ORDER BY c.id LIMIT $3");
    let rows = on!(conn, TABLE, c => {
        sqlx::query_as::<_, ClientRow>(SQL).bind(realm).bind(page.after()).bind(page.limit()).fetch_all(c).await
    })?;
    rows.into_iter().map(Client::try_from).collect()
}

/// How many clients always act for this account.
pub async fn count_of_user(conn: &mut Conn<'_>, realm: &RealmId, user: &UserId) -> Result<u64, StoreError> {
    const SQL: &str = "SELECT COUNT(*) FROM clients WHERE realm = $1 AND user_id = $2";
    let count = on!(conn, TABLE, c => sqlx::query_scalar::<_, i64>(SQL).bind(realm).bind(user).fetch_one(c).await)?;
    Column(TABLE, "count").number(count)
}

pub async fn add(conn: &mut Conn<'_>, client: &Client) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO clients (realm, id, name, institution_id, auth_method, grants, scopes, requires_mfa_at, \
                       token_ttl_ms, token_reuse_ms, user_id, disabled_at, created_at, updated_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)";
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&client.realm)
            .bind(&client.id)
            .bind(&client.name)
            .bind(&client.institution)
            .bind(client.auth_method.as_str())
            .bind(grants(client))
            .bind(scope_list(&client.scopes))
            .bind(client.requires_mfa.then_some(client.created_at))
            .bind(client.token_ttl.map(millis))
            .bind(client.token_reuse.map(millis))
            .bind(&client.user)
            .bind(client.disabled_at)
            .bind(client.created_at)
    )
    .map(drop)
}

/// Writes everything but id, switches and time of creation; false if there is no such client.
pub async fn update(conn: &mut Conn<'_>, client: &Client, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE clients SET name = $3, institution_id = $4, auth_method = $5, grants = $6, scopes = $7, \
                       requires_mfa_at = CASE WHEN $8 IS NULL THEN NULL ELSE COALESCE(requires_mfa_at, $8) END, \
                       token_ttl_ms = $9, token_reuse_ms = $10, user_id = $11, updated_at = $12 \
                       WHERE realm = $1 AND id = $2";
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&client.realm)
            .bind(&client.id)
            .bind(&client.name)
            .bind(&client.institution)
            .bind(client.auth_method.as_str())
            .bind(grants(client))
            .bind(scope_list(&client.scopes))
            .bind(client.requires_mfa.then_some(now))
            .bind(client.token_ttl.map(millis))
            .bind(client.token_reuse.map(millis))
            .bind(&client.user)
            .bind(now)
    )?;
    Ok(rows == 1)
}

/// Switches off since `now`, or on again; false if it was so already or does not exist.
pub async fn set_disabled(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &ClientId,
    disabled: bool,
    now: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE clients SET disabled_at = $3, updated_at = $4 \
                       WHERE realm = $1 AND id = $2 AND (disabled_at IS NULL) <> ($3 IS NULL)";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(disabled.then_some(now)).bind(now))? == 1)
}

/// Revokes every token issued to the client up to `now`; false if there is no such client.
pub async fn revoke_tokens(conn: &mut Conn<'_>, realm: &RealmId, id: &ClientId, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str =
        concat!("UPDATE clients SET not_before = ", later_moment!(), ", updated_at = $3 WHERE realm = $1 AND id = $2");
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(now))? == 1)
}

fn grants(client: &Client) -> String {
    text_list(client.grants.iter().copied().map(GrantKind::as_str))
}
