//! One reading for all who ask for the same thing at the same time: a crowd that comes after a restart or a change costs the
//! database one statement.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::Moment;

/// Readings that are under way, by what is read and the state of news in which it is.
#[derive(Debug)]
pub(super) struct Flights<K: Hash + Eq, R>(Mutex<HashMap<(K, Moment), Reading<R>>>);

/// Set once it is done.
type Reading<R> = Arc<OnceCell<R>>;

/// A place in one of them. Whoever leaves it last closes it.
pub(super) struct Seat<'a, K: Hash + Eq, R> {
    flights: &'a Flights<K, R>,
    key: (K, Moment),
    reading: Reading<R>,
}

impl<K: Hash + Eq + Clone, R: Clone> Flights<K, R> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    /// Joins the reading of `key` that began since the last news, or opens one.
    pub(super) fn board(&self, key: K, moment: Moment) -> Seat<'_, K, R> {
        let key = (key, moment);
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone();
        Seat { flights: self, key, reading }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<K: Hash + Eq, R: Clone> Seat<'_, K, R> {
    /// What is read, and whether it was this caller's `read` that read it. If the one that reads is given up, another of the
    /// waiting ones reads in its place.
    pub(super) async fn outcome(&self, read: impl Future<Output = R>) -> (R, bool) {
        let mut own = false;
        let read = async {
            own = true;
            read.await
        };
        let outcome = self.reading.get_or_init(|| read).await.clone();
        (outcome, own)
    }
}

impl<K: Hash + Eq, R> Drop for Seat<'_, K, R> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The map's own and this one: nobody else waits. What was read is not for those who come later.
        if self.reading.initialized() || Arc::strong_count(&self.reading) <= 2 {
            let is_this = flights.get(&self.key).is_some_and(|reading| Arc::ptr_eq(reading, &self.reading));
            if is_this {
                flights.remove(&self.key);
            }
        }
    }
}
