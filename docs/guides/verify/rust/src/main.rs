//! Verifies an access token of Countersign, read from standard input, under the published keys of its issuer, and prints its scopes.
//! RFC 9068, section 4; RFC 8725.

mod keys;

use std::error::Error;
use std::process::ExitCode;

use jsonwebtoken::{Algorithm, Validation};
use serde::Deserialize;

use keys::Keys;

type Refusal = Box<dyn Error>;

#[derive(Deserialize)]
struct Claims {
    scope: String,
}

/// Once in the life of a service: it keeps the keys.
struct Verifier {
    keys: Keys,
    rules: Validation,
}

impl Verifier {
    fn new(issuer: &str, audience: &str) -> Self {
        let mut rules = Validation::new(Algorithm::RS256);
        rules.set_issuer(&[issuer]);
        rules.set_audience(&[audience]);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.validate_nbf = true;
        // By default 60 seconds, which would stretch the life of a token.
        rules.leeway = 0;
        let url = format!("{}/jwks.json", issuer.strip_suffix('/').unwrap_or(issuer));
        Self { keys: Keys::new(url), rules }
    }

    /// Checks signature, algorithm, issuer, audience, times and type.
    fn verify(&mut self, token: &str) -> Result<Claims, Refusal> {
        let header = jsonwebtoken::decode_header(token)?;
        let kid = header.kid.ok_or("the token names no key")?;
        let verified = jsonwebtoken::decode::<Claims>(token, &self.keys.find(&kid)?, &self.rules)?;
        match verified.header.typ {
            Some(typ) if typ.eq_ignore_ascii_case("at+jwt") => Ok(verified.claims),
            _ => Err("no access token by its type".into()),
        }
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(claims) => {
            println!("{}", claims.scope);
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("refused: {refusal}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Claims, Refusal> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, audience] = arguments.as_slice() else {
        return Err("give ISSUER and AUDIENCE, and the token on standard input".into());
    };
    let token = std::io::read_to_string(std::io::stdin())?;
    Verifier::new(issuer, audience).verify(token.trim())
}
