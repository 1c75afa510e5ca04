//! Latency where requests come when they come: at a part of what the server can do, counted from when each was due.

use super::findings::Findings;
use crate::Fallible;
use crate::load::{Pace, Workload};
use crate::sample::Measured;
use crate::scenario::{Scenario, Stand};

/// Enough that no request waits for one of them, unless it had to wait for the server anyway.
const CONNECTIONS: u16 = 64;

/// `load` is the closed loop that showed the capacity, in tokens a second.
pub(super) async fn measure(
    stand: &Stand<'_>,
    measured: &dyn Measured,
    load: &Workload,
    capacity: f64,
    findings: &mut Findings,
) -> Fallible<()> {
    let scenario = |name, share| {
        let workload = Workload { pace: Pace::Open(capacity * share), connections: CONNECTIONS, ..load.clone() };
        Scenario::new(name, measured, workload)
    };
    let mut scenarios = [scenario("open loop at 50 % of the rate", 0.5), scenario("open loop at 80 % of the rate", 0.8)];
    let limits = stand.take_turns("open loop", &mut scenarios).await?;
    findings.paced(&scenarios, &limits);
    findings.limits(limits);
    Ok(())
}
