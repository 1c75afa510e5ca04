//! Who is calling: a client with a token of ours that carries the scope of administrators (RFC 6750).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;

use super::Problem;
use crate::admin::service::{ADMIN_SCOPE, Ops};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{ErrorKind, OAuthError};
use crate::guard::Caller;
use crate::model::{ActiveToken, MAIN_REALM, RealmId, ScopeSet, TokenSubject};
use crate::token::active::{self, MeantFor};

/// An administrator at work in a realm. A token of realm X administers realm X; one of realm `main` administers them all.
#[derive(Debug)]
pub struct Admin {
    pub ops: Ops,
    pub actor: Actor,
    /// The realm of the path.
    pub realm: RealmId,
}

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let realm = realm_of(parts, app).await?;
        let token = active::bearer(&parts.headers).map_err(|error| Problem::of_token(&error))?;
        let (home, token) = recognise(app, &realm, token).await.map_err(|error| Problem::of_token(&error))?;
        let Extension(caller) = Extension::<Caller>::from_request_parts(parts, app).await.map_err(|_| Problem::broken())?;
        if !is_administrators(&token) {
            return Err(Problem::forbidden());
        }
        Ok(Self { ops: Ops::of(app).called_by(caller), actor: Actor::Admin { realm: home, client: token.client.clone() }, realm })
    }
}

async fn realm_of(parts: &mut Parts, app: &Arc<App>) -> Result<RealmId, Problem> {
    let params = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::no_such_path())?;
    let realm = params.iter().find(|(name, _)| *name == "realm").map(|(_, realm)| RealmId::new(realm));
    realm.ok_or_else(Problem::no_such_path)
}

/// Whose token is it: the realm's own, or the main realm's?
async fn recognise(app: &App, realm: &RealmId, token: &str) -> Result<(RealmId, Arc<ActiveToken>), OAuthError> {
    let mut refusal = OAuthError::new(ErrorKind::RsInvalid);
    let mut homes = vec![realm.as_str()];
    homes.extend((realm.as_str() != MAIN_REALM).then_some(MAIN_REALM));
    for home in homes.into_iter().filter_map(|home| app.realms.get(home)) {
        match active::check_anew(app, &home, token, MeantFor::Realm).await {
            Ok(token) => return Ok((home.id().clone(), token)),
            Err(error) if matches!(error.kind, ErrorKind::Unavailable | ErrorKind::ServerError) => return Err(error),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// A client's own token, with the scope that the client still has.
fn is_administrators(token: &ActiveToken) -> bool {
    let administers = |scopes: &ScopeSet| scopes.iter().any(|scope| scope.as_str() == ADMIN_SCOPE);
    token.subject == TokenSubject::Itself && administers(&token.scopes) && administers(&token.client_scopes)
}
