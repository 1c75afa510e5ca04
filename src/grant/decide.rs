//! What is granted: scopes, audience, algorithm and lifetime. Pure: everything that it looks at is handed to it.

use std::sync::Arc;
use std::time::Duration;

use super::{Subject, audience};
use crate::client_auth::AuthenticatedClient;
use crate::error::{ErrorKind, OAuthError};
use crate::model::scope::ScopeRefusal;
use crate::model::{Algorithm, Api, Client, Facts, GrantKind, IssuePolicy, Scope, ScopeSet, TokenRequest};
use crate::realms::RealmContext;
use crate::token::Granted;

/// Scopes that ask for a person's identity or for offline access: a client asking for itself has neither (OpenID Connect
/// Core, sections 3.1.2.1 and 11).
const OF_A_PERSON: &[&str] = &["openid", "offline_access"];

/// Decides, or refuses as a whole.
pub fn decide(
    realm: &RealmContext,
    policy: &IssuePolicy,
    request: &TokenRequest,
    client: &AuthenticatedClient,
    subject: Subject,
) -> Result<Granted, OAuthError> {
    let grant = request.grant.kind();
    let named = audience::named(realm, &request.audience)?;
    let targets = if grant == GrantKind::TokenExchange { named.as_slice() } else { &[] };
    audience::within_reach(&policy.scope, &client.client().scopes, targets)?;
    let scope = scopes(policy, request, client.client(), &subject, &named)?;
    audience::within_reach(&policy.scope, &scope, targets)?;
    let apis = if named.is_empty() { audience::of_scopes(realm, &scope) } else { named };
    let audience = match apis.as_slice() {
        [] => vec![realm.issuer.to_string()],
        apis => apis.iter().map(|api| api.audience.clone()).collect(),
    };
    let exchanged = subject.exchanged.map(|it| (it.subject_client, it.actors, Some(it.life)));
    let (subject_client, actors, within) = exchanged.unwrap_or_default();
    Ok(Granted {
        grant,
        algorithm: algorithm(realm, policy, &apis),
        ttl: lifetime(realm, policy, grant, client.client(), &apis),
        within,
        reuse: reuse(grant, client.client(), &apis),
        scope_differs: request.scope.as_ref() != Some(&scope),
        facts: Facts {
            realm: realm.id().clone(),
            issuer: realm.issuer.clone(),
            client: Arc::clone(client.client()),
            institution: subject.institution,
            user: subject.user,
            subject_client,
            actors,
            scope,
            audience,
        },
    })
}

/// Requested ∩ exchanged token ∩ client ∩ institution ∩ user ∩ named APIs.
fn scopes(
    policy: &IssuePolicy,
    request: &TokenRequest,
    client: &Client,
    subject: &Subject,
    named: &[&Api],
) -> Result<ScopeSet, OAuthError> {
    let of_apis: ScopeSet = named.iter().flat_map(|api| api.scopes.iter().cloned()).collect();
    let own: ScopeSet = match request.grant.kind() {
        GrantKind::ClientCredentials => {
            client.scopes.iter().filter(|scope| !OF_A_PERSON.contains(&scope.as_str())).cloned().collect()
        }
        GrantKind::Password | GrantKind::TokenExchange => client.scopes.clone(),
    };
    let institution = subject.institution.as_deref().and_then(|institution| institution.scopes.as_ref());
    let user = subject.user.as_ref().and_then(|user| user.scopes.as_ref());
    let api = (!named.is_empty()).then_some(&of_apis);
    // An exchange that names no scope asks for those of the token, which stand first.
    let of_token = subject.exchanged.as_ref().map(|exchanged| exchanged.bounds(policy, request.scope.as_ref()));
    let bounds = of_token.iter().flatten().chain([Some(&own), institution, user, api].into_iter().flatten());
    let bounds: Vec<&ScopeSet> = bounds.collect();
    policy.scope.grant(request.scope.as_ref(), &bounds).map_err(|refusal| match refusal {
        ScopeRefusal::Missing => OAuthError::new(ErrorKind::MissingParam).param("scope").hint("Missing parameter: scope"),
        ScopeRefusal::Foreign(scope) => {
            let scope: &Scope = &scope;
            OAuthError::new(ErrorKind::InvalidScope)
                .hint(format!("The requested scope is unknown or not allowed for the client: {scope}"))
        }
        ScopeRefusal::Empty => OAuthError::new(ErrorKind::InvalidScope).hint("The client has no scope to grant"),
    })
}

/// The APIs' where they agree, else the dialect's, else the realm's.
fn algorithm(realm: &RealmContext, policy: &IssuePolicy, apis: &[&Api]) -> Algorithm {
    let mut wanted = apis.iter().filter_map(|api| api.algorithm);
    let agreed = wanted.next().filter(|first| wanted.all(|other| other == *first));
    agreed.or(policy.algorithm).unwrap_or(realm.realm.algorithm)
}

/// The client's own where it has one, else the shortest of dialect and APIs; never more than the realm allows.
fn lifetime(realm: &RealmContext, policy: &IssuePolicy, grant: GrantKind, client: &Client, apis: &[&Api]) -> Duration {
    let shortest = || apis.iter().filter_map(|api| api.ttl).fold(policy.lifetimes.of(grant), Duration::min);
    client.token_ttl.unwrap_or_else(shortest).min(realm.realm.max_token_ttl)
}

/// The client's own window where it has one, else the shortest of its APIs' if each of them has one. A token that speaks for
/// somebody else, or waits for a step-up, is for one caller.
fn reuse(grant: GrantKind, client: &Client, apis: &[&Api]) -> Option<Duration> {
    if grant != GrantKind::ClientCredentials || client.requires_mfa {
        return None;
    }
    // `None` is less than any window.
    let of_apis = || apis.iter().map(|api| api.token_reuse).min().flatten();
    client.token_reuse.or_else(of_apis).filter(|window| !window.is_zero())
}
