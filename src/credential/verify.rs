//! The one place where a presented secret or password is compared. Every refusal does the work that a comparison would
//! have done, and parallel guesses buy nothing.
//!
//! - A **generated** secret (256 random bits, known by its form) is compared by digest first. Nobody guesses it, so a right
//!   one costs no write; a wrong one is counted.
//! - A **chosen** secret or password is a slow hash. The try is counted in the database before the hash runs; a success
//!   resets the count. A client's secret that this node has verified before is recognised in memory by a keyed digest.
//! - **No target** (unknown, disabled, locked): the same statements and the same hash, against a decoy.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::digest::{DigestDomain, Pepper};
use super::hash::{self, Argon2Params};
use super::memo::{Memo, OpenTry, Recognition};
use super::pool::{HashPool, Permit, PoolBusy};
use super::{StoredAs, generated};
use crate::audit::{Actor, AuditEvent, Record, record_in};
use crate::clock::{Clock, Entropy};
use crate::error::{ErrorKind, OAuthError};
use crate::keys::MasterKey;
use crate::model::{
    ClientId, LockoutPolicy, Principal, PrincipalKind, Realm, SecretId, StoredSecret, Timestamp, Tries, UserId, Verifier,
};
use crate::secret::{Secret, ct_eq};
use crate::store::lockouts::{self, Reservation};
use crate::store::{self, Db, StoreError};

/// How the slow hash of a *generated* secret is marked, so that such a secret is never tried against chosen ones.
pub const GENERATED: &str = "generated:";

/// A verification that could not be made: the caller is answered 503, never 401.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Busy(#[from] PoolBusy),
    #[error("a stored hash cannot be run: {0}")]
    Hash(#[from] hash::HashError),
}

/// When trying again makes sense after the slow hashes were all busy.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Verified secrets that are recognised at a time.
const MEMO_CAPACITY: usize = 100_000;

impl From<CheckError> for OAuthError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::Busy(busy) => Self::unavailable(busy, RETRY_AFTER),
            CheckError::Hash(error) => Self { source: Some(error.into()), ..Self::new(ErrorKind::ServerError) },
        }
    }
}

/// Against what a client's secret is compared.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub principal: &'a Principal,
    pub secrets: &'a [StoredSecret],
    pub tries: Tries,
}

/// A try that is counted and not yet settled: so many in a row with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    failures: u32,
}

/// What a comparison found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict<T> {
    Right(T),
    Wrong,
    Locked,
}

/// What a [`CredentialChecker`] is made of.
#[derive(Debug)]
pub struct CheckerParts<'a> {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub master: &'a MasterKey,
    pub pool: HashPool,
    pub params: Argon2Params,
    pub stored_as: StoredAs,
}

/// Compares secrets and passwords, and keeps count.
#[derive(Debug)]
pub struct CredentialChecker {
    db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pepper: Pepper,
    memo: Memo,
    pool: HashPool,
    params: Argon2Params,
    stored_as: StoredAs,
    /// A hash of nothing that anybody knows, in today's parameters.
    decoy: Arc<str>,
    comparisons: AtomicU64,
}

impl CredentialChecker {
    /// Prepares the decoy, which costs one slow hash.
    pub fn new(parts: CheckerParts<'_>) -> Result<Self, hash::HashError> {
        let CheckerParts { db, clock, entropy, master, pool, params, stored_as } = parts;
        let nothing = crate::clock::random::<32>(&*entropy);
        let decoy = hash::hash(&nothing, hash::Salt::random(&*entropy), params)?.into();
        let (pepper, memo) = (Pepper::new(master), Memo::new(master, MEMO_CAPACITY));
        let comparisons = AtomicU64::new(0);
        Ok(Self { db, clock, entropy, pepper, memo, pool, params, stored_as, decoy, comparisons })
    }

    pub fn pool(&self) -> &HashPool {
        &self.pool
    }

    /// How many tries were run against the stored hash of somebody, the decoy's not counted: what guessing has bought.
    pub fn comparisons(&self) -> u64 {
        self.comparisons.load(Ordering::Relaxed)
    }

    /// Counts a try that is about to run, if it has something to run against.
    fn count_comparison(&self, has_hash: bool) {
        self.comparisons.fetch_add(u64::from(has_hash), Ordering::Relaxed);
    }

    pub fn pepper(&self) -> &Pepper {
        &self.pepper
    }

    /// What is stored in place of a value that we generated.
    pub fn digest(&self, domain: DigestDomain, value: &[u8]) -> [u8; 32] {
        self.pepper.digest(domain, value)
    }

    /// Compares a client's presented secret with its live ones. `readings` are the ways in which the same bytes can be read:
    /// together they are one try.
    pub async fn check_client(
        &self,
        realm: &Realm,
        target: Option<Target<'_>>,
        readings: &[&Secret<String>],
    ) -> Result<Verdict<SecretId>, CheckError> {
        let now = self.clock.now();
        let locked = target.is_some_and(|target| target.tries.is_locked(&realm.lockout, now));
        let open = target.filter(|_| !locked);
        let live = open.iter().flat_map(|target| target.secrets).filter(|secret| secret.is_live(now)).collect::<Vec<_>>();
        let is_generated = readings.iter().any(|reading| generated::is_well_formed(reading.expose()));
        if is_generated && let (Some(target), Some(id)) = (open, self.by_digest(&live, readings)) {
            return self.accept_unreserved(realm, target, id).await;
        }
        let hashes: Vec<Hashed<'_>> = live.iter().filter_map(|secret| Hashed::of(secret, is_generated)).collect();
        let verdict = if is_generated && hashes.is_empty() && self.stored_as == StoredAs::Digest {
            let principal = open.map(|target| target.principal);
            match self.reserve_or_decoy(realm, principal).await? {
                Some(reserved) => self.wrong(realm, principal, reserved).await.map(|()| Verdict::Wrong)?,
                None => Verdict::Locked,
            }
        } else {
            self.check_slowly(realm, open, &hashes, readings).await?
        };
        Ok(if locked { Verdict::Locked } else { verdict })
    }

    fn by_digest(&self, live: &[&StoredSecret], readings: &[&Secret<String>]) -> Option<SecretId> {
        let digests: Vec<_> =
            readings.iter().map(|reading| self.pepper.digest(DigestDomain::ClientSecret, reading.expose().as_bytes())).collect();
        // Every pair is compared, so that the time tells nothing of which one is right.
        let is_right = |stored: &[u8]| digests.iter().fold(false, |right, digest| right | ct_eq(stored, digest));
        live.iter().fold(None, |found, secret| match &secret.verifier {
            Verifier::Digest(stored) if is_right(stored) => Some(secret.id.clone()),
            _ => found,
        })
    }

    /// A right secret that no try was reserved for: it resets a count, and does not lift a lock.
    async fn accept_unreserved(&self, realm: &Realm, target: Target<'_>, id: SecretId) -> Result<Verdict<SecretId>, CheckError> {
        if target.tries.failures > 0 {
            let mut session = self.db.write().await?;
            if !lockouts::reset_if_open(&mut session.conn(), target.principal, &realm.lockout, self.clock.now()).await? {
                return Ok(Verdict::Locked);
            }
        }
        Ok(Verdict::Right(id))
    }

    async fn check_slowly(
        &self,
        realm: &Realm,
        open: Option<Target<'_>>,
        hashes: &[Hashed<'_>],
        readings: &[&Secret<String>],
    ) -> Result<Verdict<SecretId>, CheckError> {
        let _open_tries = match open.map(|target| (target, self.recognise(realm, target, hashes, readings))) {
            Some((target, Ok(id))) => return self.accept_unreserved(realm, target, id).await,
            Some((_, Err(open_tries))) => open_tries,
            None => Vec::new(),
        };
        // The work is made sure of before the try is counted: a busy server must not cost anybody a try.
        let permit = self.pool.acquire().await?;
        let principal = open.map(|target| target.principal);
        let Some(reserved) = self.reserve_or_decoy(realm, principal).await? else {
            self.compare(permit, &[], readings).await?;
            return Ok(Verdict::Locked);
        };
        match (principal, self.compare(permit, hashes, readings).await?) {
            (Some(principal), Some((hashed, reading))) => {
                self.succeeded(principal).await?;
                self.improve(hashed, reading).await?;
                self.memo.remember(&hashed.secret.id, hashed.secret.version, reading.expose().as_bytes());
                Ok(Verdict::Right(hashed.secret.id.clone()))
            }
            _ => self.wrong(realm, principal, reserved).await.map(|()| Verdict::Wrong),
        }
    }

    /// Looks whether this node has verified the secret before. If not, what it gives back is held until the try is counted.
    fn recognise(
        &self,
        realm: &Realm,
        target: Target<'_>,
        hashes: &[Hashed<'_>],
        readings: &[&Secret<String>],
    ) -> Result<SecretId, Vec<OpenTry>> {
        let threshold = realm.lockout.threshold;
        let left = (threshold > 0).then(|| threshold.saturating_sub(target.tries.failures));
        let client = (&target.principal.realm, &ClientId::new(&target.principal.id));
        let known: Vec<_> = hashes.iter().map(|hashed| (&hashed.secret.id, hashed.secret.version)).collect();
        let mut open_tries = Vec::new();
        for reading in readings {
            match self.memo.recognise(client, &known, reading.expose().as_bytes(), left) {
                Recognition::Recognised(id) => return Ok(id),
                Recognition::NotRecognised(open_try) => open_tries.extend(open_try),
            }
        }
        Err(open_tries)
    }

    /// The first pair of a hash and a reading that belong together. Without a hash, the decoy is worked on.
    async fn compare<'a>(
        &self,
        permit: Permit,
        hashes: &'a [Hashed<'a>],
        readings: &[&'a Secret<String>],
    ) -> Result<Option<(&'a Hashed<'a>, &'a Secret<String>)>, CheckError> {
        self.count_comparison(!hashes.is_empty());
        let texts: Vec<String> = match hashes {
            [] => vec![self.decoy.to_string()],
            hashes => hashes.iter().map(|hashed| hashed.text.to_owned()).collect(),
        };
        let secrets: Vec<Secret<String>> = readings.iter().map(|reading| (*reading).clone()).collect();
        let found = permit
            .run(move || {
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                // Every reading is tried, so that a right first one takes as long as a right second one.
                secrets.iter().enumerate().try_fold(None, |found, (index, secret)| {
                    let hit = hash::find(&texts, secret.expose().as_bytes())?;
                    Ok::<_, hash::HashError>(found.or(hit.map(|hash| (hash, index))))
                })
            })
            .await?;
        Ok(found?.and_then(|(hash, reading)| Some((hashes.get(hash)?, *readings.get(reading)?))))
    }

    /// Compares an account's password. A right one's try stays reserved: [`Self::succeeded`], [`Self::wrong`] or
    /// [`Self::give_back`] settles it once everything else that was presented is known to be right, wrong or missing.
    pub async fn check_password(
        &self,
        realm: &Realm,
        target: Option<(&Principal, Option<&Verifier>, Tries)>,
        password: &Secret<String>,
    ) -> Result<Verdict<Reserved>, CheckError> {
        let locked = target.is_some_and(|(_, _, tries)| tries.is_locked(&realm.lockout, self.clock.now()));
        let open = target.filter(|_| !locked).map(|(principal, hash, _)| (principal, hash));
        let permit = self.pool.acquire().await?;
        let principal = open.map(|(principal, _)| principal);
        let reserved = self.reserve_or_decoy(realm, principal).await?;
        let hash = open.and_then(|(_, verifier)| verifier).filter(|_| reserved.is_some()).and_then(|verifier| match verifier {
            Verifier::Hash(hash) => Some(hash.as_str()),
            Verifier::Digest(_) => None,
        });
        self.count_comparison(hash.is_some());
        let text = hash.map_or_else(|| self.decoy.to_string(), str::to_owned);
        let presented = password.clone();
        let is_right = permit.run(move || hash::verify(&text, presented.expose().as_bytes())).await??;
        match reserved.filter(|_| !locked) {
            None => Ok(Verdict::Locked),
            Some(reserved) if hash.is_some() && is_right => Ok(Verdict::Right(reserved)),
            Some(reserved) => self.wrong(realm, principal, reserved).await.map(|()| Verdict::Wrong),
        }
    }

    /// Counts a try before it is made. `None`: a lock stands.
    pub async fn reserve(&self, realm: &Realm, who: &Principal) -> Result<Option<Reserved>, StoreError> {
        self.reserve_under(&realm.lockout, who).await
    }

    async fn reserve_under(&self, policy: &LockoutPolicy, who: &Principal) -> Result<Option<Reserved>, StoreError> {
        let mut session = self.db.write().await?;
        match lockouts::reserve(&mut session.conn(), who, policy, self.clock.now()).await? {
            Reservation::Granted { failures } => Ok(Some(Reserved { failures })),
            Reservation::Locked => Ok(None),
        }
    }

    /// The same work for nobody: a principal that cannot exist, whose count never closes a lock.
    async fn reserve_or_decoy(&self, realm: &Realm, who: Option<&Principal>) -> Result<Option<Reserved>, StoreError> {
        if let Some(who) = who {
            return self.reserve(realm, who).await;
        }
        let threshold = if realm.lockout.threshold == 0 { 0 } else { u32::MAX };
        let nobody = Principal { realm: realm.id.clone(), kind: PrincipalKind::Client, id: String::new() };
        self.reserve_under(&LockoutPolicy { threshold, ..realm.lockout }, &nobody).await
    }

    /// Everything that was presented is right: forgets the tries.
    pub async fn succeeded(&self, who: &Principal) -> Result<(), StoreError> {
        let mut session = self.db.write().await?;
        lockouts::reset(&mut session.conn(), who).await
    }

    /// What was presented is neither right nor wrong: takes the reserved try back and leaves the others.
    pub async fn give_back(&self, who: &Principal) -> Result<(), StoreError> {
        let mut session = self.db.write().await?;
        lockouts::give_back(&mut session.conn(), who).await
    }

    /// A reserved try was wrong. If it was the last one allowed, the lock closes and is recorded, in one transaction.
    pub async fn wrong(&self, realm: &Realm, who: Option<&Principal>, reserved: Reserved) -> Result<(), CheckError> {
        let Some(who) = who.filter(|_| realm.lockout.threshold > 0 && reserved.failures >= realm.lockout.threshold) else {
            return Ok(());
        };
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        if lockouts::lock_if_exhausted(&mut tx.conn(), who, &realm.lockout, now).await? {
            record_in(&mut tx.conn(), &locked(who, now)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Hashes a verified secret again where its hash is foreign or in yesterday's parameters.
    async fn improve(&self, hashed: &Hashed<'_>, presented: &Secret<String>) -> Result<(), CheckError> {
        if !hash::needs_rehash(hashed.text, self.params) {
            return Ok(());
        }
        let (presented, params) = (presented.clone(), self.params);
        let salt = hash::Salt::of(hashed.text).unwrap_or_else(|| hash::Salt::random(&*self.entropy));
        let fresh = self.pool.acquire().await?.run(move || hash::hash(presented.expose().as_bytes(), salt, params)).await??;
        let fresh = format!("{}{fresh}", if hashed.is_generated { GENERATED } else { "" });
        let mut session = self.db.write().await?;
        store::secrets::rehash(&mut session.conn(), &hashed.secret.id, hashed.secret.version, &fresh).await?;
        Ok(())
    }
}

/// A live secret that is kept as a slow hash.
#[derive(Clone, Copy, Debug)]
struct Hashed<'a> {
    secret: &'a StoredSecret,
    text: &'a str,
    is_generated: bool,
}

impl<'a> Hashed<'a> {
    /// Of the form that was presented: a generated secret is never tried against a chosen one, nor the reverse.
    fn of(secret: &'a StoredSecret, presented_is_generated: bool) -> Option<Self> {
        let Verifier::Hash(hash) = &secret.verifier else { return None };
        let (text, is_generated) = hash.strip_prefix(GENERATED).map_or((hash.as_str(), false), |text| (text, true));
        (is_generated == presented_is_generated).then_some(Self { secret, text, is_generated })
    }
}

fn locked(who: &Principal, now: Timestamp) -> Record {
    let (event, client, user) = match who.kind {
        PrincipalKind::Client => (AuditEvent::ClientLocked, Some(ClientId::new(&who.id)), None),
        PrincipalKind::User => (AuditEvent::UserLocked, None, Some(UserId::new(&who.id))),
    };
    Record { realm: Some(who.realm.clone()), client, user, ..Record::new(now, event, Actor::System) }
}
