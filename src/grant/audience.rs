//! For which APIs a token is (RFC 8707; RFC 9068, section 3).

use crate::error::{ErrorKind, OAuthError};
use crate::model::scope::ScopePolicy;
use crate::model::{Api, ScopeSet};
use crate::realms::RealmContext;

/// The APIs that a request names. An unknown one is refused.
pub fn named<'a>(realm: &'a RealmContext, asked: &[String]) -> Result<Vec<&'a Api>, OAuthError> {
    asked.iter().map(|audience| realm.apis.iter().find(|api| api.audience == *audience).ok_or_else(not_allowed)).collect()
}

/// The target of an exchange is an API for which the client holds a scope, and for which one is granted in the end: without any,
/// the token would still say yes to an API that only looks at the audience.
pub fn within_reach(policy: &ScopePolicy, held: &ScopeSet, apis: &[&Api]) -> Result<(), OAuthError> {
    let in_reach = |api: &&Api| api.scopes.iter().any(|scope| policy.allows(held, scope));
    if apis.iter().all(in_reach) { Ok(()) } else { Err(not_allowed()) }
}

fn not_allowed() -> OAuthError {
    OAuthError::new(ErrorKind::InvalidAudience).hint("The requested audience is unknown or not allowed for the client")
}

/// The APIs that the granted scopes belong to, where the request names none.
pub fn of_scopes<'a>(realm: &'a RealmContext, granted: &ScopeSet) -> Vec<&'a Api> {
    realm.apis.iter().filter(|api| granted.iter().any(|scope| api.scopes.contains(scope))).collect()
}
