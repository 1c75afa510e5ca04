//! Nodes of one installation, all on the server's core.

use std::time::Duration;

use super::{CLIENTS, REALM, Site};
use crate::awake::Awake;
use crate::database::numbered_client;
use crate::installation::Installation;
use crate::load::{Fleet, Pace, Workload};
use crate::machine::Machine;
use crate::requests::{Pick, Requests, post};
use crate::sample::Measured;
use crate::server::Server;
use crate::strain::Spent;
use crate::{Fallible, Settings};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Nodes(Vec<Server>);

impl Nodes {
    /// Starts one more, and waits until it is ready: the file of its configuration may change after that.
    pub(super) async fn add(&mut self, machine: &Machine, installation: &Installation, sections: &str) -> Fallible<()> {
        self.0.push(Server::start(machine, installation, sections).await?);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn all(&self) -> &[Server] {
        &self.0
    }

    pub(super) fn measured(&self) -> Vec<&dyn Measured> {
        self.0.iter().map(|server| server as &dyn Measured).collect()
    }

    /// So many of them are asked, by all the connections of the settings together. A second of the load goes before: Postgres's
    /// counters come up to a second late, at the end as at the beginning.
    pub(super) async fn bear(&self, asked: u16, settings: &Settings, site: &mut Site) -> Fallible<Spent> {
        let requests = Requests::numbered(&site.request(&numbered_client()), Pick::Random(CLIENTS))?;
        let connections = (settings.connections / asked).max(1);
        let mut fleets = Vec::new();
        for server in self.0.iter().take(usize::from(asked)) {
            let (server, requests) = (server.public, requests.clone());
            let workload = Workload { server, from: None, connections, requests, pace: Pace::Closed, expected: &[200] };
            fleets.push(Fleet::open(workload).await?);
        }
        let awake = Awake::begin();
        drive(&mut fleets).await?;
        let (before, mut tokens) = (site.watch.read(&self.measured()).await?, 0);
        for _ in 0..settings.seconds {
            tokens += drive(&mut fleets).await?;
            self.0.iter().try_for_each(Measured::tidy)?;
        }
        let after = site.watch.read(&self.measured()).await?;
        awake.end();
        Ok(after.since(before, f64::from(u32::try_from(tokens)?)))
    }
}

impl Site {
    /// What a client sends for a token.
    pub(super) fn request(&self, client: &str) -> String {
        let form = format!("grant_type=client_credentials&scope=read&client_id={client}&client_secret={}", self.secret);
        post(&format!("/realms/{REALM}/oauth2/token"), "", &form)
    }
}

/// All at the same time, for a second: how many tokens there were.
async fn drive(fleets: &mut [Fleet]) -> Fallible<usize> {
    match fleets {
        [one] => Ok(one.drive(SECOND).await?.count()),
        [one, other] => {
            let (one, other) = tokio::try_join!(one.drive(SECOND), other.drive(SECOND))?;
            Ok(one.count() + other.count())
        }
        _ => Err("one node is asked, or two are".into()),
    }
}
