//! The load: connections that each ask again as soon as they are answered (a closed loop), or as often as a clock says (an open
//! one), all on the calling thread.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::Fallible;
use crate::http::Connection;
use crate::requests::{Pen, Requests};
use crate::stats::Latencies;

/// What is asked, and what must come back.
#[derive(Clone, Debug)]
pub(crate) struct Workload {
    pub(crate) server: SocketAddr,
    /// The address that asks; `None` for whichever the system takes.
    pub(crate) from: Option<IpAddr>,
    pub(crate) connections: u16,
    pub(crate) requests: Requests,
    pub(crate) pace: Pace,
    /// The statuses that may come back.
    pub(crate) expected: &'static [u16],
}

/// When a connection asks again.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// At once.
    Closed,
    /// When it is time: so many requests a second, evenly, whether or not the ones before are answered. A request that found
    /// no connection free waits, and the wait counts.
    Open(f64),
}

/// Open connections to the server of a workload.
#[derive(Debug)]
pub(crate) struct Fleet {
    workload: Workload,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    connection: Connection,
    pen: Pen,
}

/// The requests of one drive, in an open loop: when each is due.
#[derive(Debug)]
struct Schedule {
    began: Instant,
    deadline: Instant,
    next: AtomicU32,
}

impl Fleet {
    pub(crate) async fn open(workload: Workload) -> Fallible<Self> {
        let mut members = Vec::with_capacity(usize::from(workload.connections));
        for place in 0..workload.connections {
            let connection = Connection::open(workload.server, workload.from).await?;
            members.push(Member { connection, pen: Pen::new(workload.requests.clone(), place, workload.connections) });
        }
        Ok(Self { workload, members })
    }

    /// Asks for so long. An answer with another status than an expected one ends it: what such a run measures is not what it
    /// says that it measures.
    pub(crate) async fn drive(&mut self, duration: Duration) -> Fallible<Latencies> {
        let began = Instant::now();
        let schedule = Arc::new(Schedule { began, deadline: began + duration, next: AtomicU32::new(0) });
        let Workload { pace, expected, .. } = self.workload;
        let mut running = JoinSet::new();
        for mut member in self.members.drain(..) {
            let schedule = Arc::clone(&schedule);
            running.spawn(async move {
                let latencies = match pace {
                    Pace::Closed => member.ask_until(schedule.deadline, expected).await,
                    Pace::Open(rate) => member.ask_by(&schedule, rate, expected).await,
                };
                (member, latencies.map_err(|error| error.to_string()))
            });
        }
        let mut all = Latencies::default();
        while let Some(ended) = running.join_next().await {
            let (member, latencies) = ended?;
            all.merge(latencies?);
            self.members.push(member);
        }
        Ok(all)
    }
}

impl Member {
    async fn ask_until(&mut self, deadline: Instant, expected: &[u16]) -> Fallible<Latencies> {
        let mut latencies = Latencies::default();
        let mut began = Instant::now();
        while began < deadline {
            let ended = self.ask(expected).await?;
            latencies.record(ended - began);
            began = ended;
        }
        Ok(latencies)
    }

    /// Counts from when a request was due, not from when it could be sent.
    async fn ask_by(&mut self, schedule: &Schedule, rate: f64, expected: &[u16]) -> Fallible<Latencies> {
        let mut latencies = Latencies::default();
        loop {
            let due = schedule.began + Duration::from_secs_f64(f64::from(schedule.next.fetch_add(1, Ordering::Relaxed)) / rate);
            if due >= schedule.deadline {
                return Ok(latencies);
            }
            until(due).await;
            latencies.record(self.ask(expected).await? - due);
        }
    }

    /// When the answer was there.
    async fn ask(&mut self, expected: &[u16]) -> Fallible<Instant> {
        let request = self.pen.next()?;
        let answer = self.connection.exchange(request).await?;
        if expected.contains(&answer.status) {
            return Ok(Instant::now());
        }
        Err(format!("expected {expected:?}, and the answer was:\n{}", answer.text()).into())
    }
}

/// To the microsecond: the runtime's timer goes by milliseconds, so that the end of the wait is spent looking at the clock.
async fn until(due: Instant) {
    const COARSE: Duration = Duration::from_millis(2);
    if let Some(long) = due.checked_duration_since(Instant::now() + COARSE) {
        tokio::time::sleep(long).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests;
