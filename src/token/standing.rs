//! The state of those whom a token was issued to and is about, and whether anyone revoked it (RFC 7009; OpenID Connect's
//! `not_before` in the sense of design 5).

use std::hash::Hash;
use std::sync::Arc;

use super::read::{Read, invalid};
use crate::app::App;
use crate::cache::{Cache, Thing};
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ActiveToken, ClientId, InstitutionId, Timestamp, TokenId, TokenSubject, UserId};
use crate::realms::RealmContext;
use crate::store::standing::{self, ClientStanding, Party};
use crate::store::{StoreError, revocations};

/// The token with what its parties add to it, or the refusal of one that is good no more.
pub(super) async fn of(app: &App, realm: &RealmContext, read: Read) -> Result<ActiveToken, OAuthError> {
    if is_revoked(app, realm, &read.id).await? {
        return Err(revoked("revoked by itself"));
    }
    let client = client(app, realm, &read.client).await?.ok_or_else(|| invalid("issued to an unknown client"))?;
    let subject = match &read.subject {
        TokenSubject::Itself => None,
        TokenSubject::Client(id) => self::client(app, realm, id).await?.map(|standing| standing.party.clone()),
        TokenSubject::User(id) => user(app, realm, id).await?.map(|party| (*party).clone()),
    };
    if read.subject != TokenSubject::Itself && subject.is_none() {
        return Err(invalid("about an unknown subject"));
    }
    let mut parties: Vec<Party> = std::iter::once(client.party.clone()).chain(subject.clone()).collect();
    for actor in read.actors.iter().filter(|actor| **actor != read.client) {
        let actor = self::client(app, realm, actor).await?.ok_or_else(|| invalid("acted for by an unknown client"))?;
        parties.push(actor.party.clone());
    }
    parties.iter().try_for_each(|party| usable(party, read.issued_at))?;
    let institutions = parties.into_iter().filter_map(|party| party.institution).collect();
    Ok(active(realm, read, &client, (subject, institutions)))
}

fn revoked(detail: &'static str) -> OAuthError {
    OAuthError::new(ErrorKind::RsRevoked).detail(detail)
}

/// The party is switched on, and has not revoked what was issued at that moment.
fn usable(party: &Party, issued_at: Timestamp) -> Result<(), OAuthError> {
    if party.is_off {
        return Err(revoked("client, account or institution is switched off"));
    }
    if party.not_before.is_some_and(|moment| is_before(issued_at, moment)) {
        return Err(revoked("issued before the tokens of client, account or institution were revoked"));
    }
    Ok(())
}

fn active(
    realm: &RealmContext,
    read: Read,
    client: &ClientStanding,
    (subject, institutions): (Option<Party>, Vec<InstitutionId>),
) -> ActiveToken {
    let Read { id, client: issued_to, subject: about, actors, may_act, scopes, audience, issued_at, .. } = read;
    let (valid_from, expires_at) = (read.valid_from, read.expires_at);
    let institution = subject.map_or_else(|| client.party.institution.clone(), |subject| subject.institution);
    ActiveToken {
        realm: realm.id().clone(),
        id,
        client: issued_to,
        subject: about,
        institution,
        institutions,
        actors,
        may_act,
        scopes,
        audience,
        issued_at,
        valid_from,
        expires_at,
        client_scopes: client.scopes.clone(),
        bound_user: client.user.clone(),
    }
}

/// Tokens count in whole seconds, so that one of the same second may be from before the moment.
fn is_before(issued_at: Timestamp, moment: Timestamp) -> bool {
    issued_at.seconds() <= moment.seconds()
}

async fn is_revoked(app: &App, realm: &RealmContext, id: &TokenId) -> Result<bool, StoreError> {
    let held = app.caches.denylist.contains(realm.id(), id);
    match held.filter(|_| app.caches.freshness.is_trusted(app.clock.monotonic())) {
        Some(known) => Ok(known),
        None => revocations::contains(&mut app.db.read().await?.conn(), realm.id(), id).await,
    }
}

/// The client's state, remembered or read.
pub async fn client(app: &App, realm: &RealmContext, id: &ClientId) -> Result<Option<Arc<ClientStanding>>, StoreError> {
    let of = (&app.caches.clients, (realm.id().clone(), id.clone()), Thing::Client(realm.id(), id));
    let read = async { standing::of_client(&mut app.db.read().await?.conn(), realm.id(), id).await };
    remembered(app, realm, of, read, |found| &found.party).await
}

/// The account's state, remembered or read.
pub async fn user(app: &App, realm: &RealmContext, id: &UserId) -> Result<Option<Arc<Party>>, StoreError> {
    let of = (&app.caches.users, (realm.id().clone(), id.clone()), Thing::User(realm.id(), id));
    let read = async { standing::of_user(&mut app.db.read().await?.conn(), realm.id(), id).await };
    remembered(app, realm, of, read, |found| found).await
}

/// What is remembered, or else what is read, which is kept until the thing itself or its institution changes.
async fn remembered<K: Hash + Eq + Clone, V>(
    app: &App,
    realm: &RealmContext,
    (cache, key, thing): (&Cache<K, Arc<V>>, K, Thing<'_>),
    read: impl Future<Output = Result<Option<V>, StoreError>>,
    party: impl Fn(&V) -> &Party,
) -> Result<Option<Arc<V>>, StoreError> {
    let watch = |moment, found: &Arc<V>| {
        let institution = party(found).institution.as_ref().map(|institution| Thing::Institution(realm.id(), institution));
        app.caches.freshness.watch(moment, institution.into_iter().chain([thing]))
    };
    let read = async { Ok(read.await?.map(Arc::new)) };
    Ok(cache.get_or_read(key, app.senses(), read, watch).await?.value)
}
