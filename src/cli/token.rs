//! `countersign token`: ask for one, look into one, verify one, revoke one.

mod fetch;
mod inspect;
mod revoke;
mod verify;

use std::io::Read as _;
use std::process::ExitCode;

use super::{CliError, Globals, out};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Token {
    /// Ask a token endpoint for a token (client credentials) and print its answer
    Fetch(fetch::Fetch),
    /// Print header and claims of a JWT from standard input, without verifying it
    Inspect,
    /// Verify a JWT from standard input through a JWKS and print its claims
    Verify(verify::Verify),
    /// Revoke a token by its id
    Revoke(revoke::Revoke),
}

pub(super) async fn run(globals: &Globals, command: Token) -> Result<ExitCode, CliError> {
    // HTTP waits here: it must not hold up a thread of the runtime.
    match command {
        Token::Fetch(fetch) => tokio::task::block_in_place(|| fetch::run(&fetch)),
        Token::Inspect => tokio::task::block_in_place(|| inspect::run(&read_token()?)),
        Token::Verify(verify) => tokio::task::block_in_place(|| verify::run(&verify, &read_token()?)),
        Token::Revoke(revoke) => revoke::run(globals, revoke).await,
    }
}

/// A token is as good as a secret for as long as it lives, so it is no argument either.
fn read_token() -> Result<String, CliError> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text);
    read.map_err(|error| CliError::new(format_args!("standard input: {error}")))?;
    match text.trim() {
        "" => Err(CliError::new("send the token on standard input")),
        token => Ok(token.to_owned()),
    }
}
