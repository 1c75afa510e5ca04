//! A measurement: a load on a server, slice by slice, and what it cost both.

use std::time::{Duration, Instant};

use crate::Fallible;
use crate::load::Fleet;
use crate::server::Server;
use crate::stats::Latencies;
use crate::usage::cpu_of_thread;

/// A measurement that still goes on.
#[derive(Debug)]
pub(crate) struct Sampling<'a> {
    server: &'a Server,
    fleet: Fleet,
    latencies: Latencies,
    elapsed: Duration,
    server_cpu: Duration,
    load_cpu: Duration,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) requests: f64,
    pub(crate) elapsed: Duration,
    pub(crate) server_cpu: Duration,
    pub(crate) load_cpu: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl<'a> Sampling<'a> {
    /// Begins with a load that is not counted: it warms what can be warm.
    pub(crate) async fn begin(server: &'a Server, mut fleet: Fleet, warm_up: Duration) -> Fallible<Self> {
        fleet.drive(warm_up).await?;
        let (latencies, zero) = (Latencies::default(), Duration::ZERO);
        Ok(Self { server, fleet, latencies, elapsed: zero, server_cpu: zero, load_cpu: zero })
    }

    /// Measures for so long.
    pub(crate) async fn slice(&mut self, duration: Duration) -> Fallible<()> {
        let (began, server_before, load_before) = (Instant::now(), self.server.cpu()?, cpu_of_thread()?);
        self.latencies.merge(self.fleet.drive(duration).await?);
        self.elapsed += began.elapsed();
        self.server_cpu += self.server.cpu()? - server_before;
        self.load_cpu += cpu_of_thread()? - load_before;
        self.server.forget_log()
    }

    pub(crate) fn end(mut self) -> Fallible<Sample> {
        Ok(Sample {
            requests: f64::from(u32::try_from(self.latencies.count())?),
            elapsed: self.elapsed,
            server_cpu: self.server_cpu,
            load_cpu: self.load_cpu,
            p50: self.latencies.percentile(50),
            p99: self.latencies.percentile(99),
        })
    }
}

impl Sample {
    pub(crate) fn per_second(&self) -> f64 {
        self.requests / self.elapsed.as_secs_f64()
    }

    /// Requests that a core answers in a second in which it does nothing else.
    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.requests / self.server_cpu.as_secs_f64()
    }

    /// Seconds of the server's CPU that a request takes.
    pub(crate) fn cpu(&self) -> f64 {
        self.server_cpu.as_secs_f64() / self.requests
    }

    /// The share of the time in which the server was busy. Well below 1, something else set its rate.
    pub(crate) fn server_busy(&self) -> f64 {
        self.server_cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    /// The share of the time in which the load generator was busy. Near 1, it is the load generator.
    pub(crate) fn load_busy(&self) -> f64 {
        self.load_cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}
