//! The verified-memo: which slowly hashed secrets were verified a short while ago, so that the next request of the same
//! client costs one MAC instead of a slow hash.
//!
//! It holds no secret: only a MAC of what was presented, under a key that lives in memory and the master key, bound to the
//! id and the version of the secret's row. Any change of the row raises its version, and the memo no longer matches.
//!
//! **The gate.** A look at the memo is fast, and happens before a try is reserved. Left open, it would let thousands of
//! parallel guesses be compared before the first of them is counted. So every look that did not match leaves an
//! [`OpenTry`] behind until it is counted, and a client with as many of them as it has tries left gets no comparison at
//! all: its requests go the slow way, where each try is reserved first.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::{BuildHasher, Hash};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::keys::{MacKey, MasterKey, Purpose};
use crate::model::{ClientId, RealmId, SecretId};
use crate::secret::ct_eq;

/// Locks that unrelated clients rarely share.
const SHARDS: usize = 16;

/// The verified-memo of one process.
#[derive(Debug)]
pub struct Memo {
    key: MacKey,
    /// Verified secrets by the id of their row.
    verified: Shards<SecretId, Verified>,
    /// How many tries of a client are open; none that is zero.
    open: Arc<Shards<(RealmId, ClientId), u32>>,
    capacity_per_shard: usize,
}

#[derive(Debug)]
struct Verified {
    version: i64,
    mac: [u8; 32],
}

/// What the memo knows of a presented secret.
#[derive(Debug)]
pub enum Recognition {
    /// It was verified before, as this secret.
    Recognised(SecretId),
    /// It has to be verified. What is held here, if anything, is to be dropped once the try is counted or has succeeded.
    NotRecognised(Option<OpenTry>),
}

/// A look at the memo that did not match, for as long as nobody has counted it.
#[derive(Debug)]
pub struct OpenTry {
    open: Arc<Shards<(RealmId, ClientId), u32>>,
    client: (RealmId, ClientId),
}

impl Memo {
    /// A memo for about `capacity` secrets. When it is full, a new one takes the place of any other, which then costs one
    /// slow hash again.
    pub fn new(master: &MasterKey, capacity: usize) -> Self {
        Self {
            key: MacKey::new(&master.derive(Purpose::VerifiedMemo)),
            verified: Shards::new(),
            open: Arc::new(Shards::new()),
            capacity_per_shard: capacity.div_ceil(SHARDS),
        }
    }

    /// Remembers that `presented` was verified as this version of this secret.
    pub fn remember(&self, id: &SecretId, version: i64, presented: &[u8]) {
        let mac = self.mac(id, version, presented);
        let mut verified = self.verified.of(id);
        if verified.len() >= self.capacity_per_shard && !verified.contains_key(id) {
            let Some(any) = verified.keys().next().cloned() else { return };
            verified.remove(&any);
        }
        verified.insert(id.clone(), Verified { version, mac });
    }

    /// Was `presented` verified before, as one of these live secrets (id and version) of the client? Nothing is compared
    /// while as many tries of the client are open as it has left until it locks; `None` if it never locks.
    pub fn recognise(
        &self,
        client: (&RealmId, &ClientId),
        secrets: &[(&SecretId, i64)],
        presented: &[u8],
        tries_left: Option<u32>,
    ) -> Recognition {
        let known: Vec<_> = secrets.iter().filter(|(id, version)| self.knows(id, *version)).collect();
        if known.is_empty() {
            return Recognition::NotRecognised(None);
        }
        let client = (client.0.clone(), client.1.clone());
        // Held during the comparison, so that no two looks count as one.
        let mut open = self.open.of(&client);
        let tries = open.get(&client).copied().unwrap_or(0);
        if tries_left.is_some_and(|left| tries >= left) {
            return Recognition::NotRecognised(None);
        }
        if let Some((id, _)) = known.into_iter().find(|(id, version)| self.matches(id, *version, presented)) {
            return Recognition::Recognised((*id).clone());
        }
        open.insert(client.clone(), tries.saturating_add(1));
        Recognition::NotRecognised(Some(OpenTry { open: Arc::clone(&self.open), client }))
    }

    fn knows(&self, id: &SecretId, version: i64) -> bool {
        self.verified.of(id).get(id).is_some_and(|verified| verified.version == version)
    }

    fn matches(&self, id: &SecretId, version: i64, presented: &[u8]) -> bool {
        let mac = self.mac(id, version, presented);
        self.verified.of(id).get(id).is_some_and(|verified| verified.version == version && ct_eq(&verified.mac, &mac))
    }

    fn mac(&self, id: &SecretId, version: i64, presented: &[u8]) -> [u8; 32] {
        let id = id.as_str().as_bytes();
        // The length marks where the id ends; the version has a fixed one.
        self.key.mac(&[&id.len().to_be_bytes(), id, &version.to_be_bytes(), presented])
    }
}

impl Drop for OpenTry {
    fn drop(&mut self) {
        if let Entry::Occupied(mut tries) = self.open.of(&self.client).entry(self.client.clone()) {
            match tries.get().saturating_sub(1) {
                0 => drop(tries.remove()),
                left => *tries.get_mut() = left,
            }
        }
    }
}

/// A map behind several locks.
#[derive(Debug)]
struct Shards<K, V> {
    hasher: RandomState,
    first: Mutex<HashMap<K, V>>,
    others: [Mutex<HashMap<K, V>>; SHARDS - 1],
}

impl<K: Hash + Eq, V> Shards<K, V> {
    fn new() -> Self {
        Self { hasher: RandomState::new(), first: Mutex::default(), others: Default::default() }
    }

    /// The part of the map that has this key, if any has.
    fn of(&self, key: &K) -> MutexGuard<'_, HashMap<K, V>> {
        let index = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).ok();
        let shard = index.and_then(|index| self.others.get(index)).unwrap_or(&self.first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
