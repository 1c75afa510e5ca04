//! Institutions: created, changed, and switched off and on as one.

use ipnet::IpNet;
use serde_json::{Map, Value};

use super::act::{Subject, existing_realm};
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::{Listing, Ops, Put};
use crate::audit::{Actor, AuditEvent};
use crate::clock::random_uuid;
use crate::model::{ENGINE_CLAIMS, Institution, InstitutionId, RateLimit, RealmId, ScopeSet, Timestamp};
use crate::store::{self, Conn, Page, StoreError};

/// An institution to be.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewInstitution {
    /// A UUID; a new one unless given.
    pub id: Option<InstitutionId>,
    pub name: String,
    pub scopes: Option<ScopeSet>,
    #[serde(default)]
    pub claims: Map<String, Value>,
    #[serde(default)]
    pub networks: Vec<IpNet>,
    pub quota: Option<RateLimit>,
}

/// What becomes different; what is absent stays, `null` takes away.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstitutionChange {
    pub name: Option<String>,
    #[serde(deserialize_with = "super::nullable")]
    pub scopes: Option<Option<ScopeSet>>,
    pub claims: Option<Map<String, Value>>,
    pub networks: Option<Vec<IpNet>>,
    #[serde(deserialize_with = "super::nullable")]
    pub quota: Option<Option<RateLimit>>,
}

impl NewInstitution {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let id = self.id.clone().unwrap_or_else(|| InstitutionId::new(uuid::Uuid::nil()));
        faults(&self.clone().institution(&RealmId::new(""), id, Timestamp::from_millis(0)))
    }

    fn institution(self, realm: &RealmId, id: InstitutionId, created_at: Timestamp) -> Institution {
        Institution {
            realm: realm.clone(),
            id,
            name: self.name,
            scopes: self.scopes,
            claims: self.claims,
            networks: self.networks,
            quota: self.quota,
            disabled_at: None,
            not_before: None,
            created_at,
        }
    }
}

impl From<NewInstitution> for InstitutionChange {
    fn from(new: NewInstitution) -> Self {
        Self {
            name: Some(new.name),
            scopes: Some(new.scopes),
            claims: Some(new.claims),
            networks: Some(new.networks),
            quota: Some(new.quota),
        }
    }
}

impl InstitutionChange {
    fn applied(self, before: &Institution) -> Institution {
        Institution {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            scopes: self.scopes.unwrap_or_else(|| before.scopes.clone()),
            claims: self.claims.unwrap_or_else(|| before.claims.clone()),
            networks: self.networks.unwrap_or_else(|| before.networks.clone()),
            quota: self.quota.unwrap_or(before.quota),
            ..before.clone()
        }
    }
}

fn faults(institution: &Institution) -> Vec<Invalid> {
    let mut checks = Checks::default();
    checks.institution_id(institution.id.as_str());
    checks.name("name", &institution.name);
    if let Some(scopes) = &institution.scopes {
        checks.scopes("scopes", scopes);
    }
    if let Some(claim) = institution.claims.keys().find(|claim| ENGINE_CLAIMS.contains(&claim.as_str())) {
        checks.require(false, "claims", format!("`{claim}` is a claim that every token has already"));
    }
    checks.faults()
}

fn unknown(id: &InstitutionId) -> OpsError {
    OpsError::NotFound(format!("institution `{}`", id.as_str().escape_debug()))
}

pub(super) async fn existing(conn: &mut Conn<'_>, realm: &RealmId, id: &InstitutionId) -> Result<Institution, OpsError> {
    store::institutions::lookup(conn, realm, id).await?.ok_or_else(|| unknown(id))
}

impl Ops {
    pub async fn institution(&self, realm: &RealmId, id: &InstitutionId) -> Result<Institution, OpsError> {
        existing(&mut self.db.read().await?.conn(), realm, id).await
    }

    pub async fn institutions(&self, realm: &RealmId, page: &Page) -> Result<Listing<Institution>, OpsError> {
        let mut session = self.db.read().await?;
        existing_realm(&mut session.conn(), realm).await?;
        let rows = store::institutions::list(&mut session.conn(), realm, &super::and_one(page)).await?;
        Ok(Listing::cut(rows, page.limit, |institution| institution.id.as_str()))
    }

    pub async fn create_institution(&self, actor: &Actor, realm: &RealmId, new: NewInstitution) -> Result<Institution, OpsError> {
        let id = new.id.clone().unwrap_or_else(|| InstitutionId::new(random_uuid(&*self.entropy)));
        let institution = new.institution(realm, id, self.now());
        first(faults(&institution))?;
        let mut act = self.begin(actor).await?;
        act.realm(realm).await?;
        store::institutions::add(&mut act.conn(), &institution).await.map_err(|error| match error {
            StoreError::Conflict(_) => OpsError::Conflict(format!("institution `{}`", institution.id)),
            error => error.into(),
        })?;
        act.tell(realm, Subject::Institution(&institution.id), AuditEvent::InstitutionCreated).await?;
        act.commit().await?;
        Ok(institution)
    }

    pub async fn update_institution(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &InstitutionId,
        change: InstitutionChange,
    ) -> Result<(Institution, Put), OpsError> {
        let mut act = self.begin(actor).await?;
        let before = existing(&mut act.conn(), realm, id).await?;
        let after = change.applied(&before);
        if after == before {
            return Ok((after, Put::Unchanged));
        }
        first(faults(&after))?;
        store::institutions::update(&mut act.conn(), &after).await?;
        act.tell(realm, Subject::Institution(id), AuditEvent::InstitutionUpdated).await?;
        act.commit().await?;
        Ok((after, Put::Updated))
    }

    /// The kill switch: everything that belongs to the institution is refused from now on.
    pub async fn disable_institution(&self, actor: &Actor, realm: &RealmId, id: &InstitutionId) -> Result<Put, OpsError> {
        let at = Some(self.now());
        self.switch_institution(actor, realm, id, (at, AuditEvent::InstitutionDisabled)).await
    }

    pub async fn enable_institution(&self, actor: &Actor, realm: &RealmId, id: &InstitutionId) -> Result<Put, OpsError> {
        self.switch_institution(actor, realm, id, (None, AuditEvent::InstitutionEnabled)).await
    }

    async fn switch_institution(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &InstitutionId,
        (disabled_at, event): (Option<Timestamp>, AuditEvent),
    ) -> Result<Put, OpsError> {
        let mut act = self.begin(actor).await?;
        existing(&mut act.conn(), realm, id).await?;
        if !store::institutions::set_disabled(&mut act.conn(), realm, id, disabled_at).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::Institution(id), event).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }
}
