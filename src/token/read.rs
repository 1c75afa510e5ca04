//! What a token says, if its signature or its row is ours (RFC 9068, section 4; RFC 8725).

use aws_lc_rs::digest::SHA256_OUTPUT_LEN;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::said::{Actor, Said, SubjectKind};
use crate::app::App;
use crate::credential::DigestDomain;
use crate::error::{ErrorKind, OAuthError};
use crate::keys;
use crate::model::{ClientId, ScopeSet, StoredToken, Timestamp, TokenId, TokenSubject, UserId};
use crate::realms::RealmContext;
use crate::store::tokens;

/// The types of JWT that are access tokens here; any other kind of JWT of the same issuer is not one.
const ACCESS_TOKEN_TYPES: &[&str] = &["at+jwt", "JWT"];
/// Bytes of a handle's digest that make its id: enough that no two are alike, and worth nothing to whoever reads them.
const ID_LEN: usize = SHA256_OUTPUT_LEN / 2;

/// What a token says for itself.
#[derive(Debug)]
pub struct Read {
    pub id: TokenId,
    pub client: ClientId,
    pub subject: TokenSubject,
    pub actors: Vec<ClientId>,
    pub may_act: Option<String>,
    pub scopes: ScopeSet,
    pub audience: Vec<String>,
    pub issued_at: Timestamp,
    /// Its `nbf` or its `iat`, whichever is later.
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
    /// It does not work before a step-up has confirmed it.
    pub is_pending: bool,
}

/// Reads a token of this realm, whatever its time is and whatever has become of those whom it was issued to and is about.
pub async fn read(app: &App, realm: &RealmContext, token: &str) -> Result<Read, OAuthError> {
    if token.contains('.') { jwt(app, realm, token) } else { handle(app, realm, token).await }
}

fn jwt(app: &App, realm: &RealmContext, token: &str) -> Result<Read, OAuthError> {
    let verified = keys::verify::<Said>(&realm.ring, token).map_err(|error| invalid(error.to_string()))?;
    app.metrics.verified(verified.algorithm);
    if !verified.typ.as_deref().is_some_and(|typ| ACCESS_TOKEN_TYPES.contains(&typ)) {
        return Err(invalid("not an access token"));
    }
    let Said { iss, sub, client_id, jti, aud, iat, exp, nbf, scope, sub_kind, act, may_act } = verified.claims;
    if iss != *realm.issuer {
        return Err(invalid("foreign issuer"));
    }
    // `sub` is the client's own id, or an account's, unless `sub_kind` says that it is another client's.
    let subject = match sub_kind {
        Some(SubjectKind::Client) => TokenSubject::Client(ClientId::new(sub)),
        None if sub == client_id => TokenSubject::Itself,
        None => TokenSubject::User(UserId::new(sub)),
    };
    Ok(Read {
        id: TokenId::new(jti),
        client: ClientId::new(client_id),
        subject,
        actors: act.iter().flat_map(Actor::chain).map(ClientId::new).collect(),
        may_act: may_act.map(|actor| actor.sub),
        scopes: ScopeSet::parse(scope.as_deref().unwrap_or_default()).map_err(invalid)?,
        audience: aud,
        issued_at: Timestamp::from_seconds(iat),
        valid_from: Timestamp::from_seconds(nbf.map_or(iat, |moment| moment.max(iat))),
        expires_at: Timestamp::from_seconds(exp),
        is_pending: false,
    })
}

async fn handle(app: &App, realm: &RealmContext, token: &str) -> Result<Read, OAuthError> {
    let digest = app.credentials.digest(DigestDomain::AccessToken, token.as_bytes());
    let found = {
        let mut session = app.db.read().await?;
        tokens::find_by_digest(&mut session.conn(), &digest).await?
    };
    let Some(stored) = found.filter(|stored| stored.realm == *realm.id()) else { return Err(invalid("unknown token")) };
    let is_pending = stored.pending_at.is_some();
    let StoredToken { client, user, subject_client, actors, scopes, audience, issued_at, expires_at, .. } = stored;
    let about = user.map(TokenSubject::User).or(subject_client.map(TokenSubject::Client));
    Ok(Read {
        id: handle_id(&digest),
        client,
        subject: about.unwrap_or(TokenSubject::Itself),
        actors,
        may_act: None,
        scopes,
        audience,
        issued_at,
        valid_from: issued_at,
        expires_at,
        is_pending,
    })
}

/// The id of a handle, by its digest.
pub fn handle_id(digest: &[u8]) -> TokenId {
    TokenId::new(URL_SAFE_NO_PAD.encode(digest.get(..ID_LEN).unwrap_or_default()))
}

/// The refusal of a token that is none of ours; the reason is for the log.
pub(super) fn invalid(detail: impl Into<std::borrow::Cow<'static, str>>) -> OAuthError {
    OAuthError::new(ErrorKind::RsInvalid).detail(detail)
}
