//! Signing keys: made, put into service, put out of it, with no verifier noticing.

use super::act::{Act, Subject};
use super::check::Checks;
use super::error::{Invalid, OpsError, first};
use super::{Ops, Put};
use crate::audit::{Actor, AuditEvent};
use crate::keys::lifecycle::{self, Transition, Wait};
use crate::keys::{KeyError, SigningKey};
use crate::model::{Algorithm, KeyId, KeyRecord, KeyState, RealmId};
use crate::realms::sealing_context;
use crate::secret::Secret;
use crate::store::{self, StoreError};

/// Long enough until 2030 and beyond (NIST SP 800-57, part 1), and what every partner's library takes.
const RSA_BITS: u32 = 2048;

/// A signing key to be.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    pub algorithm: Algorithm,
    /// The key's thumbprint (RFC 7638) unless given.
    pub kid: Option<KeyId>,
    /// A private key that exists; a new one unless given.
    pub pem: Option<Secret<String>>,
    #[serde(default = "rsa_bits")]
    pub rsa_bits: u32,
}

fn rsa_bits() -> u32 {
    RSA_BITS
}

impl NewKey {
    /// A new key with a name of its own.
    pub fn generated(algorithm: Algorithm) -> Self {
        Self { algorithm, kid: None, pem: None, rsa_bits: RSA_BITS }
    }

    fn check(&self) -> Vec<Invalid> {
        let mut checks = Checks::default();
        if let Some(kid) = &self.kid {
            checks.key_id(kid.as_str());
        }
        checks.faults()
    }

    fn make(self) -> Result<SigningKey, KeyError> {
        match self.pem {
            None => SigningKey::generate(self.algorithm, self.kid, self.rsa_bits),
            Some(pem) => SigningKey::from_pem(self.algorithm, self.kid, pem.expose()),
        }
    }
}

impl Ops {
    /// The realm's keys, retired ones included, oldest first.
    pub async fn keys(&self, realm: &RealmId) -> Result<Vec<KeyRecord>, OpsError> {
        self.realm(realm).await?;
        Ok(store::keys::list(&mut self.db.read().await?.conn(), realm).await?)
    }

    /// Publishes a key. The first of its realm and algorithm signs at once, since nobody can have cached a JWKS without it.
    pub async fn prepare_key(&self, actor: &Actor, realm: &RealmId, new: NewKey) -> Result<KeyRecord, OpsError> {
        first(new.check())?;
        self.realm(realm).await?;
        let record = self.sealed_key(realm, new).await?;
        let mut act = self.begin(actor).await?;
        let record = match signing(&mut act, realm, record.algorithm).await? {
            Some(_) => record,
            None => KeyRecord { state: KeyState::Active, activated_at: Some(record.created_at), ..record },
        };
        store::keys::add(&mut act.conn(), &record).await.map_err(|error| match error {
            StoreError::Conflict(_) => OpsError::Conflict(format!("key `{}`", record.kid)),
            error => error.into(),
        })?;
        act.tell(realm, Subject::Key(&record.kid), AuditEvent::KeyPrepared).await?;
        if record.state == KeyState::Active {
            act.tell(realm, Subject::Key(&record.kid), AuditEvent::KeyActivated).await?;
        }
        act.commit().await?;
        Ok(record)
    }

    /// Sees that the realm can sign with this algorithm.
    pub(super) async fn first_key(&self, actor: &Actor, realm: &RealmId, algorithm: Algorithm) -> Result<Put, OpsError> {
        let keys = self.keys(realm).await?;
        if keys.iter().any(|key| key.algorithm == algorithm && key.state == KeyState::Active) {
            return Ok(Put::Unchanged);
        }
        self.prepare_key(actor, realm, NewKey::generated(algorithm)).await.map(|_| Put::Created)
    }

    /// Lets a published key sign from now on; the one that did so far goes into grace.
    pub async fn activate_key(&self, actor: &Actor, realm: &RealmId, kid: &KeyId, wait: Wait) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        let rules = act.realm(realm).await?;
        let key = existing(&mut act, realm, kid).await?;
        let transition = lifecycle::activate(&key, act.now, &rules, wait)?;
        if let Some(signing) = signing(&mut act, realm, key.algorithm).await? {
            let superseded = lifecycle::supersede(&signing, act.now)?;
            step(&mut act, &signing, superseded, AuditEvent::KeyGraced).await?;
        }
        step(&mut act, &key, transition, AuditEvent::KeyActivated).await?;
        act.commit().await
    }

    /// Takes a key that signs no more out of the JWKS.
    pub async fn retire_key(&self, actor: &Actor, realm: &RealmId, kid: &KeyId, wait: Wait) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        let rules = act.realm(realm).await?;
        let key = existing(&mut act, realm, kid).await?;
        let transition = lifecycle::retire(&key, act.now, &rules, wait)?;
        step(&mut act, &key, transition, AuditEvent::KeyRetired).await?;
        act.commit().await
    }

    /// A prepublished key, sealed.
    async fn sealed_key(&self, realm: &RealmId, new: NewKey) -> Result<KeyRecord, OpsError> {
        // Making an RSA key takes a good part of a second.
        let made = tokio::task::spawn_blocking(move || new.make()).await;
        let key = made.map_err(|error| OpsError::Broken(error.to_string()))??;
        let context = sealing_context(realm, key.kid().as_str());
        let sealed = self.sealer.seal(&context, key.to_pkcs8()?.expose(), &*self.entropy)?;
        let now = self.now();
        Ok(KeyRecord {
            realm: realm.clone(),
            kid: key.kid().clone(),
            algorithm: key.algorithm(),
            state: KeyState::Prepublished,
            public_jwk: serde_json::to_string(key.public_jwk()).map_err(|error| OpsError::Broken(error.to_string()))?,
            sealed,
            created_at: now,
            published_at: now,
            activated_at: None,
            grace_at: None,
            retired_at: None,
        })
    }
}

async fn existing(act: &mut Act<'_>, realm: &RealmId, kid: &KeyId) -> Result<KeyRecord, OpsError> {
    let keys = store::keys::list(&mut act.conn(), realm).await?;
    let key = keys.into_iter().find(|key| key.kid == *kid);
    key.ok_or_else(|| OpsError::NotFound(format!("key `{}`", kid.as_str().escape_debug())))
}

async fn signing(act: &mut Act<'_>, realm: &RealmId, algorithm: Algorithm) -> Result<Option<KeyRecord>, OpsError> {
    let keys = store::keys::list(&mut act.conn(), realm).await?;
    Ok(keys.into_iter().find(|key| key.algorithm == algorithm && key.state == KeyState::Active))
}

async fn step(act: &mut Act<'_>, key: &KeyRecord, transition: Transition, event: AuditEvent) -> Result<(), OpsError> {
    let Transition { to, at } = transition;
    if !store::keys::transition(&mut act.conn(), &key.realm, &key.kid, key.state, to, at).await? {
        return Err(OpsError::refused(format!("the key `{}` has just changed", key.kid), "look again"));
    }
    act.tell(&key.realm, Subject::Key(&key.kid), event).await
}
