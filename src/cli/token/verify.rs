//! `countersign token verify`: a JWT through the JWKS of its issuer, as an API would do it (RFC 7519, section 7.2).

use std::process::ExitCode;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Map, Value};

use super::super::{CliError, remote};
use super::out;

/// Signatures that anybody can verify; nothing with a shared secret.
const ALGORITHMS: [Algorithm; 4] = [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Verify {
    /// The URL of the JWKS
    #[arg(long)]
    jwks: String,
    /// The exact issuer that the token must name
    #[arg(long)]
    issuer: String,
    /// The audience that the token must be for
    #[arg(long)]
    audience: String,
}

pub(super) fn run(verify: &Verify, token: &str) -> Result<ExitCode, CliError> {
    let answer = remote::read(&verify.jwks, remote::agent().get(&verify.jwks).call())?;
    if answer.status != 200 {
        return Err(CliError::new(format_args!("{} answers {}", verify.jwks, answer.status)));
    }
    let keys: JwkSet =
        serde_json::from_str(&answer.text).map_err(|error| CliError::new(format_args!("{} is no JWKS: {error}", verify.jwks)))?;
    let claims = claims(verify, &keys, token)?;
    out::line(format_args!("{:#}", Value::Object(claims)))?;
    Ok(ExitCode::SUCCESS)
}

fn claims(verify: &Verify, keys: &JwkSet, token: &str) -> Result<Map<String, Value>, CliError> {
    let bad = |error| CliError::new(format_args!("the token is not good: {error}"));
    let header = jsonwebtoken::decode_header(token).map_err(bad)?;
    let named = header.kid.as_deref().and_then(|kid| keys.find(kid));
    let jwk = named.ok_or_else(|| CliError::new("the token is not good: it names no key of this JWKS"))?;
    let mut validation = Validation::new(algorithm(jwk, header.alg)?);
    validation.set_issuer(&[&verify.issuer]);
    validation.set_audience(&[&verify.audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud"]);
    validation.validate_nbf = true;
    validation.leeway = 0;
    let key = DecodingKey::from_jwk(jwk).map_err(bad)?;
    Ok(jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation).map_err(bad)?.claims)
}

/// The key says how it signs, not the token (RFC 8725, section 3.1).
fn algorithm(jwk: &Jwk, named: Algorithm) -> Result<Algorithm, CliError> {
    let of_key = jwk.common.key_algorithm.and_then(|algorithm| algorithm.to_string().parse::<Algorithm>().ok());
    match of_key {
        Some(algorithm) if algorithm == named && ALGORITHMS.contains(&algorithm) => Ok(algorithm),
        _ => Err(CliError::new("the token is not good: its algorithm is not that of its key")),
    }
}
