//! HTTP to other servers, and to our own: short waits, no redirects, TLS through aws-lc.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig, TlsProvider};

use super::CliError;

const TIMEOUT: Duration = Duration::from_secs(10);
/// More than any token answer or JWKS has.
const MAX_ANSWER: u64 = 1024 * 1024;

/// Whoever redirects a token request would be handed the secret.
pub(super) fn agent() -> Agent {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .root_certs(RootCerts::WebPki)
        .unversioned_rustls_crypto_provider(provider)
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .build()
        .into()
}

/// An answer: its status and its text.
pub(super) struct Answer {
    pub status: u16,
    pub text: String,
}

pub(super) fn read(url: &str, answer: Result<http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, CliError> {
    let failed = |error: ureq::Error| CliError::new(format_args!("{url}: {error}"));
    let mut answer = answer.map_err(failed)?;
    let status = answer.status().as_u16();
    let text = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_string().map_err(failed)?;
    Ok(Answer { status, text })
}
