//! Which mechanism, which client, is it really that client: the only maker of [`AuthenticatedClient`] (RFC 6749, section 2.3).
//! [`Desk`] is what the endpoints share at which clients do so.

mod accounts;
mod desk;

pub use desk::Desk;

use std::sync::Arc;

use crate::app::App;
use crate::cache::Origin;
use crate::credential::{OpenTry, Proof, Target, Verdict};
use crate::error::{About, ErrorKind, OAuthError, Reason};
use crate::guard::Caller;
use crate::model::{AuthMethod, Client, ClientId, Credentials, Institution, PresentedBy, Principal, SecretId};
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::store::clients::ClientAccount;

/// Client credentials, in every reading of the same bytes, and how they travelled.
type Presented<'a> = (PresentedBy, &'a [(ClientId, Secret<String>)]);

/// A client that proved who it is. Grants take it as a parameter, so an unauthenticated grant does not compile.
#[derive(Debug)]
pub struct AuthenticatedClient {
    account: Arc<ClientAccount>,
    secret: Option<SecretId>,
}

impl AuthenticatedClient {
    pub fn client(&self) -> &Arc<Client> {
        &self.account.client
    }

    pub fn institution(&self) -> Option<&Arc<Institution>> {
        self.account.institution.as_ref()
    }

    /// Whom a later refusal is about.
    pub fn about(&self) -> About {
        About { secret: self.secret.clone(), ..about(self.client()) }
    }
}

/// Authenticates whoever the credentials name.
pub async fn authenticate(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    credentials: &Credentials,
) -> Result<AuthenticatedClient, OAuthError> {
    match credentials {
        Credentials::Implied(id) => implied(app, realm, id).await,
        Credentials::Client { by, readings } => by_secret(app, realm, caller, (*by, readings)).await,
    }
}

/// The public client through which a contract's accounts speak. That it cannot be used is the operator's fault, not the
/// caller's, unless it was switched off.
async fn implied(app: &App, realm: &RealmContext, id: &ClientId) -> Result<AuthenticatedClient, OAuthError> {
    let found = accounts::find(app, realm, std::iter::once(id)).await?;
    match found.value {
        Some(account) if account.client.auth_method == AuthMethod::None => match standing(&account) {
            Ok(()) => Ok(AuthenticatedClient { account, secret: None }),
            Err(reason) => Err(OAuthError::bad_credentials(reason).about(about(&account.client))),
        },
        _ => {
            let problem = format!(
                "the dialect's password_client `{id}` must be a client of realm `{}` with auth_method `none`",
                realm.id()
            );
            Err(OAuthError::new(ErrorKind::ServerError).detail(problem))
        }
    }
}

/// A client with its secret. Whatever is wrong, the same work is done and the same refusal comes of it; and it is refused only
/// by what the database says now, never by what is remembered.
async fn by_secret(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    presented: Presented<'_>,
) -> Result<AuthenticatedClient, OAuthError> {
    let (_, readings) = presented;
    let named = readings.first().map_or("", |(id, _)| id.as_str());
    app.throttle.allow(realm.id(), named, caller, app.now())?;
    let ids = || readings.iter().map(|(id, _)| id);
    let found = accounts::find(app, realm, ids()).await?;
    app.metrics.client_looked_up(found.from == Origin::Shared);
    // Held until a try is counted that does not match.
    let _open_tries = match recognised(app, realm, found.value.as_ref(), presented) {
        Ok(client) => return Ok(client),
        Err(open_tries) => open_tries,
    };
    // Boxed: the usual request is recognised, and does not carry along what follows.
    let slowly = Box::pin(async {
        let account = match found.from {
            Origin::Own => found.value,
            Origin::Shared => accounts::read(app, realm, ids()).await?,
        };
        checked(app, realm, caller, (presented, account)).await
    });
    slowly.await
}

/// The client, if the secret is seen to be right without a statement to the database and without a slow hash.
fn recognised(
    app: &App,
    realm: &RealmContext,
    account: Option<&Arc<ClientAccount>>,
    (by, readings): Presented<'_>,
) -> Result<AuthenticatedClient, Vec<OpenTry>> {
    let is_open = |account: &&Arc<ClientAccount>| {
        account.client.auth_method.permits(by) && standing(account).is_ok() && account.tries.failures == 0
    };
    let Some(account) = account.filter(is_open) else { return Err(Vec::new()) };
    let principal = Principal::client(realm.id(), &account.client.id);
    let target = Target { principal: &principal, secrets: &account.secrets, tries: account.tries };
    let secret = app.credentials.recognise(&realm.realm, target, &secrets_of(&account.client.id, readings))?;
    Ok(AuthenticatedClient { account: Arc::clone(account), secret: Some(secret) })
}

/// Only the readings that name the client that was found are readings of its secret.
fn secrets_of<'a>(id: &ClientId, readings: &'a [(ClientId, Secret<String>)]) -> Vec<&'a Secret<String>> {
    readings.iter().filter(|(named, _)| named == id).map(|(_, secret)| secret).collect()
}

/// The client as it was just read, with its secret compared as slowly as need be, and the try counted.
async fn checked(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    ((by, readings), account): (Presented<'_>, Option<Arc<ClientAccount>>),
) -> Result<AuthenticatedClient, OAuthError> {
    let usable = match &account {
        None => Err(Reason::UnknownClient),
        Some(account) if !account.client.auth_method.permits(by) => Err(Reason::MethodNotRegistered),
        Some(account) => standing(account),
    };
    let principal = account.as_ref().filter(|_| usable.is_ok()).map(|account| Principal::client(realm.id(), &account.client.id));
    let target = account.as_ref().zip(principal.as_ref());
    let target = target.map(|(account, principal)| Target { principal, secrets: &account.secrets, tries: account.tries });
    let named = readings.first().map(|(id, _)| id);
    let id = account.as_ref().map(|account| &account.client.id).or(named);
    let secrets = id.map_or_else(Vec::new, |id| secrets_of(id, readings));
    let verdict = app.credentials.check_client(&realm.realm, target, &secrets).await?;
    match (verdict, usable, account) {
        (Verdict::Right(proof), Ok(()), Some(account)) => {
            let about = about(&account.client);
            let account = if proof.took_time { still_usable(app, realm, &account, &proof).await } else { Ok(account) };
            let account = account.map_err(|refusal| refusal.about(about))?;
            Ok(AuthenticatedClient { account, secret: Some(proof.secret) })
        }
        (verdict, usable, account) => {
            app.throttle.failed(realm.id(), named.map_or("", ClientId::as_str), caller, app.now());
            if let Some(account) = account.as_ref().filter(|_| usable.is_ok()) {
                accounts::failed(app, realm, account);
            }
            let reason = if verdict == Verdict::Locked { Reason::Locked } else { usable.err().unwrap_or(Reason::WrongSecret) };
            let about = account.map_or_else(About::default, |account| about(&account.client));
            Err(OAuthError::bad_credentials(reason).about(about))
        }
    }
}

/// The client as it is now that its secret has been found right: what was read before a slow hash may be over.
async fn still_usable(
    app: &App,
    realm: &RealmContext,
    before: &ClientAccount,
    proof: &Proof,
) -> Result<Arc<ClientAccount>, OAuthError> {
    let account = accounts::read(app, realm, std::iter::once(&before.client.id)).await?;
    let account = account.ok_or_else(|| OAuthError::bad_credentials(Reason::UnknownClient))?;
    standing(&account).map_err(OAuthError::bad_credentials)?;
    let is_live = account.secrets.iter().any(|secret| secret.id == proof.secret && secret.is_live(app.now()));
    if is_live { Ok(account) } else { Err(OAuthError::bad_credentials(Reason::WrongSecret)) }
}

/// Is the client switched on, and its institution?
fn standing(account: &ClientAccount) -> Result<(), Reason> {
    if account.client.disabled_at.is_some() {
        return Err(Reason::Disabled);
    }
    if account.institution.as_ref().is_some_and(|institution| institution.disabled_at.is_some()) {
        return Err(Reason::InstitutionDisabled);
    }
    Ok(())
}

fn about(client: &Client) -> About {
    About { client: Some(client.id.clone()), institution: client.institution.clone(), ..About::default() }
}
