//! `countersign token`: ask for one, look into one, verify one.

mod fetch;
mod inspect;
mod verify;

use std::io::Read as _;
use std::process::ExitCode;

use super::{CliError, out};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Token {
    /// Ask a token endpoint for a token (client credentials) and print its answer
    Fetch(fetch::Fetch),
    /// Print header and claims of a JWT from standard input, without verifying it
    Inspect,
    /// Verify a JWT from standard input through a JWKS and print its claims
    Verify(verify::Verify),
}

pub(super) fn run(command: Token) -> Result<ExitCode, CliError> {
    // HTTP waits here: it must not hold up a thread of the runtime.
    tokio::task::block_in_place(|| match command {
        Token::Fetch(fetch) => fetch::run(&fetch),
        Token::Inspect => inspect::run(&read_token()?),
        Token::Verify(verify) => verify::run(&verify, &read_token()?),
    })
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
