//! `countersign config`: what can be set, and whether it is set well.

use std::path::PathBuf;

use super::{CliError, Globals, context, out, serve};
use crate::clock::SystemEntropy;
use crate::config::Config;
use crate::keys::MasterKey;

#[derive(Debug, clap::Subcommand)]
pub(super) enum ConfigCommand {
    /// Check the configuration and the dialect files
    Check,
    /// Print everything that can be set, as JSON Schema
    PrintSchema,
    /// Create a master key that only its owner can read
    CreateMasterKey(CreateMasterKey),
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
            serve::dialects(&config.dialects)?;
            out::line("the configuration and the dialects are good")
        }
        ConfigCommand::PrintSchema => {
            let schema = serde_json::to_string_pretty(&schemars::schema_for!(Config)).map_err(CliError::new)?;
            out::line(schema)
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
