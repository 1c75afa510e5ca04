//! `countersign doctor`: what is wrong with an installation, one line a finding, each with its mend.

mod findings;

use std::net::SocketAddr;
use std::process::ExitCode;

use findings::{Finding, Grade};

use super::context::{self, Context};
use super::{CliError, Globals, out, remote, serve};
use crate::clock::{Clock as _, SystemClock};
use crate::config::Config;
use crate::keys::Sealer;
use crate::realms::Realms;
use crate::rules::Rules;
use crate::store::{self, Db};

#[derive(Debug, clap::Args)]
pub(super) struct Doctor {
    /// Only ask the running server whether it lives
    #[arg(long)]
    live: bool,
}

pub(super) async fn run(globals: &Globals, Doctor { live }: Doctor) -> Result<ExitCode, CliError> {
    let findings = match context::load(globals) {
        Err(error) => vec![Finding::fail("configuration", error.0, "mend the settings that it names")],
        Ok(config) if live => vec![tokio::task::block_in_place(|| is_alive(config.server.listen))],
        Ok(config) => examine(config).await,
    };
    findings.iter().try_for_each(out::line)?;
    let failed = findings.iter().any(|finding| finding.grade == Grade::Fail);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Loopback stands for "every address", where the server listens on all of them.
fn is_alive(listen: SocketAddr) -> Finding {
    let local = if listen.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], listen.port())) } else { listen };
    let url = format!("http://{local}/health/live");
    match remote::read(&url, remote::agent().get(&url).call()) {
        Ok(answer) if answer.status == 200 => Finding::ok("server", format!("{url} answers")),
        Ok(answer) => Finding::fail("server", format!("{url} answers {}", answer.status), "see its log"),
        Err(error) => Finding::fail("server", error.0, "is it running, and is server.listen what it runs with?"),
    }
}

async fn examine(config: Config) -> Vec<Finding> {
    let mut findings = vec![Finding::ok("configuration", "can be read")];
    let rules = match serve::dialects(&config.dialects) {
        Ok(dialects) => {
            findings.push(Finding::ok("dialects", format!("{} can be read", dialects.iter().count())));
            serve::rules(&config.resources, &dialects)
        }
        Err(error) => {
            findings.push(Finding::fail("dialects", error.0, "mend the lines that it names"));
            Ok(Rules::none())
        }
    };
    let rules = rules.unwrap_or_else(|error| {
        findings.push(Finding::fail("resource files", error.0, "mend the lines that it names"));
        Rules::none()
    });
    let master = context::master_key(&config);
    findings.push(match &master {
        Ok(_) => Finding::ok("master key", "can be read, and by its owner only"),
        Err(error) => Finding::fail("master key", &error.0, "without it nothing sealed can be opened"),
    });
    match schema(&config).await {
        Err(finding) => findings.push(finding),
        Ok(db) => {
            findings.push(Finding::ok("database", "answers, and its schema is up to date"));
            if let Ok(master) = master {
                findings.extend(contents(Context { config, master, db }, &rules).await);
            }
        }
    }
    findings
}

/// The database, with the schema of this version.
async fn schema(config: &Config) -> Result<Db, Finding> {
    let mend = "see database.url, and whether the database runs";
    let db = context::connect(&config.database).await.map_err(|error| Finding::fail("database", error.0, mend))?;
    match db.is_migrated().await {
        Ok(true) => Ok(db),
        Ok(false) => Err(Finding::fail("database", "its schema is not that of this version", "run `countersign migrate`")),
        Err(error) => Err(Finding::fail("database", error, mend)),
    }
}

/// What stands in the database.
async fn contents(context: Context, rules: &Rules) -> Vec<Finding> {
    let Context { config, master, db } = context;
    if let Err(error) = crate::app::recognise_master_key(&db, &master).await {
        return vec![Finding::fail("master key", error, "give the one that the database began with")];
    }
    let mut findings = Vec::new();
    if let Err(error) = Realms::load(&db, Sealer::new(&master), config.server.public_url()).await {
        findings.push(Finding::fail("realms", error, "restore the row from a backup, or retire the key"));
    }
    match of_realms(&db, rules).await {
        Ok(of_realms) => findings.extend(of_realms),
        Err(error) => findings.push(Finding::fail("realms", error, "see whether the database runs")),
    }
    findings
}

async fn of_realms(db: &Db, rules: &Rules) -> Result<Vec<Finding>, store::StoreError> {
    let now = SystemClock::new().now();
    let mut session = db.read().await?;
    let realms = store::realms::list(&mut session.conn()).await?;
    if realms.is_empty() {
        return Ok(vec![Finding::warn(
            "realms",
            "there are none",
            "run `countersign bootstrap`, or `countersign apply -f FILE`",
        )]);
    }
    let mut findings: Vec<_> = rules.iter().filter_map(|rule| findings::of_unknown_realm(rule, &realms)).collect();
    for realm in &realms {
        let apis = store::apis::list(&mut session.conn(), &realm.id).await?;
        let keys = store::keys::list(&mut session.conn(), &realm.id).await?;
        findings.extend(findings::of_realm(realm, &apis, &keys, now));
        findings.extend(apis.iter().filter_map(|api| findings::of_reuse(realm, api)));
        findings.extend(rules.iter().filter_map(|rule| findings::of_unknown_api(rule, realm, &apis)));
        for (api, owner) in apis.iter().flat_map(|api| api.owners.iter().map(move |owner| (api, owner))) {
            if store::clients::lookup(&mut session.conn(), &realm.id, owner).await?.is_none() {
                findings.push(findings::of_unknown_owner(realm, api, owner));
            }
        }
    }
    findings.dedup();
    Ok(findings)
}
