//! The secrets of clients: added beside the old one, shown once, revoked. Nothing gives a stored one back.

use std::time::Duration;

use super::act::Subject;
use super::check::check_chosen_secret;
use super::clients::existing;
use super::error::{OpsError, first};
use super::{Act, LiveTokens, Ops};
use crate::audit::{Actor, AuditEvent};
use crate::clock::random_uuid;
use crate::credential::StoredAs;
use crate::credential::digest::DigestDomain;
use crate::credential::hash::{self, Salt};
use crate::credential::{GENERATED, generated};
use crate::model::{AuthMethod, Client, ClientId, Principal, RealmId, SecretId, StoredSecret, Verifier};
use crate::secret::{Secret, ct_eq};
use crate::store;

/// Where a new secret comes from.
#[derive(Clone, Debug)]
pub enum SecretSource {
    /// 256 random bits.
    Generated,
    /// An operator chose it.
    Chosen(Secret<String>),
    /// Only its hash is known, in one of the formats that [`hash::recognise`] knows.
    Imported(Secret<String>),
}

/// What becomes of the other secrets when one is added, and of the tokens that the client has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rotation {
    /// How much longer the others live: `None` leaves them alone, zero ends them now.
    pub overlap: Option<Duration>,
    pub tokens: LiveTokens,
}

impl From<Option<Duration>> for Rotation {
    fn from(overlap: Option<Duration>) -> Self {
        Self { overlap, ..Self::default() }
    }
}

/// A secret that was just added.
#[derive(Debug)]
pub struct AddedSecret {
    pub stored: StoredSecret,
    /// The secret itself if it was generated: this is the only time that it is seen.
    pub secret: Option<Secret<String>>,
    /// The other secrets that now end.
    pub superseded: Vec<SecretId>,
    /// The client was locked, or on its way there, until now.
    pub unlocked: bool,
}

/// What to do about the last live secret of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Last {
    /// Keep it, so that the client is not shut out by mistake.
    Keep,
    RevokeToo,
}

impl Ops {
    /// All secrets of the client, live or not, oldest first.
    pub async fn secrets(&self, realm: &RealmId, client: &ClientId) -> Result<Vec<StoredSecret>, OpsError> {
        let mut session = self.db.read().await?;
        existing(&mut session.conn(), realm, client).await?;
        Ok(store::secrets::list(&mut session.conn(), realm, client).await?)
    }

    /// Adds a secret. A new one from an operator also unlocks the client.
    pub async fn add_secret(
        &self,
        actor: &Actor,
        realm: &RealmId,
        client: &ClientId,
        source: SecretSource,
        rotation: impl Into<Rotation>,
    ) -> Result<AddedSecret, OpsError> {
        let Rotation { overlap, tokens } = rotation.into();
        let before = self.secrets(realm, client).await?;
        let (verifier, secret) = self.verifier(source, &before).await?;
        let mut act = self.begin(actor).await?;
        authenticates(&self.exclusively(&mut act, realm, client).await?)?;
        let stored = StoredSecret {
            id: SecretId::new(random_uuid(&*self.entropy)),
            verifier,
            version: 1,
            created_at: act.now,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        store::secrets::add(&mut act.conn(), realm, client, &stored).await?;
        act.tell(realm, Subject::Secret(client, &stored.id), AuditEvent::SecretAdded).await?;
        let superseded = match overlap {
            None => Vec::new(),
            Some(overlap) => supersede(&mut act, realm, client, (&stored.id, overlap)).await?,
        };
        self.respect_limit(&mut act, realm, client).await?;
        let unlocked = store::lockouts::unlock(&mut act.conn(), &Principal::client(realm, client)).await?;
        if unlocked {
            act.tell(realm, Subject::Client(client), AuditEvent::ClientUnlocked).await?;
        }
        tokens.of_client(&mut act, realm, client).await?;
        act.commit().await?;
        Ok(AddedSecret { stored, secret, superseded, unlocked })
    }

    /// Ends one secret at once.
    pub async fn revoke_secret(
        &self,
        actor: &Actor,
        realm: &RealmId,
        (client, id): (&ClientId, &SecretId),
        last: Last,
        tokens: LiveTokens,
    ) -> Result<(), OpsError> {
        let mut act = self.begin(actor).await?;
        self.exclusively(&mut act, realm, client).await?;
        let now = act.now;
        let secrets = store::secrets::list(&mut act.conn(), realm, client).await?;
        let Some(secret) = secrets.iter().find(|secret| secret.id == *id) else {
            return Err(OpsError::NotFound(format!("secret `{}`", id.as_str().escape_debug())));
        };
        let others = secrets.iter().filter(|other| other.id != *id && other.is_live(now)).count();
        if last == Last::Keep && others == 0 && secret.is_live(now) {
            return Err(OpsError::refused(
                "this is the last live secret: without it the client gets no token",
                "add a new one first, disable the client, or force it",
            ));
        }
        if store::secrets::revoke(&mut act.conn(), realm, client, id, now).await? {
            act.tell(realm, Subject::Secret(client, id), AuditEvent::SecretRevoked).await?;
        }
        tokens.of_client(&mut act, realm, client).await?;
        act.commit().await
    }

    /// Is this one of the client's live secrets? Asked by an operator who has it, so it counts as no try.
    pub(in crate::admin) async fn has_secret(
        &self,
        realm: &RealmId,
        client: &ClientId,
        secret: &Secret<String>,
    ) -> Result<bool, OpsError> {
        let now = self.now();
        let live = self.secrets(realm, client).await?.into_iter().filter(|secret| secret.is_live(now));
        let digest = self.pepper.digest(DigestDomain::ClientSecret, secret.expose().as_bytes());
        let mut hashes = Vec::new();
        for stored in live {
            match stored.verifier {
                Verifier::Digest(known) if ct_eq(&known, &digest) => return Ok(true),
                Verifier::Digest(_) => {}
                Verifier::Hash(hash) => hashes.push(hash.strip_prefix(GENERATED).map_or(hash.clone(), str::to_owned)),
            }
        }
        self.matches(hashes, secret).await
    }

    /// Is this the secret of one of these slow hashes?
    pub(super) async fn matches(&self, hashes: Vec<String>, secret: &Secret<String>) -> Result<bool, OpsError> {
        if hashes.is_empty() {
            return Ok(false);
        }
        let secret = secret.clone();
        let find = move || {
            let hashes: Vec<&str> = hashes.iter().map(String::as_str).collect();
            hash::find(&hashes, secret.expose().as_bytes()).map(|found| found.is_some())
        };
        self.slowly(find).await?.map_err(|error| OpsError::Broken(format!("a stored hash cannot be run: {error}")))
    }

    /// The slow hash of a secret that a human chose.
    pub(super) async fn slow_hash(&self, secret: &Secret<String>, salt: Option<Salt>) -> Result<String, OpsError> {
        let salt = salt.unwrap_or_else(|| Salt::random(&*self.entropy));
        let (secret, params) = (secret.clone(), self.secrets.argon2());
        let made = self.slowly(move || hash::hash(secret.expose().as_bytes(), salt, params)).await?;
        made.map_err(|error| OpsError::Broken(error.to_string()))
    }

    async fn slowly<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, OpsError> {
        self.pool.run(work).await.map_err(|busy| OpsError::Unavailable(busy.to_string()))
    }

    /// What is stored of a new secret, and the secret itself if it was generated.
    async fn verifier(
        &self,
        source: SecretSource,
        before: &[StoredSecret],
    ) -> Result<(Verifier, Option<Secret<String>>), OpsError> {
        match source {
            SecretSource::Generated => {
                let secret = generated::generate(&*self.entropy);
                let verifier = match self.secrets.hash {
                    StoredAs::Digest => {
                        Verifier::Digest(self.pepper.digest(DigestDomain::ClientSecret, secret.expose().as_bytes()).to_vec())
                    }
                    // The mark says that a presented secret that cannot be a generated one need not be run through it.
                    StoredAs::Argon2id => Verifier::Hash(format!("{GENERATED}{}", self.slow_hash(&secret, None).await?)),
                };
                Ok((verifier, Some(secret)))
            }
            SecretSource::Chosen(secret) => {
                first(check_chosen_secret(&secret))?;
                Ok((Verifier::Hash(self.slow_hash(&secret, shared_salt(before)).await?), None))
            }
            SecretSource::Imported(imported) => {
                hash::recognise(imported.expose()).map_err(|error| OpsError::invalid("hash", error.to_string()))?;
                Ok((Verifier::Hash(imported.expose().clone()), None))
            }
        }
    }

    /// The client, its row locked by a write: whoever else is about its secrets waits, so that counts are exact.
    async fn exclusively(&self, act: &mut Act<'_>, realm: &RealmId, id: &ClientId) -> Result<Client, OpsError> {
        let client = existing(&mut act.conn(), realm, id).await?;
        let now = act.now;
        store::clients::update(&mut act.conn(), &client, now).await?;
        Ok(client)
    }

    async fn respect_limit(&self, act: &mut Act<'_>, realm: &RealmId, client: &ClientId) -> Result<(), OpsError> {
        let now = act.now;
        let live = store::secrets::count_live(&mut act.conn(), realm, client, now).await?;
        let most = self.secrets.max_live;
        if live > u64::from(most) {
            let why = format!("the client has {most} live secrets, which is as many as secrets.max_live allows");
            return Err(OpsError::refused(why, "revoke one, or let the others end with an overlap of `0s`"));
        }
        Ok(())
    }
}

fn authenticates(client: &Client) -> Result<(), OpsError> {
    if client.auth_method == AuthMethod::None {
        let why = "a client that does not authenticate (auth_method `none`) has no secrets";
        return Err(OpsError::refused(why, "change its auth_method first"));
    }
    Ok(())
}

async fn supersede(
    act: &mut Act<'_>,
    realm: &RealmId,
    client: &ClientId,
    (keep, overlap): (&SecretId, Duration),
) -> Result<Vec<SecretId>, OpsError> {
    let ends_at = act.now.after(overlap);
    let superseded = store::secrets::supersede(&mut act.conn(), realm, client, keep, ends_at).await?;
    for id in &superseded {
        act.tell(realm, Subject::Secret(client, id), AuditEvent::SecretSuperseded).await?;
    }
    Ok(superseded)
}

/// The salt that the client's chosen secrets have in common, so that one run compares with all of them.
fn shared_salt(secrets: &[StoredSecret]) -> Option<Salt> {
    secrets.iter().rev().find_map(|secret| match &secret.verifier {
        Verifier::Hash(hash) => Salt::of(hash),
        Verifier::Digest(_) => None,
    })
}
