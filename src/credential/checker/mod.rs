//! The one place where a presented secret or password is compared. Every refusal does the work that a comparison would
//! have done, and parallel guesses buy nothing.
//!
//! - A **generated** secret (256 random bits, known by its form) is compared by digest first. Nobody guesses it, so a right
//!   one costs no write; a wrong one is counted.
//! - A **chosen** secret or password is a slow hash. The try is counted in the database before the hash runs; a success
//!   resets the count. A client's secret that this node has verified before is recognised in memory by a keyed digest.
//! - **No target** (unknown, disabled, locked): the same statements and the same hash, against a decoy.

mod client;
mod password;
mod tries;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use client::{Proof, Target};
pub use tries::Reserved;

use super::StoredAs;
use super::digest::{DigestDomain, Pepper};
use super::hash::{self, Argon2Params};
use super::memo::Memo;
use super::pool::{HashPool, PoolBusy};
use crate::clock::{Clock, Entropy};
use crate::error::{ErrorKind, OAuthError};
use crate::keys::MasterKey;
use crate::secret::Secret;
use crate::store::{Db, StoreError};

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
    /// `Err`: hashes in these parameters cannot be run.
    pub fn new(parts: CheckerParts<'_>) -> Result<Self, hash::HashError> {
        let CheckerParts { db, clock, entropy, master, pool, params, stored_as } = parts;
        let decoy = hash::decoy(&*entropy, params)?.into();
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

    /// What takes the place of a verified secret's hash that is foreign or in yesterday's parameters; `None` where it is as it
    /// should be, or where the server is too busy to make it better.
    async fn renewed(&self, hash: &str, presented: &Secret<String>) -> Result<Option<String>, CheckError> {
        if !hash::needs_rehash(hash, self.params) {
            return Ok(None);
        }
        let Ok(permit) = self.pool.acquire().await else { return Ok(None) };
        let (presented, params) = (presented.clone(), self.params);
        let salt = hash::Salt::of(hash).unwrap_or_else(|| hash::Salt::random(&*self.entropy));
        Ok(Some(permit.run(move || hash::hash(presented.expose().as_bytes(), salt, params)).await??))
    }
}
