//! What a node remembers of the database, and how it comes to know that it is no longer so.
//!
//! [`Freshness`] hears of changes; a [`Cache`] believes an entry only as long as nothing that the entry was made of has
//! changed, and only while changes are being heard at all (design 5: `changes`, `max_staleness`).

mod commons;
mod denylist;
mod flights;
mod freshness;
mod map;
mod reusable;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use commons::Commons;
pub use denylist::Denylist;
pub use freshness::{Freshness, Moment, Thing, Watch};
pub use map::{Cache, Found, Origin, Senses};
pub use reusable::{ReuseKey, SameRules};

use crate::config::CacheConfig;
use crate::model::{ActiveToken, ClientId, Institution, InstitutionId, Issued, RealmId, ScopeSet, UserId};
use crate::store::clients::ClientAccount;
use crate::store::standing::{ClientStanding, Party};

/// Different institutions, and sets of scopes, that are held once for all clients; others are held for each.
const COMMON: usize = 1000;

/// All that one node remembers.
#[derive(Debug)]
pub struct Caches {
    pub freshness: Arc<Freshness>,
    /// Tokens found good, by a digest of realm and token.
    pub tokens: Cache<[u8; 32], Arc<ActiveToken>>,
    /// All that a token request asks about a client. None of them has a wrong try counted against it.
    pub client_accounts: Cache<(RealmId, ClientId), Arc<ClientAccount>>,
    /// What the clients among them have in common.
    pub institutions: Commons<(RealmId, InstitutionId), Arc<Institution>>,
    pub scopes: Commons<ScopeSet, ScopeSet>,
    pub clients: Cache<(RealmId, ClientId), Arc<ClientStanding>>,
    pub users: Cache<(RealmId, UserId), Arc<Party>>,
    /// Tokens that were issued, for whoever asks the same again.
    pub reusable: Cache<ReuseKey, Arc<Issued>>,
    pub denylist: Denylist,
}

impl Caches {
    pub fn new(config: &CacheConfig) -> Self {
        Self {
            freshness: Arc::new(Freshness::new(config.max_staleness())),
            tokens: Cache::new(config.verified_tokens),
            client_accounts: Cache::new(config.parties),
            institutions: Commons::new(COMMON),
            scopes: Commons::new(COMMON),
            clients: Cache::new(config.parties),
            users: Cache::new(config.parties),
            reusable: Cache::new(config.reusable_tokens),
            denylist: Denylist::default(),
        }
    }
}
