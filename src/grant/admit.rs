//! May this client ask at all? What does not depend on the scopes that it asks for.

use std::sync::Arc;

use crate::app::App;
use crate::client_auth::AuthenticatedClient;
use crate::error::{ErrorKind, OAuthError, Reason};
use crate::guard::{Caller, throttle};
use crate::model::{AuthMethod, GrantKind, Institution, TokenRequest};
use crate::realms::RealmContext;

use super::Subject;

/// The grant is registered for the client. A public client, which proves nothing, may only pass on what an account proves.
pub fn client(client: &AuthenticatedClient, request: &TokenRequest) -> Result<(), OAuthError> {
    let grant = request.grant.kind();
    let is_public = client.client().auth_method == AuthMethod::None;
    if !client.client().grants.contains(&grant) || (is_public && grant != GrantKind::Password) {
        return Err(OAuthError::new(ErrorKind::GrantNotAllowed).hint("The client is not authorized to use this grant type"));
    }
    Ok(())
}

/// The institution allows the caller's network. A call from elsewhere is answered like a wrong secret: whoever stole a secret
/// must not learn that it is right.
pub fn network(caller: &Caller, institution: Option<&Institution>) -> Result<(), OAuthError> {
    let networks = institution.map_or(&[][..], |institution| &institution.networks);
    if networks.is_empty() || networks.iter().any(|network| network.contains(&caller.address)) {
        return Ok(());
    }
    Err(OAuthError::bad_credentials(Reason::NetworkNotAllowed))
}

/// The institution that asks allows the caller's network and has quota left.
fn institution(app: &App, realm: &RealmContext, caller: &Caller, institution: Option<&Institution>) -> Result<(), OAuthError> {
    network(caller, institution)?;
    let Some(institution) = institution else { return Ok(()) };
    match institution.quota {
        None => Ok(()),
        Some(quota) => app
            .limiter
            .take(("quota", realm.id(), &institution.id), quota, app.now())
            .map_err(|wait| throttle::refusal(wait, quota).detail("quota of the institution")),
    }
}

/// The subject's institution asks; but in an exchange, that of the service, which calls from where it stands.
pub fn subject(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    (client, subject): (&AuthenticatedClient, &Subject),
) -> Result<(), OAuthError> {
    let asking = if subject.exchanged.is_some() { client.institution() } else { subject.institution.as_ref() };
    let asking = asking.map(Arc::as_ref);
    institution(app, realm, caller, asking)
}
