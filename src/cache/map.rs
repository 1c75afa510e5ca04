//! A bounded map whose entries are believed only while nothing that they were made of has changed.

use std::hash::Hash;
use std::pin::pin;

use super::flights::Flights;
use super::{Freshness, Moment, Watch};
use crate::clock::Clock;
use crate::store::StoreError;

type Outcome<V> = Result<Option<V>, StoreError>;

/// At most so many entries; the least useful make room for new ones.
#[derive(Debug)]
pub struct Cache<K: Hash + Eq, V: Clone> {
    /// `None` remembers nothing.
    entries: Option<quick_cache::sync::Cache<K, (V, Watch)>>,
    flights: Flights<K, Outcome<V>>,
}

/// What tells whether something is still so.
#[derive(Clone, Copy, Debug)]
pub struct Senses<'a> {
    pub freshness: &'a Freshness,
    pub clock: &'a dyn Clock,
}

/// What was found, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<V> {
    /// `None`: there is no such thing.
    pub value: Option<V>,
    pub from: Origin,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was remembered, or read for another who asked at the same time.
    Shared,
    /// It was read for this question.
    Own,
}

impl Senses<'_> {
    fn is_trusted(self) -> bool {
        self.freshness.is_trusted(self.clock.monotonic())
    }
}

impl<K: Hash + Eq + Clone, V: Clone> Cache<K, V> {
    pub fn new(capacity: usize) -> Self {
        Self { entries: (capacity > 0).then(|| quick_cache::sync::Cache::new(capacity)), flights: Flights::new() }
    }

    /// What is remembered, if it is still so.
    pub fn get(&self, key: &K, senses: Senses<'_>) -> Option<V> {
        let entries = self.entries.as_ref()?;
        let (value, watch) = entries.get(key)?;
        let now = senses.clock.monotonic();
        if senses.freshness.holds(&watch, now) {
            return Some(value);
        }
        if senses.freshness.is_trusted(now) {
            entries.remove(key);
        }
        None
    }

    pub fn put(&self, key: K, value: V, watch: Option<Watch>) {
        if let (Some(entries), Some(watch)) = (&self.entries, watch) {
            entries.insert(key, (value, watch));
        }
    }

    /// What is remembered, else what `read` finds: once for all who ask for it at the same time.
    ///
    /// `watch` is over what a finding depends on; `None`: it is not remembered.
    pub async fn get_or_read(
        &self,
        key: K,
        senses: Senses<'_>,
        read: impl Future<Output = Outcome<V>>,
        watch: impl Fn(Moment, &V) -> Option<Watch>,
    ) -> Result<Found<V>, StoreError> {
        if let Some(value) = self.get(&key, senses) {
            return Ok(Found { value: Some(value), from: Origin::Shared });
        }
        let moment = senses.freshness.moment();
        let mut reading = pin!(self.keeping(key.clone(), moment, read, watch));
        if senses.is_trusted() {
            let seat = self.flights.board(key, moment);
            let (outcome, own) = seat.outcome(reading.as_mut()).await;
            // What others began to read may be from before this question; but not from before the last news.
            if own || (senses.freshness.moment() == moment && senses.is_trusted()) {
                let from = if own { Origin::Own } else { Origin::Shared };
                return Ok(Found { value: outcome?, from });
            }
        }
        Ok(Found { value: reading.await?, from: Origin::Own })
    }

    /// What `read` finds now, in place of whatever is remembered.
    pub async fn read(
        &self,
        key: K,
        senses: Senses<'_>,
        read: impl Future<Output = Outcome<V>>,
        watch: impl Fn(Moment, &V) -> Option<Watch>,
    ) -> Outcome<V> {
        self.keeping(key, senses.freshness.moment(), read, watch).await
    }

    async fn keeping(
        &self,
        key: K,
        moment: Moment,
        read: impl Future<Output = Outcome<V>>,
        watch: impl Fn(Moment, &V) -> Option<Watch>,
    ) -> Outcome<V> {
        let found = read.await?;
        let kept = found.as_ref().and_then(|value| Some((value.clone(), watch(moment, value)?)));
        match (&self.entries, kept) {
            (Some(entries), Some(kept)) => entries.insert(key, kept),
            // What was remembered before is no longer so, even if nobody has told of it yet.
            (Some(entries), None) => drop(entries.remove(&key)),
            (None, _) => {}
        }
        Ok(found)
    }

    pub fn len(&self) -> usize {
        self.entries.as_ref().map_or(0, quick_cache::sync::Cache::len)
    }

    #[cfg(test)]
    pub(super) fn readings(&self) -> usize {
        self.flights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
