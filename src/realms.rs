//! The realms as this node knows them: issuer, APIs and key ring of each, read once and again whenever they change.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use http::request::Parts;

use crate::dialect::Dialects;
use crate::keys::{KeyRing, PublishedKey, RingError, SealError, Sealer, SigningKey};
use crate::model::{Algorithm, Api, KeyRecord, KeyState, Realm, RealmId, ScopeSet, without_port};
use crate::store::{self, Db, StoreError};

/// One realm, ready to issue.
#[derive(Debug)]
pub struct RealmContext {
    pub realm: Realm,
    /// The exact `iss`.
    pub issuer: Arc<str>,
    /// Where its own endpoints are, without a trailing slash.
    pub base_url: String,
    pub apis: Vec<Api>,
    pub ring: KeyRing,
    /// Its metadata, as it was written under these dialects.
    metadata: RwLock<Option<(Arc<Dialects>, Bytes)>>,
}

impl RealmContext {
    pub fn id(&self) -> &RealmId {
        &self.realm.id
    }

    /// Every scope that one of its APIs knows.
    pub fn scopes(&self) -> ScopeSet {
        self.apis.iter().flat_map(|api| api.scopes.iter().cloned()).collect()
    }

    /// Its metadata under these dialects, written once and sent many times.
    pub fn metadata(&self, dialects: &Arc<Dialects>, write: impl FnOnce() -> Bytes) -> Bytes {
        let written = self.metadata.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, document)) = written.as_ref().filter(|(under, _)| Arc::ptr_eq(under, dialects)) {
            return document.clone();
        }
        drop(written);
        let document = write();
        *self.metadata.write().unwrap_or_else(PoisonError::into_inner) = Some((dialects.clone(), document.clone()));
        document
    }

    /// The algorithms that it has an active key for.
    pub fn algorithms(&self) -> Vec<Algorithm> {
        Algorithm::ALL.iter().copied().filter(|algorithm| self.ring.signer(*algorithm).is_some()).collect()
    }
}

/// Why the realms could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RealmsError {
    #[error("the database did not answer: {0}")]
    Store(#[from] StoreError),
    #[error("realm `{realm}`: key `{kid}` cannot be opened: {source}; is this the master key that sealed it?")]
    Sealed { realm: RealmId, kid: String, source: SealError },
    #[error("realm `{realm}`: key `{kid}` is damaged: {problem}")]
    Damaged { realm: RealmId, kid: String, problem: String },
    #[error("realm `{realm}`: {source}")]
    Ring { realm: RealmId, source: RingError },
}

#[derive(Debug, Default)]
struct Snapshot {
    by_name: HashMap<String, Arc<RealmContext>>,
    /// Those that are bound to a host.
    with_host: Vec<Arc<RealmContext>>,
}

/// All realms.
#[derive(Debug)]
pub struct Realms {
    sealer: Sealer,
    public_url: String,
    known: RwLock<Arc<Snapshot>>,
    /// One reading at a time, or one that began earlier could end later, with what is no longer true.
    reading: tokio::sync::Mutex<()>,
}

impl Realms {
    pub async fn load(db: &Db, sealer: Sealer, public_url: String) -> Result<Self, RealmsError> {
        let realms = Self { sealer, public_url, known: RwLock::default(), reading: tokio::sync::Mutex::default() };
        realms.reload(db).await?;
        Ok(realms)
    }

    /// Reads everything again. Parsed keys are kept, since they never change under their `kid`.
    pub async fn reload(&self, db: &Db) -> Result<(), RealmsError> {
        let _turn = self.reading.lock().await;
        let before = self.snapshot();
        let mut session = db.read().await?;
        let mut fresh = Snapshot::default();
        for realm in store::realms::list(&mut session.conn()).await? {
            let apis = store::apis::list(&mut session.conn(), &realm.id).await?;
            let records = store::keys::list(&mut session.conn(), &realm.id).await?;
            let parsed = before.by_name.get(realm.id.as_str()).map(|known| &known.ring);
            let keys = records.into_iter().filter(|record| record.state.is_published());
            let keys = keys.map(|record| self.publish(record, parsed)).collect::<Result<Vec<_>, _>>()?;
            let (name, context) = (realm.id.as_str().to_owned(), Arc::new(self.context(realm, apis, keys)?));
            fresh.with_host.extend(context.realm.host.is_some().then(|| context.clone()));
            fresh.by_name.insert(name, context);
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        Ok(())
    }

    fn context(&self, realm: Realm, apis: Vec<Api>, keys: Vec<PublishedKey>) -> Result<RealmContext, RealmsError> {
        let base_url = match &realm.host {
            Some(host) => {
                let scheme = self.public_url.split_once("://").map_or("https", |(scheme, _)| scheme);
                format!("{scheme}://{host}")
            }
            None => format!("{}/realms/{}", self.public_url, realm.id),
        };
        let ring = KeyRing::new(keys).map_err(|source| RealmsError::Ring { realm: realm.id.clone(), source })?;
        Ok(RealmContext {
            issuer: realm.issuer_url(&self.public_url).into(),
            base_url,
            apis,
            ring,
            realm,
            metadata: RwLock::default(),
        })
    }

    fn publish(&self, record: KeyRecord, before: Option<&KeyRing>) -> Result<PublishedKey, RealmsError> {
        let damaged =
            |problem: String| RealmsError::Damaged { realm: record.realm.clone(), kid: record.kid.to_string(), problem };
        record.check().map_err(|fault| damaged(fault.to_string()))?;
        let signer = match (
            record.state,
            before.and_then(|ring| ring.signer(record.algorithm)).filter(|signer| *signer.kid() == record.kid),
        ) {
            (KeyState::Active, Some(parsed)) => Some(parsed.clone()),
            (KeyState::Active, None) => {
                let der = self
                    .sealer
                    .open(&sealing_context(&record.realm, record.kid.as_str()), &record.sealed)
                    .map_err(|source| RealmsError::Sealed { realm: record.realm.clone(), kid: record.kid.to_string(), source })?;
                let key = SigningKey::from_pkcs8(record.algorithm, Some(record.kid.clone()), der.expose());
                Some(Arc::new(key.map_err(|error| damaged(error.to_string()))?))
            }
            _ => None,
        };
        let jwk = serde_json::from_str(&record.public_jwk).map_err(|error| damaged(error.to_string()))?;
        Ok(PublishedKey { kid: record.kid, algorithm: record.algorithm, state: record.state, jwk, signer })
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn get(&self, name: &str) -> Option<Arc<RealmContext>> {
        self.snapshot().by_name.get(name).cloned()
    }

    /// The realm that a request's host is bound to.
    pub fn of_request(&self, head: &Parts) -> Option<Arc<RealmContext>> {
        let authority = authority(head)?;
        let is_here = |own: &str| [authority, without_port(authority)].iter().any(|host| host.eq_ignore_ascii_case(own));
        self.snapshot().with_host.iter().find(|context| context.realm.host.as_deref().is_some_and(is_here)).cloned()
    }

    pub fn all(&self) -> Vec<Arc<RealmContext>> {
        let mut all: Vec<_> = self.snapshot().by_name.values().cloned().collect();
        all.sort_by(|left, right| left.realm.id.cmp(&right.realm.id));
        all
    }

    pub fn sealer(&self) -> &Sealer {
        &self.sealer
    }
}

/// What a sealed private key is bound to.
pub fn sealing_context(realm: &RealmId, kid: &str) -> String {
    format!("key:{realm}:{kid}")
}

/// The authority that a request is for, as it was sent: of the target (HTTP/2, absolute form), else of the `Host` header.
pub fn authority(head: &Parts) -> Option<&str> {
    let target = head.uri.authority().map(http::uri::Authority::as_str);
    target.or_else(|| head.headers.get(http::header::HOST).and_then(|value| value.to_str().ok()))
}
