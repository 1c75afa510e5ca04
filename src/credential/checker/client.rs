//! A client's secret against its live ones.

use super::{CheckError, CredentialChecker, GENERATED, Verdict};
use crate::credential::digest::DigestDomain;
use crate::credential::memo::{OpenTry, Recognition};
use crate::credential::pool::Permit;
use crate::credential::{StoredAs, generated, hash};
use crate::model::{ClientId, Principal, Realm, SecretId, StoredSecret, Timestamp, Tries, Verifier};
use crate::secret::{Secret, ct_eq};
use crate::store::{lockouts, secrets};

/// Against what a client's secret is compared.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub principal: &'a Principal,
    pub secrets: &'a [StoredSecret],
    pub tries: Tries,
}

/// A secret that was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    pub secret: SecretId,
    /// A slow hash ran for it, perhaps after a wait: long enough for the client to have been switched off meanwhile.
    pub took_time: bool,
}

impl CredentialChecker {
    /// Compares a client's presented secret with its live ones. `readings` are the ways in which the same bytes can be read:
    /// together they are one try.
    pub async fn check_client(
        &self,
        realm: &Realm,
        target: Option<Target<'_>>,
        readings: &[&Secret<String>],
    ) -> Result<Verdict<Proof>, CheckError> {
        let now = self.clock.now();
        let locked = target.is_some_and(|target| target.tries.is_locked(&realm.lockout, now));
        let open = target.filter(|_| !locked);
        // Held until the try is counted.
        let _open_tries = match open.map(|target| (target, self.recognise(realm, target, readings))) {
            Some((target, Ok(id))) => return self.accept_unreserved(realm, target, id).await,
            Some((_, Err(open_tries))) => open_tries,
            None => Vec::new(),
        };
        let is_generated = is_generated(readings);
        let live = open.iter().flat_map(|target| live(target, now)).collect::<Vec<_>>();
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

    /// Which live secret is presented, where that is seen without a slow hash: one that is kept as a digest, or one that this
    /// node has verified before. If none, what it gives back is held until the try is counted.
    pub fn recognise(&self, realm: &Realm, target: Target<'_>, readings: &[&Secret<String>]) -> Result<SecretId, Vec<OpenTry>> {
        let live: Vec<_> = live(&target, self.clock.now()).collect();
        if let Some(id) = self.by_digest(&live, readings) {
            return Ok(id);
        }
        let is_generated = is_generated(readings);
        let hashes = live.iter().filter_map(|secret| Hashed::of(secret, is_generated));
        let known: Vec<_> = hashes.map(|hashed| (&hashed.secret.id, hashed.secret.version)).collect();
        let threshold = realm.lockout.threshold;
        let left = (threshold > 0).then(|| threshold.saturating_sub(target.tries.failures));
        let client = (&target.principal.realm, &ClientId::new(&target.principal.id));
        let mut open_tries = Vec::new();
        for reading in readings {
            match self.memo.recognise(client, &known, reading.expose().as_bytes(), left) {
                Recognition::Recognised(id) => return Ok(id),
                Recognition::NotRecognised(open_try) => open_tries.extend(open_try),
            }
        }
        Err(open_tries)
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
    async fn accept_unreserved(&self, realm: &Realm, target: Target<'_>, secret: SecretId) -> Result<Verdict<Proof>, CheckError> {
        if target.tries.failures > 0 {
            let mut session = self.db.write().await?;
            if !lockouts::reset_if_open(&mut session.conn(), target.principal, &realm.lockout, self.clock.now()).await? {
                return Ok(Verdict::Locked);
            }
        }
        Ok(Verdict::Right(Proof { secret, took_time: false }))
    }

    async fn check_slowly(
        &self,
        realm: &Realm,
        open: Option<Target<'_>>,
        hashes: &[Hashed<'_>],
        readings: &[&Secret<String>],
    ) -> Result<Verdict<Proof>, CheckError> {
        // The work is made sure of before the try is counted: a busy server must not cost anybody a try.
        let permit = self.pool.acquire().await?;
        let principal = open.map(|target| target.principal);
        let Some(reserved) = self.reserve_or_decoy(realm, principal).await? else {
            self.compare(permit, &[], readings).await?;
            return Ok(Verdict::Locked);
        };
        match (principal, self.compare(permit, hashes, readings).await?) {
            (Some(principal), Some((hashed, reading))) => {
                self.succeeded(realm, principal).await?;
                let version = self.improve(hashed, reading).await?;
                self.memo.remember(&hashed.secret.id, version, reading.expose().as_bytes());
                Ok(Verdict::Right(Proof { secret: hashed.secret.id.clone(), took_time: true }))
            }
            _ => self.wrong(realm, principal, reserved).await.map(|()| Verdict::Wrong),
        }
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

    /// Makes a verified secret's hash anew where that is due: the version of its row afterwards.
    async fn improve(&self, hashed: &Hashed<'_>, presented: &Secret<String>) -> Result<i64, CheckError> {
        let StoredSecret { id, version, .. } = hashed.secret;
        let Some(fresh) = self.renewed(hashed.text, presented).await? else { return Ok(*version) };
        let fresh = format!("{}{fresh}", if hashed.is_generated { GENERATED } else { "" });
        let mut session = self.db.write().await?;
        let renewed = secrets::rehash(&mut session.conn(), id, *version, &fresh).await?;
        Ok(if renewed { version + 1 } else { *version })
    }
}

/// Is one of the readings a secret of the form that this server generates?
fn is_generated(readings: &[&Secret<String>]) -> bool {
    readings.iter().any(|reading| generated::is_well_formed(reading.expose()))
}

fn live<'a>(target: &Target<'a>, now: Timestamp) -> impl Iterator<Item = &'a StoredSecret> + use<'a> {
    target.secrets.iter().filter(move |secret| secret.is_live(now))
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
