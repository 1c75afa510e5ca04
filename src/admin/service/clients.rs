//! Clients (service accounts): created, changed, switched off and on, unlocked.

use super::act::{Subject, existing_realm};
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::{Act, Listing, Ops, Put};
use crate::admin::Span;
use crate::audit::{Actor, AuditEvent};
use crate::clock::random_uuid;
use crate::model::{AuthMethod, Client, ClientId, GrantKind, InstitutionId, Principal, RealmId, ScopeSet, Timestamp, UserId};
use crate::store::{self, Conn, Page, StoreError};

/// A client to be.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewClient {
    /// A new UUID unless given.
    pub id: Option<ClientId>,
    /// Its id unless given.
    pub name: Option<String>,
    pub institution: Option<InstitutionId>,
    #[serde(default = "secret")]
    pub auth_method: AuthMethod,
    #[serde(default = "client_credentials")]
    pub grants: Vec<GrantKind>,
    #[serde(default)]
    pub scopes: ScopeSet,
    #[serde(default)]
    pub requires_mfa: bool,
    pub token_ttl: Option<Span>,
    /// For how long it is given the same token again; `0s`: never, whatever the APIs say.
    pub token_reuse: Option<Span>,
    /// A single-user client's account.
    pub user: Option<UserId>,
}

/// What becomes different; what is absent stays, `null` takes away.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClientChange {
    pub name: Option<String>,
    #[serde(deserialize_with = "super::nullable")]
    pub institution: Option<Option<InstitutionId>>,
    pub auth_method: Option<AuthMethod>,
    pub grants: Option<Vec<GrantKind>>,
    pub scopes: Option<ScopeSet>,
    pub requires_mfa: Option<bool>,
    #[serde(deserialize_with = "super::nullable")]
    pub token_ttl: Option<Option<Span>>,
    #[serde(deserialize_with = "super::nullable")]
    pub token_reuse: Option<Option<Span>>,
    #[serde(deserialize_with = "super::nullable")]
    pub user: Option<Option<UserId>>,
}

fn secret() -> AuthMethod {
    AuthMethod::Secret
}

fn client_credentials() -> Vec<GrantKind> {
    vec![GrantKind::ClientCredentials]
}

impl NewClient {
    /// A client with this id and these scopes that asks for itself with a secret.
    pub fn machine(id: ClientId, scopes: ScopeSet) -> Self {
        Self {
            id: Some(id),
            name: None,
            institution: None,
            auth_method: secret(),
            grants: client_credentials(),
            scopes,
            requires_mfa: false,
            token_ttl: None,
            token_reuse: None,
            user: None,
        }
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let id = self.id.clone().unwrap_or_else(|| ClientId::new(uuid::Uuid::nil()));
        faults(&self.clone().client(&RealmId::new(""), id, Timestamp::from_millis(0)))
    }

    fn client(self, realm: &RealmId, id: ClientId, created_at: Timestamp) -> Client {
        Client {
            realm: realm.clone(),
            name: self.name.unwrap_or_else(|| id.to_string()),
            id,
            institution: self.institution,
            auth_method: self.auth_method,
            grants: self.grants,
            scopes: self.scopes,
            requires_mfa: self.requires_mfa,
            token_ttl: self.token_ttl.map(|ttl| ttl.0),
            token_reuse: self.token_reuse.map(|reuse| reuse.0),
            user: self.user,
            disabled_at: None,
            not_before: None,
            created_at,
        }
    }
}

impl From<NewClient> for ClientChange {
    fn from(new: NewClient) -> Self {
        Self {
            name: new.name,
            institution: Some(new.institution),
            auth_method: Some(new.auth_method),
            grants: Some(new.grants),
            scopes: Some(new.scopes),
            requires_mfa: Some(new.requires_mfa),
            token_ttl: Some(new.token_ttl),
            token_reuse: Some(new.token_reuse),
            user: Some(new.user),
        }
    }
}

impl ClientChange {
    fn applied(self, before: &Client) -> Client {
        Client {
            name: self.name.unwrap_or_else(|| before.name.clone()),
            institution: self.institution.unwrap_or_else(|| before.institution.clone()),
            auth_method: self.auth_method.unwrap_or(before.auth_method),
            grants: self.grants.unwrap_or_else(|| before.grants.clone()),
            scopes: self.scopes.unwrap_or_else(|| before.scopes.clone()),
            requires_mfa: self.requires_mfa.unwrap_or(before.requires_mfa),
            token_ttl: self.token_ttl.map_or(before.token_ttl, |ttl| ttl.map(|ttl| ttl.0)),
            token_reuse: self.token_reuse.map_or(before.token_reuse, |reuse| reuse.map(|reuse| reuse.0)),
            user: self.user.unwrap_or_else(|| before.user.clone()),
            ..before.clone()
        }
    }
}

fn faults(client: &Client) -> Vec<Invalid> {
    let mut checks = Checks::default();
    checks.client_id("id", client.id.as_str());
    checks.name("name", &client.name);
    checks.scopes("scopes", &client.scopes);
    checks.require(!client.grants.is_empty(), "grants", "a client without grants could ask for nothing");
    let proves_itself = client.auth_method != AuthMethod::None || client.grants.iter().all(|grant| *grant == GrantKind::Password);
    let problem = "a client that does not authenticate (auth_method `none`) cannot ask for itself, nor exchange tokens";
    checks.require(proves_itself, "grants", problem);
    checks.require(client.token_ttl.is_none_or(|ttl| !ttl.is_zero()), "token_ttl", "tokens that live for 0 s are of no use");
    let has_home = client.user.is_none() || client.institution.is_some();
    checks.require(has_home, "user", "a client that always acts for one user belongs to that user's institution: give it one");
    checks.faults()
}

pub(super) async fn existing(conn: &mut Conn<'_>, realm: &RealmId, id: &ClientId) -> Result<Client, OpsError> {
    let client = store::clients::lookup(conn, realm, id).await?;
    client.ok_or_else(|| OpsError::NotFound(format!("client `{}`", id.as_str().escape_debug())))
}

/// What only the realm can tell.
async fn fits_realm(act: &mut Act<'_>, client: &Client) -> Result<(), OpsError> {
    let longest = act.realm(&client.realm).await?.max_token_ttl;
    if client.token_ttl.is_some_and(|ttl| ttl > longest) {
        return Err(OpsError::invalid("token_ttl", format!("no token of the realm lives longer than {}", Span(longest))));
    }
    super::institution_exists(act, &client.realm, client.institution.as_ref()).await?;
    match &client.user {
        None => Ok(()),
        Some(user) => acts_at_home(act, client, user).await,
    }
}

/// A single-user client acts for an account of its own institution.
async fn acts_at_home(act: &mut Act<'_>, client: &Client, user: &UserId) -> Result<(), OpsError> {
    let Some(home) = store::users::hold_institution(&mut act.conn(), &client.realm, user).await? else {
        return Err(OpsError::invalid("user", format!("there is no user `{user}` in this realm")));
    };
    if home.is_some() && home == client.institution {
        return Ok(());
    }
    Err(OpsError::invalid("user", format!("user `{user}` does not belong to the client's institution")))
}

impl Ops {
    pub async fn client(&self, realm: &RealmId, id: &ClientId) -> Result<Client, OpsError> {
        existing(&mut self.db.read().await?.conn(), realm, id).await
    }

    /// Have wrong secrets locked the client?
    pub async fn client_is_locked(&self, realm: &RealmId, id: &ClientId) -> Result<bool, OpsError> {
        self.is_locked(&Principal::client(realm, id)).await
    }

    pub async fn clients(&self, realm: &RealmId, page: &Page) -> Result<Listing<Client>, OpsError> {
        let mut session = self.db.read().await?;
        existing_realm(&mut session.conn(), realm).await?;
        let rows = store::clients::list(&mut session.conn(), realm, &super::and_one(page)).await?;
        Ok(Listing::cut(rows, page.limit, |client| client.id.as_str()))
    }

    pub async fn create_client(&self, actor: &Actor, realm: &RealmId, new: NewClient) -> Result<Client, OpsError> {
        let id = new.id.clone().unwrap_or_else(|| ClientId::new(random_uuid(&*self.entropy)));
        let client = new.client(realm, id, self.now());
        first(faults(&client))?;
        let mut act = self.begin(actor).await?;
        fits_realm(&mut act, &client).await?;
        store::clients::add(&mut act.conn(), &client).await.map_err(|error| match error {
            StoreError::Conflict(_) => OpsError::Conflict(format!("client `{}`", client.id)),
            error => error.into(),
        })?;
        act.tell(realm, Subject::Client(&client.id), AuditEvent::ClientCreated).await?;
        act.commit().await?;
        Ok(client)
    }

    pub async fn update_client(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &ClientId,
        change: ClientChange,
    ) -> Result<(Client, Put), OpsError> {
        let mut act = self.begin(actor).await?;
        let before = existing(&mut act.conn(), realm, id).await?;
        let after = change.applied(&before);
        if after == before {
            return Ok((after, Put::Unchanged));
        }
        first(faults(&after))?;
        fits_realm(&mut act, &after).await?;
        let now = act.now;
        store::clients::update(&mut act.conn(), &after, now).await?;
        act.tell(realm, Subject::Client(id), AuditEvent::ClientUpdated).await?;
        act.commit().await?;
        Ok((after, Put::Updated))
    }

    pub async fn disable_client(&self, actor: &Actor, realm: &RealmId, id: &ClientId) -> Result<Put, OpsError> {
        self.switch_client(actor, realm, id, (true, AuditEvent::ClientDisabled)).await
    }

    pub async fn enable_client(&self, actor: &Actor, realm: &RealmId, id: &ClientId) -> Result<Put, OpsError> {
        self.switch_client(actor, realm, id, (false, AuditEvent::ClientEnabled)).await
    }

    async fn switch_client(
        &self,
        actor: &Actor,
        realm: &RealmId,
        id: &ClientId,
        (disabled, event): (bool, AuditEvent),
    ) -> Result<Put, OpsError> {
        let mut act = self.begin(actor).await?;
        existing(&mut act.conn(), realm, id).await?;
        let now = act.now;
        if !store::clients::set_disabled(&mut act.conn(), realm, id, disabled, now).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::Client(id), event).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }

    /// Forgets the client's wrong tries, and with them its lock.
    pub async fn unlock_client(&self, actor: &Actor, realm: &RealmId, id: &ClientId) -> Result<Put, OpsError> {
        let mut act = self.begin(actor).await?;
        existing(&mut act.conn(), realm, id).await?;
        if !store::lockouts::unlock(&mut act.conn(), &Principal::client(realm, id)).await? {
            return Ok(Put::Unchanged);
        }
        act.tell(realm, Subject::Client(id), AuditEvent::ClientUnlocked).await?;
        act.commit().await?;
        Ok(Put::Updated)
    }
}
