//! The operations themselves, one file a noun, for every door alike.
//!
//! Each takes the [`Actor`] who does it and is one transaction: the change, the audit record of it, and the word of it to the
//! other nodes. Hashing and key generation come before the transaction, so that nothing slow holds it open.

mod act;
mod bootstrap;
mod check;
mod clients;
mod error;
mod institutions;
mod keys;
mod realms;
mod secrets;
#[cfg(test)]
mod tests;
mod tokens;
mod user_credentials;
mod users;

use std::sync::Arc;

use act::Act;
pub use bootstrap::{ADMIN_SCOPE, Bootstrapped};
pub use check::check_chosen_secret;
pub use clients::{ClientChange, NewClient};
pub use error::{Invalid, OpsError};
pub use institutions::{InstitutionChange, NewInstitution};
pub use keys::NewKey;
pub use realms::{LockoutRule, NewApi, NewRealm};
pub use secrets::{AddedSecret, Last, Rotation, SecretSource};
pub use tokens::LiveTokens;
pub use users::{NewUser, UserChange};

use crate::app::App;
use crate::clock::{Clock, Entropy};
use crate::config::SecretsConfig;
use crate::credential::digest::Pepper;
use crate::credential::pool::HashPool;
use crate::guard::Caller;
use crate::keys::{MasterKey, Sealer};
use crate::model::{InstitutionId, Principal, RealmId, Timestamp};
use crate::store::{self, Db, Page};

/// What operations need: a server's without its listeners.
#[derive(Clone, Debug)]
pub struct Ops {
    pub(super) db: Db,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    pepper: Pepper,
    pool: HashPool,
    sealer: Sealer,
    secrets: SecretsConfig,
    /// The request that asks for them, which the audit trail names; none at the command line.
    caller: Option<Caller>,
    /// The running server that they are part of; none at the command line.
    node: Option<Arc<App>>,
}

/// What became of a thing that was to be as described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    Created,
    Updated,
    Unchanged,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// The `after` of the next page; `None` on the last.
    pub next: Option<String>,
}

impl<T> Listing<T> {
    /// Cuts a page out of rows that were asked for one more than the page holds.
    fn cut(mut rows: Vec<T>, limit: u32, key: impl Fn(&T) -> &str) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| key(last).to_owned());
        Self { items: rows, next }
    }
}

impl Ops {
    pub fn new(db: Db, master: &MasterKey, secrets: SecretsConfig, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            db,
            clock,
            entropy,
            pepper: Pepper::new(master),
            pool: HashPool::new(secrets.hash_workers(), secrets.hash_wait()),
            sealer: Sealer::new(master),
            secrets,
            caller: None,
            node: None,
        }
    }

    /// The operations of a running server, which share its workers.
    pub fn of(app: &Arc<App>) -> Self {
        Self {
            db: app.db.clone(),
            clock: app.clock.clone(),
            entropy: app.entropy.clone(),
            pepper: app.credentials.pepper().clone(),
            pool: app.credentials.pool().clone(),
            sealer: app.realms.sealer().clone(),
            secrets: app.config.secrets.clone(),
            caller: None,
            node: Some(app.clone()),
        }
    }

    /// The same operations, asked for by this request.
    pub fn called_by(self, caller: Caller) -> Self {
        Self { caller: Some(caller), ..self }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn is_locked(&self, who: &Principal) -> Result<bool, OpsError> {
        let mut session = self.db.read().await?;
        let realm = act::existing_realm(&mut session.conn(), &who.realm).await?;
        let tries = store::lockouts::lookup(&mut session.conn(), who).await?;
        Ok(tries.is_locked(&realm.lockout, self.now()))
    }
}

/// The page with one row more, which tells whether another page follows.
fn and_one(page: &Page) -> Page {
    Page { after: page.after.clone(), limit: page.limit.saturating_add(1) }
}

/// A client or user may only belong to an institution of its own realm.
async fn institution_exists(act: &mut Act<'_>, realm: &RealmId, id: Option<&InstitutionId>) -> Result<(), OpsError> {
    let Some(id) = id else { return Ok(()) };
    let found = store::institutions::lookup(&mut act.conn(), realm, id).await?;
    found.map(drop).ok_or_else(|| OpsError::invalid("institution", format!("there is no institution `{id}` in this realm")))
}

/// Tells `null` from absence: the field is there, so its value is `Some`, even if that is `None`.
fn nullable<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: serde::Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    serde::Deserialize::deserialize(deserializer).map(Some)
}
