//! The command line: one file a command, over the operations that the admin API uses too.
//!
//! What is asked for goes to standard output, everything else to standard error. A secret is taken from a file, the
//! environment or standard input, never from an argument, which every user of the machine can read; one is printed only by
//! the command that generated it.

mod apply;
mod bootstrap;
mod client;
mod config;
mod context;
mod demo;
mod doctor;
mod institution;
mod key;
mod migrate;
mod out;
mod remote;
mod secret;
mod secret_flags;
mod serve;
#[cfg(test)]
mod tests;
mod token;
mod user;

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::admin::service::OpsError;
use crate::model::RealmId;
use crate::store::Page;

#[derive(Debug, Parser)]
#[command(name = "countersign", version, about = "The token issuer for partner APIs", propagate_version = true)]
struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Globals {
    /// The configuration file; without one, the defaults and the environment.
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve token requests, and operations on the admin listener
    Serve,
    /// Serve all partner contracts with public example credentials, to try them out
    Demo(demo::Demo),
    /// Make realms, clients and users as a file describes them
    Apply(apply::Apply),
    /// Bring the database's schema up to date
    Migrate,
    /// Create the first admin client
    Bootstrap(bootstrap::Bootstrap),
    /// Clients: create, change, switch off, unlock, revoke their tokens
    #[command(subcommand)]
    Client(client::Client),
    /// Secrets of a client: add, list, revoke
    #[command(subcommand)]
    Secret(secret::Secrets),
    /// Users: create, change, block, unlock, revoke their tokens
    #[command(subcommand)]
    User(user::User),
    /// Institutions: create, change, switch off, revoke their tokens
    #[command(subcommand)]
    Institution(institution::Institution),
    /// Signing keys: prepare, activate, retire
    #[command(subcommand)]
    Key(key::Key),
    /// Tokens: fetch, inspect, verify, revoke
    #[command(subcommand)]
    Token(token::Token),
    /// Say what is wrong with this installation
    Doctor(doctor::Doctor),
    /// The configuration: check it, print its schema, create a master key
    #[command(subcommand)]
    Config(config::ConfigCommand),
}

/// Which realm a command works in.
#[derive(Debug, Args)]
struct InRealm {
    /// The realm
    #[arg(long, value_name = "REALM")]
    realm: RealmId,
}

/// One page of a list.
#[derive(Debug, Args)]
struct PageArgs {
    #[command(flatten)]
    within: InRealm,
    /// Begin after this id
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1000))]
    limit: u32,
}

impl PageArgs {
    fn page(&self) -> Page {
        Page { after: self.after.clone(), limit: self.limit }
    }
}

/// Why a command failed: what, where, and the mend.
#[derive(Debug)]
struct CliError(String);

impl CliError {
    fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl From<OpsError> for CliError {
    fn from(error: OpsError) -> Self {
        Self::new(error)
    }
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let Cli { globals, command } = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&CliError::new(format_args!("the runtime does not start: {error}"))),
    };
    match runtime.block_on(dispatch(&globals, command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &CliError) -> ExitCode {
    use std::io::Write as _;
    // Where standard error is closed, the exit code still tells.
    let _ = writeln!(std::io::stderr().lock(), "countersign: {}", error.0);
    ExitCode::FAILURE
}

async fn dispatch(globals: &Globals, command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Serve => serve::run(globals).await,
        Command::Demo(demo) => demo::run(demo).await,
        Command::Apply(apply) => apply::run(globals, apply).await,
        Command::Migrate => migrate::run(globals).await,
        Command::Bootstrap(bootstrap) => bootstrap::run(globals, bootstrap).await,
        Command::Client(client) => client::run(globals, client).await,
        Command::Secret(secret) => secret::run(globals, secret).await,
        Command::User(user) => user::run(globals, user).await,
        Command::Institution(institution) => institution::run(globals, institution).await,
        Command::Key(key) => key::run(globals, key).await,
        Command::Token(token) => return token::run(globals, token).await,
        Command::Doctor(doctor) => return doctor::run(globals, doctor).await,
        Command::Config(config) => config::run(globals, config),
    }?;
    Ok(ExitCode::SUCCESS)
}
