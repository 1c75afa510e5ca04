//! From a parsed request to a token: one pipeline for every dialect and grant, drawn as a list of named steps.
//!
//! [`endpoint`] is the HTTP side; [`run`] is the engine. What stands between `parse` and `render` does not know which dialect
//! asked: it is handed the dialect's [`IssuePolicy`] as data.

mod admit;
mod audience;
mod client_credentials;
mod decide;
pub mod endpoint;
mod exchange;
mod password;
mod reuse;

pub use admit::network;
pub use password::totp_context;

use std::sync::Arc;

use crate::app::App;
use crate::cache::Moment;
use crate::client_auth::{self, AuthenticatedClient};
use crate::error::{About, OAuthError};
use crate::guard::Caller;
use crate::model::{Facts, GrantRequest, Institution, IssuePolicy, Issued, TokenRequest, User};
use crate::realms::RealmContext;
use crate::token;

/// For whom a grant asks.
#[derive(Debug)]
pub struct Subject {
    /// `None`: the client asks for itself.
    pub user: Option<User>,
    /// The user's institution, else the client's.
    pub institution: Option<Arc<Institution>>,
    /// What the token that is exchanged for this one says and allows.
    pub exchanged: Option<exchange::Exchanged>,
}

/// One token request, from its parsed form to the committed token.
pub async fn run(
    app: &App,
    caller: &Caller,
    policy: &Arc<IssuePolicy>,
    request: &TokenRequest,
) -> Result<(Issued, About), OAuthError> {
    // Before anything is read that the token will be made of.
    let moment = app.caches.freshness.moment();
    let realm = app.realm(&request.realm.0)?;
    let of_realm = About { realm: Some(realm.id().clone()), ..About::default() };
    let client = match client_auth::authenticate(app, &realm, caller, &request.client).await {
        Ok(client) => client,
        Err(refusal) => return Err(refusal.about(of_realm)),
    };
    let about = client.about().or(of_realm);
    match for_client(app, &realm, caller, policy, (request, &client), moment).await {
        Ok(issued) => {
            let Facts { user, institution, .. } = &issued.facts;
            let user = user.as_ref().map(|user| user.id.clone());
            let institution = institution.as_ref().map(|institution| institution.id.clone());
            Ok((issued, About { user, institution, ..about }))
        }
        Err(refusal) => Err(refusal.about(about)),
    }
}

/// The same, once it is known who asks.
async fn for_client(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    policy: &Arc<IssuePolicy>,
    (request, client): (&TokenRequest, &AuthenticatedClient),
    moment: Moment,
) -> Result<Issued, OAuthError> {
    admit::client(client, request)?;
    let subject = subject(app, realm, caller, policy, (client, &request.grant)).await?;
    admit::subject(app, realm, caller, (client, &subject))?;
    let granted = decide::decide(realm, policy, request, client, subject)?;
    let window = reuse::Window::of(app, policy, &granted);
    if let Some(issued) = reuse::look(app, window.as_ref(), &granted) {
        return Ok(issued);
    }
    let issued = token::issue(app, realm, policy, granted)?;
    token::commit(app, &issued).await?;
    Ok(reuse::keep(app, window, moment, issued))
}

// What is rarely asked is boxed, so that the usual request does not carry it along.
async fn subject(
    app: &App,
    realm: &RealmContext,
    caller: &Caller,
    policy: &IssuePolicy,
    (client, grant): (&AuthenticatedClient, &GrantRequest),
) -> Result<Subject, OAuthError> {
    match grant {
        GrantRequest::ClientCredentials => Ok(client_credentials::subject(client)),
        GrantRequest::Password { username, password, otp } => {
            let presented = password::Presented { username, password, otp: otp.as_ref() };
            Box::pin(password::Step { app, realm, caller, client }.first(policy.mfa, presented)).await
        }
        GrantRequest::MfaOtp { mfa_token, otp } => {
            Box::pin(password::Step { app, realm, caller, client }.second(mfa_token, otp)).await
        }
        GrantRequest::TokenExchange(asked) => Box::pin(exchange::Swap { app, realm, policy, client }.subject(asked)).await,
    }
}
