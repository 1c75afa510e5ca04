//! What a token request asks about a client: remembered, or read in one statement, once for all who ask at the same time.

use std::sync::Arc;

use crate::app::App;
use crate::cache::{Found, Moment, Origin, Thing, Watch};
use crate::model::{ClientId, Institution};
use crate::realms::RealmContext;
use crate::store::StoreError;
use crate::store::clients::{self, ClientAccount};

/// The first of these clients that exists.
pub(super) async fn find(
    app: &App,
    realm: &RealmContext,
    ids: impl Iterator<Item = &ClientId>,
) -> Result<Found<Arc<ClientAccount>>, StoreError> {
    let mut from = Origin::Own;
    for id in each_once(ids) {
        let key = (realm.id().clone(), id.clone());
        let watch = |moment, account: &Arc<ClientAccount>| watch(app, realm, moment, account);
        let found = app.caches.client_accounts.get_or_read(key, app.senses(), lookup(app, realm, id), watch).await?;
        if found.value.is_some() {
            return Ok(found);
        }
        if found.from == Origin::Shared {
            from = Origin::Shared;
        }
    }
    Ok(Found { value: None, from })
}

/// The same as the database has it now.
pub(super) async fn read(
    app: &App,
    realm: &RealmContext,
    ids: impl Iterator<Item = &ClientId>,
) -> Result<Option<Arc<ClientAccount>>, StoreError> {
    for id in each_once(ids) {
        let key = (realm.id().clone(), id.clone());
        let watch = |moment, account: &Arc<ClientAccount>| watch(app, realm, moment, account);
        let found = app.caches.client_accounts.read(key, app.senses(), lookup(app, realm, id), watch).await?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// A wrong try was counted. Others hear of the first in a row from the database.
pub(super) fn failed(app: &App, realm: &RealmContext, account: &ClientAccount) {
    if account.tries.failures == 0 {
        app.caches.freshness.changed(Thing::Client(realm.id(), &account.client.id));
    }
}

async fn lookup(app: &App, realm: &RealmContext, id: &ClientId) -> Result<Option<Arc<ClientAccount>>, StoreError> {
    // Boxed: who finds the client remembered does not carry along what it would take to read it.
    let found = Box::pin(async {
        let mut session = app.db.read().await?;
        clients::find_for_token(&mut session.conn(), realm.id(), id).await
    });
    Ok(found.await?.map(|account| Arc::new(compact(app, (realm, id), account))))
}

/// The same in less memory: what it has in common with others is held once, and nothing holds room for more.
fn compact(app: &App, (realm, id): (&RealmContext, &ClientId), mut account: ClientAccount) -> ClientAccount {
    account.secrets.shrink_to_fit();
    let client = Arc::make_mut(&mut account.client);
    client.grants.shrink_to_fit();
    (client.realm, client.id) = (realm.id().clone(), id.clone());
    client.scopes = app.caches.scopes.share(client.scopes.clone(), client.scopes.clone());
    let share =
        |institution: Arc<Institution>| app.caches.institutions.share((realm.id().clone(), institution.id.clone()), institution);
    account.institution = account.institution.map(share);
    client.institution = account.institution.as_ref().map(|institution| institution.id.clone());
    account
}

/// One with wrong tries is not remembered: they may become more without a word, and the next right secret ends them.
fn watch(app: &App, realm: &RealmContext, moment: Moment, account: &ClientAccount) -> Option<Watch> {
    let institution = account.client.institution.as_ref().map(|id| Thing::Institution(realm.id(), id));
    let things = institution.into_iter().chain([Thing::Client(realm.id(), &account.client.id)]);
    if account.tries.failures == 0 { app.caches.freshness.watch(moment, things) } else { None }
}

/// Two readings of the same bytes mostly name the same client.
fn each_once<'a>(ids: impl Iterator<Item = &'a ClientId>) -> impl Iterator<Item = &'a ClientId> {
    let mut before = None;
    ids.filter(move |id| before.replace(*id) != Some(*id))
}
