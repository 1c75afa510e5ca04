//! Time and chance that a test holds in its hand.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use countersign::clock::{Clock, Entropy};
use countersign::model::Timestamp;

/// When every test begins: 2026-01-02 03:04:05 UTC.
pub const BEGINNING: Timestamp = Timestamp::from_seconds(1_767_323_045);

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(BEGINNING.millis()))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn step_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// The same bytes for the same seed: SHA-256 in counter mode.
#[derive(Debug)]
pub struct TestEntropy {
    seed: u64,
    counter: AtomicU64,
    rest: Mutex<Vec<u8>>,
}

impl TestEntropy {
    pub fn new(seed: u64) -> Self {
        Self { seed, counter: AtomicU64::new(0), rest: Mutex::new(Vec::new()) }
    }
}

impl Entropy for TestEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let mut rest = self.rest.lock().unwrap();
        while rest.len() < bytes.len() {
            let counter = self.counter.fetch_add(1, Ordering::SeqCst);
            let block = digest(&SHA256, &[self.seed.to_be_bytes(), counter.to_be_bytes()].concat());
            rest.extend_from_slice(block.as_ref());
        }
        bytes.copy_from_slice(&rest[..bytes.len()]);
        rest.drain(..bytes.len());
    }
}
