//! Rate limits: the generic cell rate algorithm, one number a key, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use crate::model::{RateLimit, Timestamp};

const SHARDS: usize = 16;

/// Counts events per key. A key costs one map entry for as long as its bucket is not full again; past `capacity` keys,
/// full buckets are dropped first, then the shard is emptied: forgetting a limit is better than running out of memory.
#[derive(Debug)]
pub struct Limiter {
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<u64, i64>>>,
    shard_capacity: usize,
}

impl Limiter {
    pub fn new(capacity: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::new())).collect();
        Self { hasher: RandomState::new(), shards, shard_capacity: (capacity / SHARDS).max(1) }
    }

    /// Counts one event of `key`, or says how long to wait until one is allowed again.
    pub fn take(&self, key: impl Hash, limit: RateLimit, now: Timestamp) -> Result<(), Duration> {
        self.visit(key, limit, now, true)
    }

    /// Would an event of `key` be allowed? Counts nothing.
    pub fn peek(&self, key: impl Hash, limit: RateLimit, now: Timestamp) -> Result<(), Duration> {
        self.visit(key, limit, now, false)
    }

    /// The map holds for each key the theoretical arrival time: when its bucket will be full again, in microseconds.
    fn visit(&self, key: impl Hash, limit: RateLimit, now: Timestamp, count: bool) -> Result<(), Duration> {
        let key = self.hasher.hash_one(key);
        let Some(shard) = usize::try_from(key % SHARDS as u64).ok().and_then(|index| self.shards.get(index)) else {
            return Ok(());
        };
        let now = now.millis().saturating_mul(1000);
        let window = i64::try_from(limit.per.as_micros()).unwrap_or(i64::MAX);
        let interval = window / i64::from(limit.count.max(1));
        let mut arrivals = shard.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // What lies further ahead than a window was written before the clock was set back: nobody waits for that long.
        let known = arrivals.get(&key).copied().filter(|full_at| *full_at <= now.saturating_add(window));
        let full_at = known.unwrap_or(now).max(now).saturating_add(interval);
        let ahead = full_at.saturating_sub(now).saturating_sub(window);
        if ahead > 0 {
            return Err(Duration::from_micros(u64::try_from(ahead).unwrap_or(0)));
        }
        if count {
            if arrivals.len() >= self.shard_capacity && !arrivals.contains_key(&key) {
                arrivals.retain(|_, full_at| *full_at > now);
                if arrivals.len() >= self.shard_capacity {
                    arrivals.clear();
                }
            }
            arrivals.insert(key, full_at);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN_A_SECOND: RateLimit = RateLimit { count: 10, per: Duration::from_secs(1) };

    #[test]
    fn a_burst_of_the_limit_passes_and_the_next_waits() {
        let limiter = Limiter::new(1000);
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..10 {
            limiter.take("a", TEN_A_SECOND, now).unwrap();
        }
        assert_eq!(limiter.take("a", TEN_A_SECOND, now), Err(Duration::from_millis(100)));
        limiter.take("b", TEN_A_SECOND, now).unwrap();
        let later = now.after(Duration::from_millis(100));
        limiter.take("a", TEN_A_SECOND, later).unwrap();
        assert!(limiter.take("a", TEN_A_SECOND, later).is_err());
    }

    #[test]
    fn a_clock_set_back_holds_nobody_up() {
        let limiter = Limiter::new(1000);
        limiter.take("a", TEN_A_SECOND, Timestamp::from_millis(10_000_000)).unwrap();
        let earlier = Timestamp::from_millis(1_000_000);
        for _ in 0..10 {
            limiter.take("a", TEN_A_SECOND, earlier).unwrap();
        }
        assert_eq!(limiter.take("a", TEN_A_SECOND, earlier), Err(Duration::from_millis(100)));
    }

    #[test]
    fn a_look_counts_nothing() {
        let limiter = Limiter::new(1000);
        let now = Timestamp::from_millis(0);
        for _ in 0..100 {
            limiter.peek("a", TEN_A_SECOND, now).unwrap();
        }
    }

    #[test]
    fn memory_is_bounded() {
        let limiter = Limiter::new(160);
        let now = Timestamp::from_millis(0);
        for key in 0..10_000 {
            limiter.take(key, TEN_A_SECOND, now).unwrap();
        }
        let kept: usize = limiter.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= 160, "{kept}");
    }
}
