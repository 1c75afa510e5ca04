//! Under what a token is kept for whoever asks the same again.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use crate::model::{Algorithm, ClientId, IssuePolicy, RealmId};

/// What was granted to whom, and by which rules. Requests that are alike in this are given one token.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReuseKey {
    pub realm: RealmId,
    pub client: ClientId,
    /// As the token spells it.
    pub scope: String,
    pub audience: Vec<String>,
    pub algorithm: Algorithm,
    pub ttl: Duration,
    pub rules: SameRules,
}

/// A dialect's rules, equal only to themselves: those of a dialect that was read again are others, whatever they say. Whoever
/// holds this holds them, so that their place in memory is nobody else's.
#[derive(Clone, Debug)]
pub struct SameRules(pub Arc<IssuePolicy>);

impl PartialEq for SameRules {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for SameRules {}

impl Hash for SameRules {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}
