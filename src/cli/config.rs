//! `countersign config`: what can be set, and whether it is set well.

use std::path::PathBuf;

use schemars::schema_for;

use super::{CliError, Globals, context, out, serve};
use crate::clock::SystemEntropy;
use crate::config::Config;
use crate::dialect;
use crate::keys::MasterKey;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration, the dialect files and the resource files
    Check,
    /// Print everything that can be set, as JSON Schema
    PrintSchema(PrintSchema),
    /// Create a master key that only its owner can read
    CreateMasterKey(CreateMasterKey),
}

#[derive(Debug, clap::Args)]
pub(super) struct PrintSchema {
    /// What a dialect file may say, instead of the configuration
    #[arg(long)]
    dialect: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct CreateMasterKey {
    /// Where to; a file that exists is left alone
    file: PathBuf,
}

pub(super) fn run(globals: &Globals, command: ConfigCommand) -> Result<(), CliError> {
    match command {
        ConfigCommand::Check => {
            let config = context::load(globals)?;
            let dialects = serve::dialects(&config.dialects)?;
            serve::rules(&config.resources, &dialects)?;
            out::line("the configuration, the dialects and the resource files are good")
        }
        ConfigCommand::PrintSchema(PrintSchema { dialect }) => {
            let schema = if dialect { schema_for!(dialect::schema::Document) } else { schema_for!(Config) };
            out::line(serde_json::to_string_pretty(&schema).map_err(CliError::new)?)
        }
        ConfigCommand::CreateMasterKey(CreateMasterKey { file }) => {
            MasterKey::create(&file, &SystemEntropy).map_err(CliError::new)?;
            out::line(format_args!(
                "created {}; keep a copy apart from the database: without it, sealed keys stay sealed",
                file.display()
            ))
        }
    }
}
