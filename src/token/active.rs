//! Is a presented token good? The one answer behind every use of a token: `/verify`, introspection, the test endpoint,
//! token exchange (RFC 7662, section 4; RFC 9068, section 4).
//!
//! Signature, type, issuer and times; then that nobody revoked it, one by one or all up to a moment; then the state of the
//! client that it was issued to, of whom it is about and of those who act for it; then for whom it is meant. What was found
//! is remembered until any of that changes, and never longer than the token lives.

use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};

use super::read::{self, invalid};
use super::standing;
use crate::app::App;
use crate::cache::Thing;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ActiveToken, Api, ClientId, ScopeSet, Timestamp, TokenSubject};
use crate::realms::RealmContext;

/// Longest token that is looked at, in bytes.
const MAX_TOKEN: usize = 8 * 1024;

/// For whom a token must be meant.
#[derive(Clone, Copy, Debug)]
pub enum MeantFor<'a> {
    /// Any API of the realm.
    Realm,
    /// The API of this audience.
    Api(&'a str),
    /// An API that this client serves, or the client itself, which it was issued to.
    ServedBy(&'a ClientId),
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

/// Checks a token of this realm. A refusal costs what it costs for a token that nobody knows: its time does not tell whether
/// the token is remembered.
pub async fn check(
    app: &App,
    realm: &RealmContext,
    token: &str,
    meant_for: MeantFor<'_>,
) -> Result<Arc<ActiveToken>, OAuthError> {
    let key = key(realm, token);
    let known = app.caches.tokens.get(&key, app.senses());
    app.metrics.token_checked(known.is_some());
    let is_good = |known: &Arc<ActiveToken>| {
        timely(app, known.valid_from, known.expires_at).is_ok()
            && is_meant((&known.client, &known.audience, &known.scopes), realm, meant_for)
    };
    match known.filter(is_good) {
        Some(known) => Ok(known),
        None => find(app, realm, (token, key), meant_for).await,
    }
}

/// The same, once everything that has changed until now has been heard of: for where a token buys more than one request.
pub async fn check_anew(
    app: &App,
    realm: &RealmContext,
    token: &str,
    meant_for: MeantFor<'_>,
) -> Result<Arc<ActiveToken>, OAuthError> {
    app.hear_changes().await?;
    check(app, realm, token, meant_for).await
}

/// Its time has come, by a clock that may be a little behind, and has not gone. A life is never stretched: no leeway there.
fn timely(app: &App, valid_from: Timestamp, expires_at: Timestamp) -> Result<(), OAuthError> {
    let now = app.now();
    if valid_from > now.after(app.config.guard.leeway()) {
        return Err(invalid("not valid yet"));
    }
    if expires_at <= now { Err(OAuthError::new(ErrorKind::RsExpired)) } else { Ok(()) }
}

/// Under which a token is remembered.
fn key(realm: &RealmContext, token: &str) -> [u8; 32] {
    let mut digest = Context::new(&SHA256);
    // A realm's name holds no NUL.
    [realm.id().as_str().as_bytes(), b"\0", token.as_bytes()].iter().for_each(|part| digest.update(part));
    digest.finish().as_ref().try_into().unwrap_or_default()
}

async fn find(
    app: &App,
    realm: &RealmContext,
    (token, key): (&str, [u8; 32]),
    meant_for: MeantFor<'_>,
) -> Result<Arc<ActiveToken>, OAuthError> {
    // Before anything is read, the realm too: what was learnt under its keys of before is not to be kept as of now.
    let moment = app.caches.freshness.moment();
    let realm = &*app.realm(realm.id().as_str())?;
    let read = read::read(app, realm, token).await?;
    timely(app, read.valid_from, read.expires_at)?;
    if read.is_pending {
        return Err(invalid("waits for a step-up"));
    }
    // Before its state is asked for, so that the work tells nothing of a token that is not the caller's concern.
    if !is_meant((&read.client, &read.audience, &read.scopes), realm, meant_for) {
        return Err(invalid("meant for another audience"));
    }
    let found = Arc::new(standing::of(app, realm, read).await?);
    let watch = app.caches.freshness.watch(moment, dependencies(&found));
    app.caches.tokens.put(key, found.clone(), watch);
    Ok(found)
}

/// Everything that a change of can make the token bad, or say something else.
fn dependencies(token: &ActiveToken) -> impl Iterator<Item = Thing<'_>> {
    let realm = &token.realm;
    let subject = match &token.subject {
        TokenSubject::Itself => None,
        TokenSubject::Client(client) => Some(Thing::Client(realm, client)),
        TokenSubject::User(user) => Some(Thing::User(realm, user)),
    };
    let actors = token.actors.iter().map(move |actor| Thing::Client(realm, actor));
    let institutions = token.institutions.iter().map(move |institution| Thing::Institution(realm, institution));
    [Thing::Realm(realm), Thing::Token(realm, &token.id), Thing::Client(realm, &token.client)]
        .into_iter()
        .chain(subject)
        .chain(actors)
        .chain(institutions)
}

fn is_meant(
    (client, audience, scopes): (&ClientId, &[String], &ScopeSet),
    realm: &RealmContext,
    meant_for: MeantFor<'_>,
) -> bool {
    let mut apis = apis(realm, audience, scopes);
    match meant_for {
        MeantFor::Realm => true,
        MeantFor::Api(audience) => apis.any(|api| api.audience == audience),
        MeantFor::ServedBy(asking) => client == asking || apis.any(|api| api.owners.contains(asking)),
    }
}

/// The APIs that a token is for: those that its `aud` names; where a contract puts something else there, so that it names
/// none, the only one of the realm, or those that know one of its scopes.
fn apis<'a>(realm: &'a RealmContext, audience: &'a [String], scopes: &'a ScopeSet) -> impl Iterator<Item = &'a Api> {
    let is_named = |api: &Api| audience.contains(&api.audience);
    let names_one = realm.apis.iter().any(is_named);
    realm.apis.iter().filter(move |api| {
        if names_one { is_named(api) } else { realm.apis.len() == 1 || scopes.iter().any(|scope| api.scopes.contains(scope)) }
    })
}
