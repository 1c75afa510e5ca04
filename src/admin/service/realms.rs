//! Realms and their APIs: described as a whole, and made so.

use std::time::Duration;

use super::act::{Subject, existing_realm};
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::{Ops, Put};
use crate::admin::Span;
use crate::audit::{Actor, AuditEvent};
use crate::model::{Algorithm, Api, ClientId, LockoutPolicy, Realm, RealmId, ScopeSet, Timestamp, Unlock};
use crate::store;

/// A realm as an operator describes it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRealm {
    pub name: RealmId,
    pub issuer: Option<String>,
    pub host: Option<String>,
    #[serde(default = "rs256")]
    pub algorithm: Algorithm,
    #[serde(default)]
    pub lockout: LockoutRule,
    #[serde(default = "day")]
    pub max_token_ttl: Span,
    #[serde(default = "ten_minutes")]
    pub jwks_max_age: Span,
}

/// `{ threshold = 3, unlock = "manual" }` or `{ threshold = 10, unlock = "15m" }`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LockoutRule {
    pub threshold: u32,
    pub unlock: String,
}

impl Default for LockoutRule {
    fn default() -> Self {
        Self { threshold: 10, unlock: "15m".into() }
    }
}

fn rs256() -> Algorithm {
    Algorithm::Rs256
}

fn day() -> Span {
    Span(Duration::from_secs(86_400))
}

fn ten_minutes() -> Span {
    Span(Duration::from_secs(600))
}

impl LockoutRule {
    fn policy(&self) -> Result<LockoutPolicy, Invalid> {
        let unlock = match self.unlock.as_str() {
            "manual" => Unlock::Manual,
            span => match span.parse() {
                Ok(Span(after)) if !after.is_zero() => Unlock::After(after),
                Ok(_) => return Err(Invalid::new("lockout", "unlock after 0 s would be no lock; threshold = 0 turns locks off")),
                Err(fault) => return Err(Invalid::new("lockout", format!("unlock: {fault}, or `manual`"))),
            },
        };
        Ok(LockoutPolicy { threshold: self.threshold, unlock })
    }
}

impl NewRealm {
    /// A realm of this name with the defaults of everything else.
    pub fn named(name: RealmId) -> Self {
        Self {
            name,
            issuer: None,
            host: None,
            algorithm: rs256(),
            lockout: LockoutRule::default(),
            max_token_ttl: day(),
            jwks_max_age: ten_minutes(),
        }
    }

    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let mut checks = Checks::default();
        checks.realm_name(self.name.as_str());
        if let Some(issuer) = &self.issuer {
            let problem = "give an absolute URL or a path that begins with `/`, without query and fragment";
            checks.require(is_issuer(issuer), "issuer", problem);
        }
        if let Some(host) = &self.host {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.' | b':');
            let problem = "give a host in lower case, with its port where that is not the usual one";
            checks.require(!host.is_empty() && host.len() <= 253 && host.bytes().all(plain), "host", problem);
        }
        checks.require(!self.max_token_ttl.0.is_zero(), "max_token_ttl", "tokens that live for 0 s are of no use");
        let mut faults = checks.faults();
        faults.extend(self.lockout.policy().err());
        faults
    }

    fn realm(&self, created_at: Timestamp) -> Result<Realm, OpsError> {
        Ok(Realm {
            id: self.name.clone(),
            issuer: self.issuer.clone(),
            host: self.host.clone(),
            algorithm: self.algorithm,
            lockout: self.lockout.policy().map_err(OpsError::Invalid)?,
            max_token_ttl: self.max_token_ttl.0,
            jwks_max_age: self.jwks_max_age.0,
            created_at,
        })
    }
}

/// RFC 8414, section 2, and beside it a path below the server's own URL.
fn is_issuer(text: &str) -> bool {
    let plain = !text.contains(['?', '#']) && text.bytes().all(|byte| byte.is_ascii_graphic());
    let absolute = text.parse::<http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("https" | "http")));
    plain && (text.starts_with('/') || absolute)
}

/// An API as an operator describes it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewApi {
    pub audience: String,
    #[serde(default)]
    pub scopes: ScopeSet,
    pub ttl: Option<Span>,
    /// For how long a client that asks the same again is given the same token.
    pub token_reuse: Option<Span>,
    pub algorithm: Option<Algorithm>,
    /// The clients that serve it.
    #[serde(default)]
    pub owners: Vec<ClientId>,
}

impl NewApi {
    /// Everything that is wrong with it.
    pub fn check(&self) -> Vec<Invalid> {
        let mut checks = Checks::default();
        let fits = (1..=256).contains(&self.audience.len()) && self.audience.bytes().all(|byte| byte.is_ascii_graphic());
        checks.require(fits, "audience", "an audience is 1 to 256 printable ASCII characters without blanks, best a URL");
        checks.scopes("scopes", &self.scopes);
        checks.require(self.ttl.is_none_or(|ttl| !ttl.0.is_zero()), "ttl", "tokens that live for 0 s are of no use");
        let reuses = self.token_reuse.is_none_or(|reuse| !reuse.0.is_zero());
        checks.require(reuses, "token_reuse", "a window of 0 s is none: leave it out");
        // Of no client in particular: an API may be described before the clients that serve it. `doctor` finds who never came.
        for owner in &self.owners {
            checks.client_id("owners", owner.as_str());
        }
        checks.faults()
    }
}

impl Ops {
    pub async fn realm(&self, id: &RealmId) -> Result<Realm, OpsError> {
        let mut session = self.db.read().await?;
        existing_realm(&mut session.conn(), id).await
    }

    pub async fn realms(&self) -> Result<Vec<Realm>, OpsError> {
        Ok(store::realms::list(&mut self.db.read().await?.conn()).await?)
    }

    pub async fn apis(&self, realm: &RealmId) -> Result<Vec<Api>, OpsError> {
        Ok(store::apis::list(&mut self.db.read().await?.conn(), realm).await?)
    }

    /// Makes the realm as described, and gives it its first key.
    pub async fn put_realm(&self, actor: &Actor, new: &NewRealm) -> Result<Put, OpsError> {
        first(new.check())?;
        let mut act = self.begin(actor).await?;
        let realm = new.realm(act.now)?;
        let before = store::realms::lookup(&mut act.conn(), &realm.id).await?;
        let realm = Realm { created_at: before.as_ref().map_or(realm.created_at, |before| before.created_at), ..realm };
        let put = match before {
            None => {
                store::realms::add(&mut act.conn(), &realm).await.map_err(taken)?;
                act.tell(&realm.id, Subject::Realm, AuditEvent::RealmCreated).await?;
                Put::Created
            }
            Some(before) if before == realm => Put::Unchanged,
            Some(_) => {
                store::realms::update(&mut act.conn(), &realm).await.map_err(taken)?;
                act.tell(&realm.id, Subject::Realm, AuditEvent::RealmUpdated).await?;
                Put::Updated
            }
        };
        act.commit().await?;
        self.first_key(actor, &realm.id, realm.algorithm).await?;
        Ok(put)
    }

    /// Makes the API as described, and sees that the realm has a key for its algorithm.
    pub async fn put_api(&self, actor: &Actor, realm: &RealmId, new: &NewApi) -> Result<Put, OpsError> {
        first(new.check())?;
        let api = Api {
            audience: new.audience.clone(),
            scopes: new.scopes.clone(),
            ttl: new.ttl.map(|ttl| ttl.0),
            token_reuse: new.token_reuse.map(|reuse| reuse.0),
            algorithm: new.algorithm,
            owners: new.owners.clone(),
        };
        let mut act = self.begin(actor).await?;
        let longest = act.realm(realm).await?.max_token_ttl;
        if api.ttl.is_some_and(|ttl| ttl > longest) {
            return Err(OpsError::invalid("ttl", format!("no token of the realm lives longer than {}", Span(longest))));
        }
        let before = store::apis::lookup(&mut act.conn(), realm, &api.audience).await?;
        let put = match before {
            Some(before) if before == api => Put::Unchanged,
            before => {
                store::apis::put(&mut act.conn(), realm, &api).await?;
                act.tell(realm, Subject::Api(&api.audience), AuditEvent::ApiPut).await?;
                if before.is_some() { Put::Updated } else { Put::Created }
            }
        };
        act.commit().await?;
        if let Some(algorithm) = api.algorithm {
            self.first_key(actor, realm, algorithm).await?;
        }
        Ok(put)
    }
}

fn taken(error: store::StoreError) -> OpsError {
    match error {
        store::StoreError::Conflict(_) => OpsError::Conflict("a realm with this issuer or host".into()),
        error => error.into(),
    }
}
