//! `countersign token inspect`: what a JWT says, whether or not it is true (RFC 7515, section 7.1).

use std::process::ExitCode;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::super::CliError;
use super::out;

pub(super) fn run(token: &str) -> Result<ExitCode, CliError> {
    out::line(format_args!("{:#}", parts(token)?))?;
    Ok(ExitCode::SUCCESS)
}

/// Header and claims, under a word of warning.
fn parts(token: &str) -> Result<Value, CliError> {
    let not_a_jwt = || CliError::new("this is not a JWT: an opaque token says nothing by itself");
    let [header, claims, _signature] = token.split('.').collect::<Vec<_>>()[..] else { return Err(not_a_jwt()) };
    let read = |part: &str| -> Option<Map<String, Value>> { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok() };
    let (header, claims) = read(header).zip(read(claims)).ok_or_else(not_a_jwt)?;
    Ok(serde_json::json!({ "verified": false, "header": header, "claims": claims }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_is_taken_apart_and_marked_unverified() {
        let token =
            format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(r#"{"sub":"acme"}"#));
        let parts = parts(&token).unwrap();
        assert_eq!(parts, serde_json::json!({ "verified": false, "header": { "alg": "RS256" }, "claims": { "sub": "acme" } }));
    }

    #[test]
    fn an_opaque_token_is_no_jwt() {
        for token in ["aa367982-bef6-4f05-a156-10c1431988bc", "a.b.c", "a.b", "a.b.c.d"] {
            assert!(parts(token).is_err(), "{token}");
        }
    }
}
