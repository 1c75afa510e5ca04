//! `countersign token revoke`: ends one token before its time, by its id, which the audit trail and the log name.

use std::process::ExitCode;

use super::super::context::Context;
use super::super::{CliError, Globals, InRealm};
use super::out;
use crate::audit::Actor;
use crate::model::TokenId;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Revoke {
    #[command(flatten)]
    within: InRealm,
    /// The token's id: the `jti` of a JWT, never the token itself
    id: TokenId,
}

pub(super) async fn run(globals: &Globals, Revoke { within, id }: Revoke) -> Result<ExitCode, CliError> {
    Context::open(globals).await?.ops().revoke_token(&Actor::Shell, &within.realm, &id).await?;
    out::line(format_args!("revoked token {id}"))?;
    Ok(ExitCode::SUCCESS)
}
