//! Institutions: partner organisations, with the one switch that turns off all that belongs to one.

use super::row::{Column, can_exist, list as text_list, scope_list};
use super::standing::later_moment;
use super::{Conn, Page, StoreError};
use crate::model::{Institution, InstitutionId, RateLimit, RealmId, Timestamp};

const TABLE: &str = "institutions";

/// The columns of an [`InstitutionRow`], from `institutions i`.
macro_rules! institution_columns {
    () => {
        "i.id AS i_id, i.name AS i_name, i.scopes AS i_scopes, i.claims AS i_claims, i.networks AS i_networks, \
         i.quota AS i_quota, i.disabled_at AS i_disabled_at, i.not_before AS i_not_before, i.created_at AS i_created_at"
    };
}
pub(super) use institution_columns;

/// An institution, or the absence of one in an outer join.
#[derive(sqlx::FromRow)]
pub(super) struct InstitutionRow {
    i_id: Option<InstitutionId>,
    i_name: Option<String>,
    i_scopes: Option<String>,
    i_claims: Option<String>,
    i_networks: Option<String>,
    i_quota: Option<String>,
    i_disabled_at: Option<Timestamp>,
    i_not_before: Option<Timestamp>,
    i_created_at: Option<Timestamp>,
}

impl InstitutionRow {
    fn institution(self, realm: &RealmId) -> Result<Institution, StoreError> {
        let claims = Column(TABLE, "claims");
        let networks = Column(TABLE, "networks");
        Ok(Institution {
            realm: realm.clone(),
            id: Column(TABLE, "id").required(self.i_id)?,
            name: Column(TABLE, "name").required(self.i_name)?,
            scopes: self.i_scopes.map(|scopes| Column(TABLE, "scopes").scopes(&scopes)).transpose()?,
            claims: claims.json(&claims.required(self.i_claims)?)?,
            networks: networks.json(&networks.required(self.i_networks)?)?,
            quota: self.i_quota.map(|quota| Column(TABLE, "quota").word(&quota)).transpose()?,
            disabled_at: self.i_disabled_at,
            not_before: self.i_not_before,
            created_at: Column(TABLE, "created_at").required(self.i_created_at)?,
        })
    }

    /// The institution that a joined row names. One that is named and not there must not pass for none: its switch would be
    /// lost with it.
    pub(super) fn of(self, realm: &RealmId, named: Option<&InstitutionId>) -> Result<Option<Institution>, StoreError> {
        named.map(|_| self.institution(realm)).transpose()
    }
}

pub async fn lookup(conn: &mut Conn<'_>, realm: &RealmId, id: &InstitutionId) -> Result<Option<Institution>, StoreError> {
    const SQL: &str = concat!("SELECT ", institution_columns!(), " FROM institutions i WHERE i.realm = $1 AND i.id = $2");
    if !can_exist(id.as_str()) {
        return Ok(None);
    }
    let row = on!(conn, TABLE, c => sqlx::query_as::<_, InstitutionRow>(SQL).bind(realm).bind(id).fetch_optional(c).await)?;
    row.map(|row| row.institution(realm)).transpose()
}

pub async fn list(conn: &mut Conn<'_>, realm: &RealmId, page: &Page) -> Result<Vec<Institution>, StoreError> {
    const SQL: &str = concat!(
        "SELECT ",
        institution_columns!(),
        " FROM institutions i WHERE i.realm = $1 AND i.id > $2 ORDER BY i.id LIMIT $3"
    );
    let rows = on!(conn, TABLE, c => {
        sqlx::query_as::<_, InstitutionRow>(SQL).bind(realm).bind(page.after()).bind(page.limit()).fetch_all(c).await
    })?;
    rows.into_iter().map(|row| row.institution(realm)).collect()
}

pub async fn add(conn: &mut Conn<'_>, institution: &Institution) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO institutions (realm, id, name, scopes, claims, networks, quota, disabled_at, created_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&institution.realm)
            .bind(&institution.id)
            .bind(&institution.name)
            .bind(institution.scopes.as_ref().map(scope_list))
            .bind(claims(institution))
            .bind(networks(institution))
            .bind(institution.quota.as_ref().map(RateLimit::to_string))
            .bind(institution.disabled_at)
            .bind(institution.created_at)
    )
    .map(drop)
}

/// Writes everything but id, switch and time of creation; false if there is no such institution.
pub async fn update(conn: &mut Conn<'_>, institution: &Institution) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE institutions SET name = $3, scopes = $4, claims = $5, networks = $6, quota = $7 \
                       WHERE realm = $1 AND id = $2";
    let rows = execute!(
        conn,
        TABLE,
        sqlx::query(SQL)
            .bind(&institution.realm)
            .bind(&institution.id)
            .bind(&institution.name)
            .bind(institution.scopes.as_ref().map(scope_list))
            .bind(claims(institution))
            .bind(networks(institution))
            .bind(institution.quota.as_ref().map(RateLimit::to_string))
    )?;
    Ok(rows == 1)
}

/// Switches off since `at`, or on again; false if it was so already or does not exist.
pub async fn set_disabled(
    conn: &mut Conn<'_>,
    realm: &RealmId,
    id: &InstitutionId,
    at: Option<Timestamp>,
) -> Result<bool, StoreError> {
    const SQL: &str = "UPDATE institutions SET disabled_at = $3 \
                       WHERE realm = $1 AND id = $2 AND (disabled_at IS NULL) <> ($3 IS NULL)";
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(at))? == 1)
}

/// Revokes every token issued to the institution's clients and users up to `now`; false if there is no such institution.
pub async fn revoke_tokens(conn: &mut Conn<'_>, realm: &RealmId, id: &InstitutionId, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = concat!("UPDATE institutions SET not_before = ", later_moment!(), " WHERE realm = $1 AND id = $2");
    Ok(execute!(conn, TABLE, sqlx::query(SQL).bind(realm).bind(id).bind(now))? == 1)
}

fn claims(institution: &Institution) -> String {
    serde_json::Value::Object(institution.claims.clone()).to_string()
}

fn networks(institution: &Institution) -> String {
    let networks: Vec<_> = institution.networks.iter().map(ToString::to_string).collect();
    text_list(networks.iter().map(String::as_str))
}
