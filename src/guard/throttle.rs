//! Slows guessing down before it reaches a comparison: so many wrong credentials for one name from one address, and so many
//! from one address whomever they name. Other callers of the same client are not held up.

use std::time::Duration;

use super::{Caller, Limiter};
use crate::config::GuardConfig;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{RateLimit, RealmId, Timestamp};

/// Counts wrong credentials.
#[derive(Debug)]
pub struct Throttle {
    limiter: Limiter,
    per_name: RateLimit,
    per_address: RateLimit,
}

impl Throttle {
    pub fn new(config: &GuardConfig, capacity: usize) -> Self {
        Self { limiter: Limiter::new(capacity), per_name: config.failed_tries, per_address: config.failed_tries_per_address }
    }

    /// May this caller try credentials for `name`? A throttled try reaches no comparison and counts toward no lock.
    pub fn allow(&self, realm: &RealmId, name: &str, caller: &Caller, now: Timestamp) -> Result<(), OAuthError> {
        let by_name = self.limiter.peek((realm, name, caller.address), self.per_name, now);
        let by_address = self.limiter.peek(caller.address, self.per_address, now);
        match (by_name, by_address) {
            (Ok(()), Ok(())) => Ok(()),
            (Err(wait), other) => Err(refusal(wait.max(other.err().unwrap_or_default()), self.per_name)),
            (Ok(()), Err(wait)) => Err(refusal(wait, self.per_address)),
        }
    }

    /// Counts a wrong try.
    pub fn failed(&self, realm: &RealmId, name: &str, caller: &Caller, now: Timestamp) {
        // Parallel tries may all have been allowed before the first failed; past the limit there is nothing left to count.
        let _ = self.limiter.take((realm, name, caller.address), self.per_name, now);
        let _ = self.limiter.take(caller.address, self.per_address, now);
    }
}

/// The refusal of a rate limit.
pub fn refusal(wait: Duration, limit: RateLimit) -> OAuthError {
    OAuthError { retry_after: Some(wait), limit: Some(limit), ..OAuthError::new(ErrorKind::RateLimited) }
}
