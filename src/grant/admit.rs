//! May this client ask at all? What does not depend on the scopes that it asks for.

use crate::app::App;
use crate::client_auth::AuthenticatedClient;
use crate::error::{ErrorKind, OAuthError, Reason};
use crate::guard::{Caller, throttle};
use crate::model::{AuthMethod, GrantKind, Institution, TokenRequest};
use crate::realms::RealmContext;

use super::Subject;

/// The grant is registered for the client.
pub fn client(client: &AuthenticatedClient, request: &TokenRequest) -> Result<(), OAuthError> {
    let grant = request.grant.kind();
    let is_public = client.client().auth_method == AuthMethod::None;
    if !client.client().grants.contains(&grant) || (is_public && grant == GrantKind::ClientCredentials) {
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

/// The subject's institution allows the caller's network and has quota left.
pub fn institution(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    institution: Option<&Institution>,
) -> Result<(), OAuthError> {
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

pub fn subject(app: &App, realm: &RealmContext, caller: &Caller, subject: &Subject) -> Result<(), OAuthError> {
    institution(app, realm, caller, subject.institution.as_ref())
}
