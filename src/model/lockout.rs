//! Wrong tries: who they count against, and when the count is a lock.

use super::{ClientId, LockoutPolicy, RealmId, Timestamp, Unlock, UserId};

closed! {
    /// The kinds of principal that wrong tries count against; their ids are separate namespaces.
    pub enum PrincipalKind {
        Client = "client",
        User = "user",
    }
}

/// Whom a try is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub realm: RealmId,
    pub kind: PrincipalKind,
    pub id: String,
}

impl Principal {
    pub fn client(realm: &RealmId, id: &ClientId) -> Self {
        Self { realm: realm.clone(), kind: PrincipalKind::Client, id: id.as_str().to_owned() }
    }

    pub fn user(realm: &RealmId, id: &UserId) -> Self {
        Self { realm: realm.clone(), kind: PrincipalKind::User, id: id.as_str().to_owned() }
    }
}

/// The wrong tries in a row of one principal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tries {
    pub failures: u32,
    pub last_at: Option<Timestamp>,
    pub locked_at: Option<Timestamp>,
}

impl Tries {
    /// Is the principal locked? A raised threshold does not lift a lock that was set, a threshold of 0 lifts all, and
    /// tries that exhausted the threshold lock even where a crash kept the lock itself from being written.
    pub fn is_locked(&self, policy: &LockoutPolicy, now: Timestamp) -> bool {
        if policy.threshold == 0 {
            return false;
        }
        let exhausted = self.locked_at.is_some() || self.failures >= policy.threshold;
        let since = self.locked_at.or(self.last_at);
        exhausted && since.is_none_or(|at| policy.runs_out_before(now).is_none_or(|cutoff| at > cutoff))
    }
}

impl LockoutPolicy {
    /// A lock from this moment or before has run out by `now`; `None` where locks do not run out.
    pub fn runs_out_before(&self, now: Timestamp) -> Option<Timestamp> {
        match self.unlock {
            Unlock::Manual => None,
            Unlock::After(time) => Some(now.before(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const MANUAL: LockoutPolicy = LockoutPolicy { threshold: 3, unlock: Unlock::Manual };
    const TIMED: LockoutPolicy = LockoutPolicy { threshold: 3, unlock: Unlock::After(Duration::from_millis(100)) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn tries(failures: u32, locked_at: Option<i64>) -> Tries {
        Tries { failures, last_at: Some(at(1000)), locked_at: locked_at.map(at) }
    }

    #[test]
    fn the_threshold_locks() {
        assert!(!Tries::default().is_locked(&MANUAL, at(1001)));
        assert!(!tries(2, None).is_locked(&MANUAL, at(1001)));
        assert!(tries(3, None).is_locked(&MANUAL, at(1001)));
        assert!(tries(3, Some(1000)).is_locked(&MANUAL, at(i64::MAX)));
    }

    #[test]
    fn a_lock_outlives_a_raised_threshold_but_not_a_threshold_of_zero() {
        assert!(tries(2, Some(1000)).is_locked(&MANUAL, at(1001)));
        assert!(!tries(9, Some(1000)).is_locked(&LockoutPolicy { threshold: 0, ..MANUAL }, at(1001)));
    }

    #[test]
    fn a_timed_lock_runs_out_at_its_very_end() {
        assert!(tries(3, Some(1000)).is_locked(&TIMED, at(1099)));
        assert!(!tries(3, Some(1000)).is_locked(&TIMED, at(1100)));
        assert!(tries(3, None).is_locked(&TIMED, at(1099)), "from the last try where the lock was not written");
        assert!(!tries(3, None).is_locked(&TIMED, at(1100)));
    }
}
