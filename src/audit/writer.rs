//! The way into the trail for token events: a bounded queue before the task that commits them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::Record;
use super::scribe::{Counters, Entry, Scribe};
use super::uses::Uses;
use crate::closed;
use crate::model::{SecretId, Timestamp};
use crate::store::Db;

/// How many records may wait for the database; past that, callers wait.
const QUEUE: usize = 8192;
/// How long a caller waits for a place in the queue, or for the commit.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a stopping server waits for a database that does not take the last records.
const FAREWELL: Duration = Duration::from_secs(5);

closed! {
    /// What must have become of a record before its token is handed out.
    pub enum AuditMode {
        /// It is committed: no token without its record, at the price of waiting for the commit.
        Committed = "committed",
        /// It stands in the queue: a crash can take the last tenth of a second of the trail with it.
        Buffered = "buffered",
        /// Nothing: token events are not recorded, only which secrets were used.
        Off = "off",
    }
}

/// The record is not kept, so what it would tell must not happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuditError {
    #[error("the audit queue stayed full: the database does not keep up")]
    QueueFull,
    #[error("the audit record was not committed in time")]
    NotCommitted,
    #[error("the audit writer has stopped")]
    Stopped,
}

/// What the writer has done so far, and what waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditCounts {
    pub written: u64,
    /// Refusals that found the queue full; they are counted here instead of recorded.
    pub dropped: u64,
    /// Records that wait in the queue.
    pub depth: usize,
}

/// Takes records of token events and answers once they are as safe as the mode says.
#[derive(Debug)]
pub struct AuditWriter {
    mode: AuditMode,
    queue: mpsc::Sender<Entry>,
    counters: Arc<Counters>,
    uses: Arc<Uses>,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl AuditWriter {
    /// Starts the writer's task; needs a Tokio runtime.
    pub fn start(db: Db, mode: AuditMode) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let stop = Arc::new(Notify::new());
        let uses = Arc::new(Uses::default());
        let task = tokio::spawn(Scribe::new(db, mode, waiting, (counters.clone(), uses.clone())).run(stop.clone()));
        Self { mode, queue, counters, uses, stop, task: Mutex::new(Some(task)) }
    }

    /// Records what is about to be granted. Hand nothing out before this has returned, and nothing at all on an error.
    pub async fn record(&self, record: Record) -> Result<(), AuditError> {
        match self.mode {
            AuditMode::Off => {
                // A last use that finds no place is a last use that the next one will tell.
                let _ = self.queue.try_send(Entry { record, waiter: None });
                Ok(())
            }
            AuditMode::Buffered => self.enqueue(Entry { record, waiter: None }).await,
            AuditMode::Committed => {
                let (waiter, committed) = oneshot::channel();
                let kept = async {
                    self.enqueue(Entry { record, waiter: Some(waiter) }).await?;
                    committed.await.map_err(|_| AuditError::Stopped)
                };
                tokio::time::timeout(PATIENCE, kept).await.unwrap_or(Err(AuditError::NotCommitted))
            }
        }
    }

    async fn enqueue(&self, entry: Entry) -> Result<(), AuditError> {
        // Mostly there is room, and nothing to wait for.
        let entry = match self.queue.try_send(entry) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(AuditError::Stopped),
            Err(mpsc::error::TrySendError::Full(entry)) => entry,
        };
        Box::pin(self.queue.send_timeout(entry, PATIENCE)).await.map_err(|error| match error {
            mpsc::error::SendTimeoutError::Timeout(_) => AuditError::QueueFull,
            mpsc::error::SendTimeoutError::Closed(_) => AuditError::Stopped,
        })
    }

    /// Records a refusal, if there is room: a flood of bad requests must neither wait nor make others wait.
    pub fn record_refusal(&self, record: Record) {
        if self.queue.try_send(Entry { record, waiter: None }).is_err() {
            self.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes the use of a secret where nothing is recorded: questions about tokens come as often as calls of an API.
    pub fn note_use(&self, secret: &SecretId, at: Timestamp) {
        self.uses.note(secret, at);
    }

    pub fn counts(&self) -> AuditCounts {
        AuditCounts {
            written: self.counters.written.load(Ordering::Relaxed),
            dropped: self.counters.dropped.load(Ordering::Relaxed),
            depth: self.queue.max_capacity() - self.queue.capacity(),
        }
    }

    /// Did the last attempt to write fail? It is repeated until one succeeds.
    pub fn is_stuck(&self) -> bool {
        self.counters.stuck.load(Ordering::Relaxed)
    }

    /// Takes nothing more, and returns when what waited is committed; false if the database did not take it in time.
    pub async fn shutdown(&self) -> bool {
        self.stop.notify_one();
        let Some(mut task) = self.task.lock().await.take() else { return true };
        let drained = matches!(tokio::time::timeout(FAREWELL, &mut task).await, Ok(Ok(())));
        if !drained {
            task.abort();
        }
        drained
    }
}
