//! A bounded map whose entries are believed only while nothing that they were made of has changed.

use std::hash::Hash;
use std::time::Duration;

use super::{Freshness, Watch};

/// At most so many entries; the least useful make room for new ones.
#[derive(Debug)]
pub struct Cache<K: Hash + Eq, V: Clone> {
    /// `None` remembers nothing.
    entries: Option<quick_cache::sync::Cache<K, (V, Watch)>>,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self { entries: (capacity > 0).then(|| quick_cache::sync::Cache::new(capacity)) }
    }

    /// What is remembered, if it is still so. `now` is the monotonic time.
    pub fn get(&self, key: &K, freshness: &Freshness, now: Duration) -> Option<V> {
        let entries = self.entries.as_ref()?;
        let (value, watch) = entries.get(key)?;
        if freshness.holds(&watch, now) {
            return Some(value);
        }
        if freshness.is_trusted(now) {
            entries.remove(key);
        }
        None
    }

    pub fn put(&self, key: K, value: V, watch: Option<Watch>) {
        if let (Some(entries), Some(watch)) = (&self.entries, watch) {
            entries.insert(key, (value, watch));
        }
    }

    pub fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, quick_cache::sync::Cache::len)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
