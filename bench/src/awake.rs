//! The load's core is kept awake. To wake a sleeping peer through the loopback device costs the sender up to 10 µs of CPU on a
//! virtual machine, which no network card would cost it, and more the less the peer has to do: it would be counted as the server's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

/// How long an idle turn is measured.
const CALIBRATION: Duration = Duration::from_millis(20);

/// A task that always has something to do, namely nothing. What time it takes is time that the load did not need.
#[derive(Debug)]
pub(crate) struct Awake {
    turns: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Awake {
    pub(crate) fn begin() -> Self {
        let turns = Arc::new(AtomicU64::new(0));
        let count = turns.clone();
        let task = tokio::spawn(async move {
            loop {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
        });
        Self { turns, task }
    }

    /// How many turns there were.
    pub(crate) fn end(self) -> u64 {
        self.task.abort();
        self.turns.load(Ordering::Relaxed)
    }
}

/// What a turn takes where there is nothing else to do.
pub(crate) async fn turn() -> f64 {
    let (awake, began) = (Awake::begin(), Instant::now());
    while began.elapsed() < CALIBRATION {
        tokio::task::yield_now().await;
    }
    let elapsed = began.elapsed().as_secs_f64();
    elapsed / (awake.end() as f64)
}
