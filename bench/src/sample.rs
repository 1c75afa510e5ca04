//! A measurement: a load on a server, slice by slice, and what it cost both.

use std::time::{Duration, Instant};

use crate::Fallible;
use crate::awake::{self, Awake};
use crate::load::{Fleet, Workload};
use crate::stats::Latencies;

/// Who is measured while it answers.
pub(crate) trait Measured {
    /// CPU time that it has used, where that is known.
    fn cpu(&self) -> Fallible<Option<Duration>>;

    /// What there is to tidy up between two slices.
    fn tidy(&self) -> Fallible<()> {
        Ok(())
    }
}

/// A measurement that still goes on.
pub(crate) struct Sampling<'a> {
    measured: &'a dyn Measured,
    fleet: Fleet,
    /// A load that disturbs, whose own latencies do not count.
    beside: Option<Fleet>,
    latencies: Latencies,
    disturbances: usize,
    elapsed: Duration,
    server_cpu: Option<Duration>,
    load_cpu: Duration,
    /// What a turn of the load's core takes that has nothing to do, in seconds.
    turn: f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) requests: f64,
    /// Requests of the load beside it.
    pub(crate) disturbances: f64,
    pub(crate) elapsed: Duration,
    /// `None`: nobody can know.
    pub(crate) server_cpu: Option<Duration>,
    pub(crate) load_cpu: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
}

impl<'a> Sampling<'a> {
    /// Begins with a load that is not counted: it warms what can be warm.
    pub(crate) async fn begin(
        measured: &'a dyn Measured,
        workload: &Workload,
        beside: Option<&Workload>,
        warm_up: Duration,
    ) -> Fallible<Self> {
        let mut fleet = Fleet::open(workload.clone()).await?;
        fleet.drive(warm_up).await?;
        let beside = match beside {
            Some(beside) => Some(Fleet::open(beside.clone()).await?),
            None => None,
        };
        let (latencies, disturbances, zero) = (Latencies::default(), 0, Duration::ZERO);
        let (elapsed, server_cpu, load_cpu, turn) = (zero, Some(zero), zero, awake::turn().await);
        Ok(Self { measured, fleet, beside, latencies, disturbances, elapsed, server_cpu, load_cpu, turn })
    }

    /// Measures for so long. What the load beside it still has under way then is waited for, and not counted.
    pub(crate) async fn slice(&mut self, duration: Duration) -> Fallible<()> {
        let (began, server_before, awake) = (Instant::now(), self.measured.cpu()?, Awake::begin());
        let counted = async {
            let latencies = self.fleet.drive(duration).await?;
            Fallible::Ok((latencies, began.elapsed(), self.measured.cpu()?, awake.end()))
        };
        let disturbing = async {
            match &mut self.beside {
                Some(beside) => beside.drive(duration).await,
                None => Ok(Latencies::default()),
            }
        };
        let (counted, disturbing) = tokio::join!(counted, disturbing);
        let (latencies, elapsed, server_after, idle_turns) = counted?;
        self.disturbances += disturbing?.count();
        self.latencies.merge(latencies);
        self.elapsed += elapsed;
        self.server_cpu = self.server_cpu.zip(server_after.zip(server_before)).map(|(sum, (after, before))| sum + after - before);
        self.load_cpu += elapsed.saturating_sub(Duration::from_secs_f64(idle_turns as f64 * self.turn));
        self.measured.tidy()
    }

    pub(crate) fn end(mut self) -> Fallible<Sample> {
        Ok(Sample {
            requests: f64::from(u32::try_from(self.latencies.count())?),
            disturbances: f64::from(u32::try_from(self.disturbances)?),
            elapsed: self.elapsed,
            server_cpu: self.server_cpu,
            load_cpu: self.load_cpu,
            p50: self.latencies.per_mille(500),
            p99: self.latencies.per_mille(990),
            p999: self.latencies.per_mille(999),
        })
    }
}

impl Sample {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests / self.elapsed.as_secs_f64()
    }

    /// Requests that a core answers in a second in which it does nothing else.
    pub(crate) fn per_cpu_second(&self) -> Option<f64> {
        self.server_cpu.map(|cpu| self.requests / cpu.as_secs_f64())
    }

    /// Seconds of the server's CPU that a request takes.
    pub(crate) fn cpu(&self) -> Option<f64> {
        self.server_cpu.map(|cpu| cpu.as_secs_f64() / self.requests)
    }

    /// The share of the time in which the server was busy. Well below 1, something else set its rate.
    pub(crate) fn server_busy(&self) -> Option<f64> {
        self.server_cpu.map(|cpu| cpu.as_secs_f64() / self.elapsed.as_secs_f64())
    }

    /// The share of the time in which the load generator was busy. Near 1, it is the load generator.
    pub(crate) fn load_busy(&self) -> Option<f64> {
        Some(self.load_cpu.as_secs_f64() / self.elapsed.as_secs_f64())
    }

    /// What a CPU-second is good for here, over what it is good for there.
    pub(crate) fn rate_over(&self, other: &Self) -> Option<f64> {
        Some(self.per_cpu_second()? / other.per_cpu_second()?)
    }
}
