//! Installations to ask, with as many clients as are wanted, and how they are asked.

use crate::database::{Database, multiply, numbered_client};
use crate::installation::Installation;
use crate::limits::Cryptography;
use crate::load::{Pace, Workload};
use crate::machine::Machine;
use crate::requests::{Pick, Requests, post};
use crate::scenario::Stand;
use crate::server::Server;
use crate::tokens;
use crate::{Fallible, Settings};

const PROVISION: &str = include_str!("../../provision/issuer.toml");
const ACCOUNTS: &str = include_str!("../../dialects/accounts.toml");
/// The configuration of every server here, beside what a scenario adds.
const DIALECTS: &str = "[dialects]\ndir = \"dialects\"\n";
/// The realm of RS256, and of those of other algorithms.
pub(super) const RS256: &str = "bench";
pub(super) const ES256: &str = "es256";
pub(super) const EDDSA: &str = "eddsa";
/// The clients of a load that is not about their number.
pub(super) const FEW: u32 = 100;

/// Where is measured.
#[derive(Debug)]
pub(super) struct Ground<'a> {
    pub(super) machine: &'a Machine,
    pub(super) settings: &'a Settings,
    pub(super) database: Database,
}

/// An installation with clients.
#[derive(Debug)]
pub(super) struct Site {
    installation: Installation,
    /// What all clients of the load present.
    secret: String,
}

impl Ground<'_> {
    /// An installation with so many clients in the realm of RS256, and [`FEW`] in the others.
    pub(super) async fn site(&self, clients: u32) -> Fallible<Site> {
        eprintln!("{}: an installation of {clients} clients", self.database.title());
        let installation = Installation::create(self.database.create().await?, PROVISION)?;
        installation.write("dialects/accounts.toml", ACCOUNTS)?;
        let secret = installation.add_secret(RS256, "bench")?;
        installation.add_secret(RS256, "victim")?;
        for (realm, clients) in [(RS256, clients), (ES256, FEW), (EDDSA, FEW)] {
            multiply(installation.database(), realm, clients).await?;
        }
        Ok(Site { installation, secret })
    }

    /// The server of a site, with more sections for its configuration.
    pub(super) async fn serve(&self, site: &Site, sections: &str) -> Fallible<Server> {
        let sections = format!("{}{DIALECTS}{sections}", self.settings.log_section());
        Server::start(self.machine, &site.installation, &sections).await
    }

    /// Where scenarios take turns; the limits are over a message as long as the signed part of this server's tokens.
    pub(super) async fn stand(&self, server: &Server, site: &Site) -> Fallible<Stand<'_>> {
        let token = tokens::ask(server.public, site.request(RS256, "bench").as_bytes(), 1).await?;
        Ok(Stand {
            machine: self.machine,
            settings: self.settings,
            cryptography: Cryptography::new(tokens::signed_part(&token)?)?,
        })
    }

    /// The load of the settings.
    pub(super) fn workload(&self, server: &Server, requests: Requests) -> Workload {
        let connections = self.settings.connections;
        Workload { server: server.public, from: None, connections, requests, pace: Pace::Closed, expected: &[200] }
    }
}

impl Site {
    /// What a client of this site sends for a token.
    pub(super) fn request(&self, realm: &str, client: &str) -> String {
        let secret = &self.secret;
        let form = format!("grant_type=client_credentials&scope=read&client_id={client}&client_secret={secret}");
        post(&format!("/realms/{realm}/oauth2/token"), "", &form)
    }

    /// Requests of the clients that are picked.
    pub(super) fn requests(&self, realm: &str, pick: Pick) -> Fallible<Requests> {
        Requests::numbered(&self.request(realm, &numbered_client()), pick)
    }
}
