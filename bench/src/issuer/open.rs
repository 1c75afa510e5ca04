//! Latency where requests come when they come: at a part of what the server can do, counted from when each was due.

use super::findings::Findings;
use super::ground::{FEW, Ground, RS256, Site};
use crate::Fallible;
use crate::load::{Pace, Workload};
use crate::requests::Pick;
use crate::scenario::Scenario;
use crate::server::Server;

/// Enough that no request waits for one of them, unless it had to wait for the server anyway.
const CONNECTIONS: u16 = 64;

/// `capacity` is in tokens a second.
pub(super) async fn measure(
    ground: &Ground<'_>,
    site: &Site,
    server: &Server,
    capacity: f64,
    findings: &mut Findings,
) -> Fallible<()> {
    let stand = ground.stand(server, site).await?;
    let scenario = |name, share| {
        let pace = Pace::Open(capacity * share);
        let load = ground.workload(server, site.requests(RS256, Pick::Random(FEW))?);
        Fallible::Ok(Scenario::new(name, server, Workload { pace, connections: CONNECTIONS, ..load }))
    };
    let mut scenarios =
        [scenario("RS256, open loop at 50 % of capacity", 0.5)?, scenario("RS256, open loop at 80 % of capacity", 0.8)?];
    let limits = stand.take_turns(&mut scenarios).await?;
    findings.paced(&scenarios, &limits);
    findings.limits(limits);
    Ok(())
}
