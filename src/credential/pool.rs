//! The pool for slow hashes: so many at once, a bounded wait for the others, then "busy".
//!
//! A slow hash takes a core and tens of MiB. Without a bound, a storm of sign-ins would take every core from the issuing of
//! tokens, and then the memory. And so that on a single core tokens do not share alike with hashes, hashes run on threads of
//! their own, which take what is left.

mod workers;

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use workers::Workers;

/// How many may wait for each permit. With the default cost, the last of them waits about a second.
const WAITING_PER_PERMIT: u64 = 32;

/// How long a thread without work keeps the memory of its last hash for the next one.
const REST: Duration = Duration::from_secs(5);

/// Runs slow work on threads of its own, never more of it at once than there are permits.
#[derive(Clone, Debug)]
pub struct HashPool {
    shared: Arc<Shared>,
    wait: Duration,
}

#[derive(Debug)]
struct Shared {
    permits: Arc<Semaphore>,
    max_waiting: u64,
    waiting: AtomicU64,
    runs: AtomicU64,
    workers: Arc<Workers>,
}

/// The right to one run, taken before a try is reserved, so that no try is spent on work that is then refused.
#[derive(Debug)]
pub struct Permit {
    permit: OwnedSemaphorePermit,
    shared: Arc<Shared>,
}

/// No permit came free in time. Trying again later makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("every permit of the hash pool is taken")]
pub struct PoolBusy;

impl HashPool {
    /// A pool that runs `permits` hashes at once (at least one) and lets others wait for up to `wait`.
    pub fn new(permits: u32, wait: Duration) -> Self {
        Self::resting(permits, wait, REST)
    }

    fn resting(permits: u32, wait: Duration, rest: Duration) -> Self {
        let permits = permits.max(1);
        let shared = Shared {
            permits: Arc::new(Semaphore::new(usize::try_from(permits).unwrap_or(Semaphore::MAX_PERMITS))),
            max_waiting: u64::from(permits) * WAITING_PER_PERMIT,
            waiting: AtomicU64::new(0),
            runs: AtomicU64::new(0),
            workers: Arc::new(Workers::new(permits, rest)),
        };
        Self { shared: Arc::new(shared), wait }
    }

    /// Takes a permit, waiting for one if need be.
    pub async fn acquire(&self) -> Result<Permit, PoolBusy> {
        let _waiting = Waiting::enter(&self.shared)?;
        let permits = Arc::clone(&self.shared.permits);
        match timeout(self.wait, permits.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Permit { permit, shared: Arc::clone(&self.shared) }),
            _ => Err(PoolBusy),
        }
    }

    /// Takes a permit and runs `work` with it.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PoolBusy> {
        self.acquire().await?.run(work).await
    }

    /// How many runs have begun.
    pub fn runs(&self) -> u64 {
        self.shared.runs.load(Ordering::Relaxed)
    }

    /// How many wait for a permit now.
    pub fn waiting(&self) -> u64 {
        self.shared.waiting.load(Ordering::Relaxed)
    }
}

impl Permit {
    /// Runs `work`. The permit comes free when the work ends, even if nobody waits for it any more. A panic in the work goes
    /// on in the caller.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, PoolBusy> {
        let Self { permit, shared } = self;
        let (done, outcome) = oneshot::channel();
        let job = move || {
            let made = panic::catch_unwind(AssertUnwindSafe(work));
            drop(permit);
            // Whoever asked may be gone.
            let _ = done.send(made);
        };
        shared.workers.begin(Box::new(job)).map_err(|_| PoolBusy)?;
        shared.runs.fetch_add(1, Ordering::Relaxed);
        match outcome.await {
            Ok(Ok(made)) => Ok(made),
            Ok(Err(panicked)) => panic::resume_unwind(panicked),
            Err(_) => Err(PoolBusy),
        }
    }
}

/// A place among those who wait.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn enter(shared: &'a Shared) -> Result<Self, PoolBusy> {
        let place = Self(shared);
        if shared.waiting.fetch_add(1, Ordering::Relaxed) < shared.max_waiting { Ok(place) } else { Err(PoolBusy) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
