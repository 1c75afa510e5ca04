//! `countersign token fetch`: client credentials with HTTP Basic (RFC 6749, sections 2.3.1 and 4.4).

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::secret_flags::ClientSecret;
use super::super::{CliError, remote};
use super::out;
use crate::secret::Secret;

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Fetch {
    /// The token endpoint
    #[arg(long)]
    url: String,
    #[arg(long)]
    client_id: String,
    #[command(flatten)]
    client_secret: ClientSecret,
    /// The scopes to ask for, separated by blanks
    #[arg(long)]
    scope: Option<String>,
}

pub(super) fn run(fetch: &Fetch) -> Result<ExitCode, CliError> {
    let Some(secret) = fetch.client_secret.read()? else {
        return Err(CliError::new("say where the secret is to be read: --client-secret-file, -env or -stdin"));
    };
    let mut form = vec![("grant_type", "client_credentials")];
    form.extend(fetch.scope.as_deref().map(|scope| ("scope", scope)));
    let request = remote::agent().post(&fetch.url).header("Authorization", basic(&fetch.client_id, &secret).expose());
    let answer = remote::read(&fetch.url, request.send_form(form))?;
    out::line(answer.text.trim_end())?;
    Ok(if answer.status < 300 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Both halves are form-encoded before they are joined.
fn basic(id: &str, secret: &Secret<String>) -> Secret<String> {
    let pair = Secret::new(format!("{}:{}", form_encoded(id), form_encoded(secret.expose())));
    Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())))
}

fn form_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            b' ' => encoded.push('+'),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_form_encoded() {
        let basic = basic("a:b", &Secret::new("p+q r".into()));
        let decoded = STANDARD.decode(basic.expose().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(decoded).unwrap(), "a%3Ab:p%2Bq+r");
    }
}
