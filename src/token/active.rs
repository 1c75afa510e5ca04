//! Is a presented token good? Its signature or row, issuer, type and times.

use crate::app::App;
use crate::credential::DigestDomain;
use crate::error::{ErrorKind, OAuthError};
use crate::keys;
use crate::model::{ClientId, ScopeSet, Timestamp, UserId};
use crate::realms::RealmContext;
use crate::store::tokens;
use crate::token::said::{ClaimFault, Said};

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// What a good token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveToken {
    pub client: ClientId,
    pub user: Option<UserId>,
    pub scopes: ScopeSet,
    pub audience: Vec<String>,
    pub expires_at: Timestamp,
}

/// Takes the token out of the one `Authorization` header (RFC 6750, section 2.1). The scheme is case-insensitive; a token
/// anywhere else is not looked at.
pub fn bearer(headers: &http::HeaderMap) -> Result<&str, OAuthError> {
    let mut values = headers.get_all(http::header::AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Err(OAuthError::new(ErrorKind::RsMissing)) };
    let malformed = || OAuthError::new(ErrorKind::RsMalformed);
    if values.next().is_some() {
        return Err(malformed().detail("several Authorization headers"));
    }
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(malformed)?;
    let token = token.trim_matches(' ');
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() || token.len() > MAX_TOKEN {
        return Err(malformed());
    }
    Ok(token)
}

/// Checks a token of this realm.
pub async fn check(app: &App, realm: &RealmContext, token: &str) -> Result<ActiveToken, OAuthError> {
    if token.contains('.') { jwt(app, realm, token) } else { handle(app, realm, token).await }
}

/// The types of JWT that are access tokens here; any other kind of JWT of the same issuer is not one.
const ACCESS_TOKEN_TYPES: &[&str] = &["at+jwt", "JWT"];

fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorKind::RsInvalid).detail(detail)
}

fn jwt(app: &App, realm: &RealmContext, token: &str) -> Result<ActiveToken, OAuthError> {
    let verified = keys::verify(&realm.ring, token).map_err(|error| invalid(error.to_string()))?;
    if !verified.typ.as_deref().is_some_and(|typ| ACCESS_TOKEN_TYPES.contains(&typ)) {
        return Err(invalid("not an access token"));
    }
    let claims = Said(&verified.claims);
    if claims.text("iss")? != &*realm.issuer {
        return Err(invalid("foreign issuer"));
    }
    let expires_at = claims.time("exp")?;
    let latest = app.now().after(app.config.guard.leeway());
    if claims.time("iat")? > latest || claims.optional_time("nbf")?.is_some_and(|at| at > latest) {
        return Err(invalid("not valid yet"));
    }
    // A life is never stretched: no leeway here.
    if expires_at <= app.now() {
        return Err(OAuthError::new(ErrorKind::RsExpired));
    }
    let (subject, client) = (claims.text("sub")?, claims.text("client_id")?);
    Ok(ActiveToken {
        client: ClientId::new(client),
        user: (subject != client).then(|| UserId::new(subject)),
        scopes: ScopeSet::parse(claims.optional_text("scope")?.unwrap_or_default()).map_err(invalid)?,
        audience: claims.texts("aud")?,
        expires_at,
    })
}

async fn handle(app: &App, realm: &RealmContext, token: &str) -> Result<ActiveToken, OAuthError> {
    let digest = app.credentials.digest(DigestDomain::AccessToken, token.as_bytes());
    let mut session = app.db.read().await?;
    let found = tokens::find_by_digest(&mut session.conn(), &digest).await?;
    let Some(stored) = found.filter(|stored| stored.realm == *realm.id()) else { return Err(invalid("unknown token")) };
    if stored.pending_at.is_some() {
        return Err(invalid("waits for a step-up"));
    }
    if stored.expires_at <= app.now() {
        return Err(OAuthError::new(ErrorKind::RsExpired));
    }
    Ok(ActiveToken {
        client: stored.client,
        user: stored.user,
        scopes: stored.scopes,
        audience: stored.audience,
        expires_at: stored.expires_at,
    })
}

impl From<ClaimFault> for OAuthError {
    fn from(fault: ClaimFault) -> Self {
        invalid(fault.to_string())
    }
}
