//! How long until all nodes know what was changed at the command line.

use std::time::{Duration, Instant};

use super::nodes::Nodes;
use super::{REALM, Site};
use crate::Fallible;
use crate::http::Connection;

/// Few enough that its refusals are not taken for somebody who guesses.
const CHANGES: u32 = 11;
/// What the nodes promise: after so long each of them knows.
const PROMISE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(2);

/// Switches a client off and on: the milliseconds from when the command has ended to when the last node refuses, each time.
pub(super) async fn measure(nodes: &Nodes, site: &Site) -> Fallible<Vec<f64>> {
    let request = site.request("bench");
    let mut took = Vec::new();
    for change in 1..=CHANGES {
        eprintln!("a change at the command line: {change} of {CHANGES}");
        for node in nodes.all() {
            let status = Connection::open(node.public, None).await?.exchange(request.as_bytes()).await?.status;
            if status != 200 {
                return Err(format!("a client that was switched on again is answered {status}").into());
            }
        }
        switch(site, "disable")?;
        let told = Instant::now();
        for node in nodes.all() {
            let mut connection = Connection::open(node.public, None).await?;
            while connection.exchange(request.as_bytes()).await?.status == 200 {
                tokio::time::sleep(PAUSE).await;
            }
        }
        took.push(told.elapsed().as_secs_f64() * 1e3);
        switch(site, "enable")?;
        tokio::time::sleep(PROMISE).await;
    }
    Ok(took)
}

fn switch(site: &Site, how: &str) -> Fallible<()> {
    site.installation.run(&["client", how, "--realm", REALM, "bench"]).map(drop)
}
