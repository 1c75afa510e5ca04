//! Installations to ask, with as many clients as are wanted, and how they are asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::reuse;
use crate::database::{Database, multiply, numbered_client};
use crate::installation::Installation;
use crate::limits::Cryptography;
use crate::load::{Fleet, Pace, Workload};
use crate::machine::Machine;
use crate::requests::{Pick, Requests, post};
use crate::sample::Measured as _;
use crate::scenario::{Scenario, Stand};
use crate::server::Server;
use crate::tokens;
use crate::{Fallible, Settings};

const PROVISION: &str = include_str!("../../provision/issuer.toml");
const ACCOUNTS: &str = include_str!("../../dialects/accounts.toml");
/// The configuration of every server here, beside what a scenario adds.
const DIALECTS: &str = "[dialects]\ndir = \"dialects\"\n";
/// The realm of RS256, and those of other algorithms.
pub(super) const RS256: &str = "bench";
pub(super) const ES256: &str = "es256";
pub(super) const EDDSA: &str = "eddsa";
/// The clients of a load that is not about their number.
pub(super) const FEW: u32 = 100;
/// As many as a node remembers by default.
pub(super) const MANY: u32 = 100_000;

/// Where is measured.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) machine: &'a Machine,
    pub(super) settings: &'a Settings,
    pub(super) database: Database,
}

/// An installation with clients.
#[derive(Debug)]
pub(super) struct Site<'a> {
    pub(super) ground: &'a Ground<'a>,
    installation: Installation,
    /// What all clients of the load present.
    secret: String,
}

/// A running server, and the site that it runs on.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    pub(super) site: Site<'a>,
    pub(super) server: Server,
}

impl Ground<'_> {
    /// An installation with so many clients in the realm of RS256, and [`FEW`] in the others.
    pub(super) async fn site(&self, clients: u32) -> Fallible<Site<'_>> {
        eprintln!("{}: an installation of {clients} clients", self.database.title());
        let installation = Installation::create(self.database.create().await?, PROVISION)?;
        installation.write("dialects/accounts.toml", ACCOUNTS)?;
        let secret = installation.add_secret(RS256, "bench")?;
        installation.add_secret(RS256, "victim")?;
        for (realm, clients) in [(RS256, clients), (ES256, FEW), (EDDSA, FEW), (reuse::REALM, FEW)] {
            multiply(installation.database(), realm, clients).await?;
        }
        Ok(Site { ground: self, installation, secret })
    }

    /// The same with its server, which has more sections in its configuration and is ready.
    pub(super) async fn subject(&self, clients: u32, sections: &str) -> Fallible<Subject<'_>> {
        let site = self.site(clients).await?;
        let mut server = site.spawn(sections)?;
        server.until_ready().await?;
        Ok(Subject { site, server })
    }
}

impl Site<'_> {
    /// Starts the server, and does not wait for it.
    pub(super) fn spawn(&self, sections: &str) -> Fallible<Server> {
        let Ground { machine, settings, .. } = self.ground;
        Server::spawn(machine, &self.installation, &format!("{}{DIALECTS}{sections}", settings.log_section()))
    }

    /// What a client of this site sends for a token.
    pub(super) fn request(&self, realm: &str, client: &str) -> String {
        let secret = &self.secret;
        let form = format!("grant_type=client_credentials&scope=read&client_id={client}&client_secret={secret}");
        post(&format!("/realms/{realm}/oauth2/token"), "", &form)
    }
}

impl Subject<'_> {
    /// The load of the settings.
    pub(super) fn workload(&self, requests: Requests) -> Workload {
        let connections = self.site.ground.settings.connections;
        Workload { server: self.server.public, from: None, connections, requests, pace: Pace::Closed, expected: &[200] }
    }

    /// The clients that are picked ask for tokens.
    pub(super) fn tokens(&self, realm: &str, pick: Pick) -> Fallible<Workload> {
        Ok(self.workload(Requests::numbered(&self.site.request(realm, &numbered_client()), pick)?))
    }

    pub(super) fn scenario(&self, name: &'static str, workload: Workload) -> Scenario<'_> {
        Scenario::new(name, &self.server, workload)
    }

    /// Asks until so many clients of RS256 have asked once.
    pub(super) async fn ask_each(&self, clients: u32) -> Fallible<()> {
        let asked = Arc::new(AtomicU32::new(0));
        let mut fleet = Fleet::open(self.tokens(RS256, Pick::Each(Arc::clone(&asked), clients))?).await?;
        while asked.load(Ordering::Relaxed) < clients {
            fleet.drive(Duration::from_millis(250)).await?;
            self.server.tidy()?;
        }
        Ok(())
    }

    /// Where scenarios take turns; the limits are over a message as long as the signed part of this server's tokens.
    pub(super) async fn stand(&self) -> Fallible<Stand<'_>> {
        let Ground { machine, settings, .. } = self.site.ground;
        let token = tokens::ask(self.server.public, self.site.request(RS256, "bench").as_bytes(), 1).await?;
        Ok(Stand { machine, settings, cryptography: Cryptography::new(tokens::signed_part(&token)?)? })
    }
}
