//! Which mechanism, which client, is it really that client: the only maker of [`AuthenticatedClient`] (RFC 6749, section 2.3).
//! [`Desk`] is what the endpoints share at which clients do so.

mod desk;

pub use desk::Desk;

use crate::app::App;
use crate::credential::{Proof, Target, Verdict};
use crate::error::{About, ErrorKind, OAuthError, Reason};
use crate::guard::Caller;
use crate::model::{AuthMethod, Client, ClientId, Credentials, Institution, PresentedBy, Principal, SecretId};
use crate::realms::RealmContext;
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::clients::{self, ClientAccount};

/// A client that proved who it is. Grants take it as a parameter, so an unauthenticated grant does not compile.
#[derive(Debug)]
pub struct AuthenticatedClient {
    client: Client,
    institution: Option<Institution>,
    secret: Option<SecretId>,
}

impl AuthenticatedClient {
    pub fn client(&self) -> &Client {
        &self.client
    }

    pub fn institution(&self) -> Option<&Institution> {
        self.institution.as_ref()
    }

    /// Whom a later refusal is about.
    pub fn about(&self) -> About {
        About { secret: self.secret.clone(), ..about(&self.client) }
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
    let account = find(app, realm, std::iter::once(id)).await?;
    match account {
        Some(ClientAccount { client, institution, .. }) if client.auth_method == AuthMethod::None => {
            match standing(&client, institution.as_ref()) {
                Ok(()) => Ok(AuthenticatedClient { client, institution, secret: None }),
                Err(reason) => Err(OAuthError::bad_credentials(reason).about(about(&client))),
            }
        }
        _ => {
            let problem = format!(
                "the dialect's password_client `{id}` must be a client of realm `{}` with auth_method `none`",
                realm.id()
            );
            Err(OAuthError::new(ErrorKind::ServerError).detail(problem))
        }
    }
}

/// A client with its secret. Whatever is wrong, the same work is done and the same refusal comes of it.
async fn by_secret(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    (by, readings): (PresentedBy, &[(ClientId, Secret<String>)]),
) -> Result<AuthenticatedClient, OAuthError> {
    let named = readings.first().map_or("", |(id, _)| id.as_str());
    app.throttle.allow(realm.id(), named, caller, app.now())?;
    let account = find(app, realm, readings.iter().map(|(id, _)| id)).await?;
    let usable = match &account {
        None => Err(Reason::UnknownClient),
        Some(account) if !account.client.auth_method.permits(by) => Err(Reason::MethodNotRegistered),
        Some(account) => standing(&account.client, account.institution.as_ref()),
    };
    let principal = account.as_ref().filter(|_| usable.is_ok()).map(|account| Principal::client(realm.id(), &account.client.id));
    let target = account.as_ref().zip(principal.as_ref());
    let target = target.map(|(account, principal)| Target { principal, secrets: &account.secrets, tries: account.tries });
    // Only the readings that name the client that was found are readings of its secret.
    let id = account.as_ref().map_or(named, |account| account.client.id.as_str());
    let secrets: Vec<&Secret<String>> =
        readings.iter().filter(|(named, _)| named.as_str() == id).map(|(_, secret)| secret).collect();
    let verdict = app.credentials.check_client(&realm.realm, target, &secrets).await?;
    match (verdict, usable, account) {
        (Verdict::Right(proof), Ok(()), Some(account)) => {
            let about = about(&account.client);
            let account = if proof.took_time { still_usable(app, realm, account, &proof).await } else { Ok(account) };
            let ClientAccount { client, institution, .. } = account.map_err(|refusal| refusal.about(about))?;
            Ok(AuthenticatedClient { client, institution, secret: Some(proof.secret) })
        }
        (verdict, usable, account) => {
            app.throttle.failed(realm.id(), named, caller, app.now());
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
    before: ClientAccount,
    proof: &Proof,
) -> Result<ClientAccount, OAuthError> {
    let account = find(app, realm, std::iter::once(&before.client.id)).await?;
    let account = account.ok_or_else(|| OAuthError::bad_credentials(Reason::UnknownClient))?;
    standing(&account.client, account.institution.as_ref()).map_err(OAuthError::bad_credentials)?;
    let is_live = account.secrets.iter().any(|secret| secret.id == proof.secret && secret.is_live(app.now()));
    if is_live { Ok(account) } else { Err(OAuthError::bad_credentials(Reason::WrongSecret)) }
}

/// The first of these clients that exists.
async fn find(
    app: &App,
    realm: &RealmContext,
    ids: impl Iterator<Item = &ClientId>,
) -> Result<Option<ClientAccount>, StoreError> {
    let mut session = app.db.read().await?;
    let mut before: Option<&ClientId> = None;
    for id in ids {
        if before == Some(id) {
            continue;
        }
        if let Some(account) = clients::find_for_token(&mut session.conn(), realm.id(), id).await? {
            return Ok(Some(account));
        }
        before = Some(id);
    }
    Ok(None)
}

/// Is the client switched on, and its institution?
fn standing(client: &Client, institution: Option<&Institution>) -> Result<(), Reason> {
    if client.disabled_at.is_some() {
        return Err(Reason::Disabled);
    }
    if institution.is_some_and(|institution| institution.disabled_at.is_some()) {
        return Err(Reason::InstitutionDisabled);
    }
    Ok(())
}

fn about(client: &Client) -> About {
    About { client: Some(client.id.clone()), institution: client.institution.clone(), ..About::default() }
}
