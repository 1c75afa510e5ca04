//! A JWT of claims that are written: `header.claims.signature`, signed by the realm's active key (RFC 7515, section 3.1).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::error::{ErrorKind, OAuthError};
use crate::model::Algorithm;
use crate::realms::RealmContext;

/// Signs these claims, a JSON object, as a JWT of the type `typ`. It is built in one buffer.
pub fn sign(app: &App, realm: &RealmContext, algorithm: Algorithm, typ: &str, claims: &[u8]) -> Result<String, OAuthError> {
    let internal = |detail: String| OAuthError::new(ErrorKind::ServerError).detail(detail);
    let signer = realm
        .ring
        .signer(algorithm)
        .ok_or_else(|| internal(format!("realm `{}` has no active {algorithm} key; run `countersign doctor`", realm.id())))?;
    let header = signer.encoded_header(typ);
    // Base64 makes four letters of three bytes; the longest RSA signature has 512 bytes.
    let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 700);
    token.push_str(&header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let mut signature = Vec::with_capacity(512);
    signer.sign(token.as_bytes(), &mut signature).map_err(|error| internal(error.to_string()))?;
    app.metrics.signed(algorithm);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
    Ok(token)
}
