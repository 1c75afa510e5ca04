//! The suite `issuer`: what a token costs beside its signature, and how the token endpoint bears many clients, strangers and time.
//!
//! - `ground`: installations to ask, with as many clients as are wanted, and how they are asked.
//! - `rates`: tokens of each algorithm, discovery and JWKS, beside the bare signatures.
//! - `open`: how long a token takes where requests come evenly.
//! - `cold`: clients that nobody has asked for yet.
//! - `findings`: what comes of them, on one database.
//! - `disturbed`: a wrong secret and a storm of logins beside the load.

mod cold;
mod disturbed;
mod findings;
mod ground;
mod open;
mod rates;

use clap::Args;

use self::findings::Findings;
use self::ground::Ground;
use crate::database::{Choice, Database};
use crate::installation;
use crate::machine::Machine;
use crate::report::{Part, Report};
use crate::{Fallible, Settings};

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) settings: Settings,
    /// The databases to measure on, one after the other
    #[arg(long, value_enum, default_value = "both")]
    database: Choice,
}

/// Runs the suite.
pub(crate) async fn run(options: &Options) -> Fallible<Report> {
    let machine = Machine::prepare()?;
    let mut parts = Vec::new();
    for database in options.database.databases()? {
        parts.push(measure(&machine, options, database).await?);
    }
    Ok(Report { suite: "issuer", version: installation::version()?, settings: options.settings.clone(), machine, parts })
}

async fn measure(machine: &Machine, options: &Options, database: Database) -> Fallible<Part> {
    let ground = Ground { machine, settings: &options.settings, database };
    let mut findings = Findings::default();
    shared_server(&ground, &mut findings).await?;
    cold::measure(&ground, &mut findings).await?;
    Ok(findings.into_part(ground.database.title()))
}

/// What is asked of one server with many clients.
async fn shared_server(ground: &Ground<'_>, findings: &mut Findings) -> Fallible<()> {
    let site = ground.site(rates::MANY).await?;
    let server = ground.serve(&site, "").await?;
    let capacity = rates::measure(ground, &site, &server, findings).await?;
    open::measure(ground, &site, &server, capacity, findings).await?;
    disturbed::measure(ground, &site, &server, findings).await
}
