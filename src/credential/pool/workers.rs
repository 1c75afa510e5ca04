//! The pool's own threads: no more than there are permits, last in line for a core, and gone when nothing was to do for a while,
//! together with the memory that they held.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How far a hash stands behind everything else that wants a core: on Linux, nine tenths of one go to who is 10 nicer to.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// One piece of work. It does not panic: what panics in it is its caller's.
pub(super) type Job = Box<dyn FnOnce() + Send>;

pub(super) struct Workers {
    most: u32,
    /// How long a thread waits for work before it ends.
    rest: Duration,
    desk: Mutex<Desk>,
    arrived: Condvar,
}

#[derive(Default)]
struct Desk {
    jobs: VecDeque<Job>,
    threads: u32,
    resting: usize,
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("most", &self.most).finish_non_exhaustive()
    }
}

impl Workers {
    pub(super) fn new(most: u32, rest: Duration) -> Self {
        Self { most, rest, desk: Mutex::default(), arrived: Condvar::new() }
    }

    /// Has a thread do this. `Err`: the system has none for us.
    pub(super) fn begin(self: &Arc<Self>, job: Job) -> io::Result<()> {
        let mut desk = self.desk();
        // With all of them started and none at rest, one is just done with work whose permit is already in other hands.
        if desk.jobs.len() >= desk.resting && desk.threads < self.most {
            match self.start() {
                Ok(()) => desk.threads += 1,
                Err(error) if desk.threads == 0 => return Err(error),
                Err(_) => {}
            }
        }
        desk.jobs.push_back(job);
        drop(desk);
        self.arrived.notify_one();
        Ok(())
    }

    fn start(self: &Arc<Self>) -> io::Result<()> {
        let workers = Arc::clone(self);
        let work = move || {
            stand_behind();
            workers.work();
        };
        thread::Builder::new().name("slow-hash".to_owned()).spawn(work).map(drop)
    }

    fn work(&self) {
        let mut desk = self.desk();
        loop {
            if let Some(job) = desk.jobs.pop_front() {
                drop(desk);
                job();
                desk = self.desk();
                continue;
            }
            desk.resting += 1;
            let rested = self.arrived.wait_timeout_while(desk, self.rest, |desk| desk.jobs.is_empty());
            let (woken, waited) = rested.unwrap_or_else(PoisonError::into_inner);
            desk = woken;
            desk.resting -= 1;
            if waited.timed_out() {
                desk.threads -= 1;
                return;
            }
        }
    }

    /// How many threads there are now.
    #[cfg(test)]
    pub(super) fn threads(&self) -> u32 {
        self.desk().threads
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets everything else of the machine go first, as far as the system can say that of one thread.
fn stand_behind() {
    // Linux counts niceness for each thread. A thread may always be nicer, and one that is not still does its work.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICENESS);
}
