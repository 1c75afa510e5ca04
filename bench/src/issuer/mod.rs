//! The suite `issuer`: what a token costs beside its signature, and how the token endpoint bears many clients, strangers and time.
//!
//! - `ground`: installations to ask, with as many clients as are wanted, and how they are asked.
//! - `start`: from the start of the process to the first token.
//! - `rates`: tokens of each algorithm, beside the bare signatures.
//! - `open`: how long a token takes where requests come evenly.
//! - `reuse`: tokens that are handed out again for a while.
//! - `metadata`: discovery and JWKS.
//! - `disturbed`: a wrong secret and a storm of logins beside the load.
//! - `cold`: clients that nobody has asked for yet.
//! - `memory`: what the server holds, and whether it grows.
//! - `findings`: what comes of all these, on one database.
//! - `against`: a foreign issuer in place of Countersign.

mod against;
mod cold;
mod disturbed;
mod findings;
mod ground;
mod memory;
mod metadata;
mod open;
mod rates;
mod reuse;
mod start;

use clap::Args;

use self::against::Against;
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
    settings: Settings,
    /// The databases to measure on, one after the other
    #[arg(long, value_enum, default_value = "both")]
    database: Choice,
    /// Minutes of full load over which the growth of memory is watched, after one that warms up; 0 for none
    #[arg(long, value_name = "N", default_value_t = 10)]
    growth_minutes: u32,
    #[command(flatten)]
    against: Option<Against>,
}

/// Runs the suite.
pub(crate) async fn run(options: &Options) -> Fallible<Report> {
    let (machine, settings) = (Machine::prepare()?, options.settings.clone());
    if let Some(against) = &options.against {
        let parts = vec![against.measure(&machine, &settings).await?];
        return Ok(Report { suite: "issuer", version: against.against.clone(), settings, machine, parts });
    }
    let mut parts = Vec::new();
    for database in options.database.databases()? {
        parts.push(measure(&machine, options, database).await?);
    }
    Ok(Report { suite: "issuer", version: installation::version()?, settings, machine, parts })
}

async fn measure(machine: &Machine, options: &Options, database: Database) -> Fallible<Part> {
    let ground = Ground { machine, settings: &options.settings, database };
    let mut findings = Findings::default();
    start::measure(&ground, &mut findings).await?;
    shared_server(&ground, &mut findings).await?;
    cold::measure(&ground, &mut findings).await?;
    memory::measure(&ground, options.growth_minutes, &mut findings).await?;
    Ok(findings.into_part(Some(ground.database.title())))
}

/// What is asked of one server with many clients.
async fn shared_server(ground: &Ground<'_>, findings: &mut Findings) -> Fallible<()> {
    let subject = ground.subject(ground::MANY, "").await?;
    let stand = subject.stand().await?;
    rates::measure(&subject, &stand, findings).await?;
    reuse::measure(&subject, &stand, findings).await?;
    metadata::measure(&subject, &stand, findings).await?;
    disturbed::measure(&subject, &stand, findings).await
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn parsed(arguments: &str) -> Option<Options> {
        Some(Cli::try_parse_from(["bench"].into_iter().chain(arguments.split_whitespace())).ok()?.options)
    }

    #[test]
    fn without_a_foreign_issuer_it_is_countersign() {
        assert!(parsed("").unwrap().against.is_none());
        assert!(parsed("--database sqlite --seconds 1").unwrap().against.is_none());
        assert!(parsed("--against http://a/ --client c --secret s").unwrap().against.is_some());
    }

    #[test]
    fn a_foreign_issuer_takes_a_client_and_a_secret() {
        for refused in ["--against http://a/ --client c", "--client c --secret s", "--pid 1", "--method post"] {
            assert!(parsed(refused).is_none(), "{refused}");
        }
        assert!(parsed("--against http://a/ --client c --secret s --pid 1 --process p").is_none());
    }
}
