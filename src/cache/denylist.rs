//! Every revoked token that has not expired, held whole, so that most tokens are known not to be on it without a question
//! to the database (RFC 7009, section 3: self-contained tokens).

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::model::{RealmId, Timestamp, TokenId};
use crate::store::revocations::{self, RevokedToken};
use crate::store::{Db, StoreError};

/// Most that is held in memory: about 200 MB. With more, the database is asked for each token that is not among them.
const CAPACITY: u32 = 1_000_000;

/// Which tokens are revoked.
#[derive(Debug, Default)]
pub struct Denylist {
    held: RwLock<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// With the time until which each is held.
    tokens: HashMap<RealmId, HashMap<TokenId, Timestamp>>,
    /// Is every revoked token held?
    complete: bool,
}

impl Denylist {
    /// Reads it whole.
    pub async fn load(&self, db: &Db, now: Timestamp) -> Result<(), StoreError> {
        let rows = revocations::live(&mut db.read().await?.conn(), now, CAPACITY).await?;
        let complete = rows.len() < usize::try_from(CAPACITY).unwrap_or(usize::MAX);
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        for RevokedToken { realm, id, expires_at } in rows {
            held.tokens.entry(realm).or_default().insert(id, expires_at);
        }
        held.complete = complete;
        Ok(())
    }

    /// One more, held until `until`.
    pub fn add(&self, realm: &RealmId, id: TokenId, until: Timestamp) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.tokens.entry(realm.clone()).or_default().insert(id, until);
    }

    /// Is it revoked? `None`: the database must be asked.
    pub fn contains(&self, realm: &RealmId, id: &TokenId) -> Option<bool> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        match held.tokens.get(realm).is_some_and(|tokens| tokens.contains_key(id)) {
            true => Some(true),
            false => held.complete.then_some(false),
        }
    }

    /// Lets go of those that have expired.
    pub fn prune(&self, now: Timestamp) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        for tokens in held.tokens.values_mut() {
            tokens.retain(|_, until| *until > now);
        }
    }

    pub fn len(&self) -> usize {
        self.held.read().unwrap_or_else(PoisonError::into_inner).tokens.values().map(HashMap::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
