//! When a signing key may go on to its next state, decided from its row, the realm and the time alone.
//!
//! `Prepublished → Active → Grace → Retired`: a key signs only once every cache of the JWKS has met it, and disappears
//! only once the last token that it signed has expired. So nobody notices a rotation.

use std::time::Duration;

use crate::model::{InconsistentKey, KeyId, KeyRecord, KeyState, Realm, Timestamp};

/// Whether the waiting times count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// A key goes on only when no verifier can notice.
    Observe,
    /// An operator takes what follows: verifiers may refuse tokens until they have fetched the JWKS again. For the first
    /// key of a realm, which nobody can have cached a JWKS without, and for a key that has leaked.
    Waive,
}

/// The step that a key takes: its next state and the time to write down for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    pub to: KeyState,
    pub at: Timestamp,
}

/// May this key begin to sign? The one that signed until now is to be superseded in the same transaction.
pub fn activate(key: &KeyRecord, now: Timestamp, realm: &Realm, wait: Wait) -> Result<Transition, KeyRefusal> {
    expect_state(key, KeyState::Prepublished)?;
    wait_until(key, key.published_at.after(realm.jwks_max_age.saturating_mul(2)), now, wait)?;
    Ok(Transition { to: KeyState::Active, at: now.max(key.published_at) })
}

/// May this key stop to sign, because another one has begun? It stays published.
pub fn supersede(key: &KeyRecord, now: Timestamp) -> Result<Transition, KeyRefusal> {
    expect_state(key, KeyState::Active)?;
    Ok(Transition { to: KeyState::Grace, at: key.activated_at.map_or(now, |activated_at| now.max(activated_at)) })
}

/// How long another node may go on signing with a key that has gone into grace, until it hears of it.
const HEARD: Duration = Duration::from_secs(1);

/// May this key leave the JWKS?
pub fn retire(key: &KeyRecord, now: Timestamp, realm: &Realm, wait: Wait) -> Result<Transition, KeyRefusal> {
    expect_state(key, KeyState::Grace)?;
    let grace_at = key.grace_at.unwrap_or(now);
    wait_until(key, grace_at.after(realm.max_token_ttl + HEARD), now, wait)?;
    Ok(Transition { to: KeyState::Retired, at: now.max(grace_at) })
}

fn expect_state(key: &KeyRecord, needed: KeyState) -> Result<(), KeyRefusal> {
    key.check()?;
    if key.state == needed { Ok(()) } else { Err(KeyRefusal::WrongState { kid: key.kid.clone(), state: key.state, needed }) }
}

fn wait_until(key: &KeyRecord, possible_at: Timestamp, now: Timestamp, wait: Wait) -> Result<(), KeyRefusal> {
    if wait == Wait::Waive || now >= possible_at {
        Ok(())
    } else {
        Err(KeyRefusal::TooEarly { kid: key.kid.clone(), state: key.state, possible_at, left: possible_at.since(now) })
    }
}

/// Why a key stays in its state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    #[error("the key `{kid}` is {state}; only a key that is {needed} can take this step")]
    WrongState { kid: KeyId, state: KeyState, needed: KeyState },
    #[error("the key `{kid}` cannot leave the state `{state}` for another {} s", seconds(*.left))]
    TooEarly { kid: KeyId, state: KeyState, possible_at: Timestamp, left: Duration },
    #[error(transparent)]
    Inconsistent(#[from] InconsistentKey),
}

/// Whole seconds, rounded up: after so many, the step is possible.
fn seconds(left: Duration) -> u64 {
    left.as_secs() + u64::from(left.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests;
