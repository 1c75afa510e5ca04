//! The task that commits what waits in the queue, one batch at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use super::uses::Uses;
use super::{AuditMode, Record};
use crate::store::audit::AuditRow;
use crate::store::{self, Db, StoreError};

/// How many records are committed at once.
const BATCH: usize = store::batch::MOST;
/// How long a buffered record waits for company.
const GATHER: Duration = Duration::from_millis(50);
/// How often a record that is waited for lets others go first.
const ROUNDS: usize = 4;
/// How often secrets' last uses are written down.
const TOUCH_EVERY: Duration = Duration::from_millis(250);
/// How long the writer rests before it tries a failed batch again: doubled from the first to the second.
/// The longest is shorter than the patience of a caller: once the database is back, nobody waits in vain for the next attempt.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_millis(500));

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) written: AtomicU64,
    pub(super) dropped: AtomicU64,
    /// The last attempt to write failed.
    pub(super) stuck: AtomicBool,
}

/// A record on its way, with the caller that waits for its commit, if one does.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: Record,
    pub(super) waiter: Option<oneshot::Sender<()>>,
}

impl Entry {
    /// Has its caller given up? Then it has answered that nothing happened, and nothing is to be recorded.
    fn is_abandoned(&self) -> bool {
        self.waiter.as_ref().is_some_and(oneshot::Sender::is_closed)
    }
}

/// The other end of the queue.
pub(super) struct Scribe {
    db: Db,
    mode: AuditMode,
    waiting: mpsc::Receiver<Entry>,
    counters: Arc<Counters>,
    batch: Vec<Entry>,
    uses: Arc<Uses>,
}

impl Scribe {
    pub(super) fn new(
        db: Db,
        mode: AuditMode,
        waiting: mpsc::Receiver<Entry>,
        (counters, uses): (Arc<Counters>, Arc<Uses>),
    ) -> Self {
        Self { db, mode, waiting, counters, batch: Vec::new(), uses }
    }

    /// Works until it is told to stop and the queue is empty.
    pub(super) async fn run(mut self, stop: Arc<Notify>) {
        let mut touch = tokio::time::interval(TOUCH_EVERY);
        touch.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                received = self.waiting.recv_many(&mut self.batch, BATCH) => {
                    if received == 0 {
                        break;
                    }
                    self.gather().await;
                    self.note_uses();
                    self.commit().await;
                }
                _ = touch.tick() => self.touch().await,
                // What is in the queue is still received; then the queue is at its end.
                () = stop.notified() => self.waiting.close(),
            }
        }
        self.touch().await;
    }

    /// Lets more come that can be committed at once. Where nobody waits for the commit, that is a fixed time, in which not even
    /// this task wakes up; else, whoever is ready to run goes first, as long as that brings more.
    async fn gather(&mut self) {
        match self.mode {
            AuditMode::Off => {}
            AuditMode::Buffered if self.batch.len() < BATCH && !self.waiting.is_closed() => {
                tokio::time::sleep(GATHER).await;
                self.take_waiting();
            }
            AuditMode::Buffered => {}
            AuditMode::Committed => {
                for _ in 0..ROUNDS {
                    let before = self.batch.len();
                    tokio::task::yield_now().await;
                    self.take_waiting();
                    if self.batch.len() == before || self.batch.len() >= BATCH {
                        break;
                    }
                }
            }
        }
    }

    fn take_waiting(&mut self) {
        while self.batch.len() < BATCH
            && let Ok(entry) = self.waiting.try_recv()
        {
            self.batch.push(entry);
        }
    }

    fn note_uses(&self) {
        for record in self.batch.iter().map(|entry| &entry.record) {
            if let Some(secret) = record.used_secret() {
                self.uses.note(secret, record.at);
            }
        }
    }

    /// Commits the batch, however often it has to be tried: the records of a buffered batch are promised already.
    async fn commit(&mut self) {
        let mut rest = BACKOFF.0;
        loop {
            let outcome = self.try_commit().await;
            self.counters.stuck.store(outcome.is_err(), Ordering::Relaxed);
            let Err(error) = outcome else { break };
            tracing::error!(%error, records = self.batch.len(), "the audit records could not be written; trying again");
            tokio::time::sleep(rest).await;
            rest = BACKOFF.1.min(rest * 2);
        }
        for waiter in self.batch.drain(..).filter_map(|entry| entry.waiter) {
            // A caller that has just given up has nothing left to be told.
            let _ = waiter.send(());
        }
    }

    async fn try_commit(&mut self) -> Result<(), StoreError> {
        if self.mode == AuditMode::Off {
            return Ok(());
        }
        let mut session = self.db.write().await?;
        // Not before: the wait for the database can have been longer than a caller's.
        self.batch.retain(|entry| !entry.is_abandoned());
        let rows: Vec<AuditRow> = self.batch.iter().map(|entry| entry.record.row()).collect();
        let count = rows.len() as u64;
        store::audit::add(&mut session.conn(), rows).await?;
        self.counters.written.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    /// Writes down the last uses. Where that fails, the next time will tell.
    async fn touch(&self) {
        if let Err(error) = self.try_touch().await {
            tracing::debug!(%error, "the last uses of secrets could not be written; trying again");
        }
    }

    async fn try_touch(&self) -> Result<(), StoreError> {
        for some in self.uses.all().chunks(BATCH) {
            let mut session = self.db.write().await?;
            store::secrets::touch(&mut session.conn(), some).await?;
            self.uses.forget(some);
        }
        Ok(())
    }
}
