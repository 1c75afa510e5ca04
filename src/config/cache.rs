//! `[cache]`: what a node remembers of the database, and for how long at most without news.

use std::time::Duration;

#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CacheConfig {
    /// Milliseconds that a node may go without hearing of changes before it trusts nothing that it remembers.
    pub max_staleness_ms: u64,
    /// Tokens that are remembered as good; 0 checks the signature each time.
    pub verified_tokens: usize,
    /// Clients that are remembered for their next token, and clients and accounts whose state is.
    pub parties: usize,
    /// Tokens that are kept for whoever asks the same again, where a client or an API has a reuse window; 0 keeps none.
    pub reusable_tokens: usize,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_staleness_ms: 1000, verified_tokens: 50_000, parties: 100_000, reusable_tokens: 10_000 }
    }
}

impl CacheConfig {
    pub fn max_staleness(&self) -> Duration {
        Duration::from_millis(self.max_staleness_ms)
    }

    pub(super) fn check(&self, faults: &mut Vec<String>) {
        if !(500..=10_000).contains(&self.max_staleness_ms) {
            faults.push("cache.max_staleness_ms: give 500 to 10000; changes are looked for every 250 ms".into());
        }
    }
}
