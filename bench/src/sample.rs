//! One measurement: a load on a server for some seconds, and what it cost both.

use std::time::{Duration, Instant};

use crate::Fallible;
use crate::load::{Fleet, Workload};
use crate::server::Server;
use crate::usage::cpu_of_thread;

/// How a measurement is taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) duration: Duration,
    pub(crate) connections: u16,
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

impl Sample {
    /// Measures after a tenth of the time that is not counted: it opens connections and warms what can be warm.
    pub(crate) async fn take(server: &Server, workload: &Workload, plan: Plan) -> Fallible<Self> {
        let mut fleet = Fleet::open(workload.clone(), plan.connections).await?;
        fleet.drive(plan.duration / 10).await?;
        let (began, server_before, load_before) = (Instant::now(), server.cpu()?, cpu_of_thread()?);
        let mut latencies = fleet.drive(plan.duration).await?;
        let sample = Self {
            requests: f64::from(u32::try_from(latencies.count())?),
            elapsed: began.elapsed(),
            server_cpu: server.cpu()? - server_before,
            load_cpu: cpu_of_thread()? - load_before,
            p50: latencies.percentile(50),
            p99: latencies.percentile(99),
        };
        server.forget_log()?;
        Ok(sample)
    }

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
