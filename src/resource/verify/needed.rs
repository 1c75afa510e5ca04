//! What the request must bring along: by the rule of its route, or, for the simplest case, as the gateway's URL says.

use std::sync::Arc;

use http::Uri;
use serde::Deserialize;

use super::original::{Gateway, Original};
use crate::app::App;
use crate::dialect::Dialect;
use crate::error::{ErrorKind, OAuthError};
use crate::model::ScopeSet;
use crate::realms::RealmContext;
use crate::rules::{Asked, Found, Need, Requirement};

/// The realm where neither URL nor host says which.
const MAIN: &str = "main";

/// What is asked of a request to an API.
#[derive(Debug)]
pub struct Needed {
    pub realm: Arc<RealmContext>,
    pub dialect: Arc<Dialect>,
    /// `None`: the realm's only API.
    pub audience: Option<String>,
    pub need: Need,
}

/// In whose words a refusal is said, and the refusal.
#[derive(Debug)]
pub struct Refusal {
    pub dialect: Arc<Dialect>,
    pub realm: String,
    pub error: OAuthError,
}

impl Refusal {
    /// In plain words, for lack of any rule that says in whose.
    pub fn plain(app: &App, error: OAuthError) -> Box<Self> {
        refusal(app, None, error)
    }
}

/// `?realm=…&scope=…&audience=…&dialect=…` in the URL that a gateway is configured with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct InUrl {
    realm: Option<String>,
    scope: Option<String>,
    audience: Option<String>,
    dialect: Option<String>,
}

/// Finds it. `host_realm` is the realm of the host that was asked.
pub fn find(
    app: &App,
    (gateway, asked_url): (Gateway, &Uri),
    host_realm: Option<&str>,
    original: Option<&Original>,
) -> Result<Needed, Box<Refusal>> {
    // Envoy's URL is the caller's own, who must not choose what is asked of him.
    let rule = asked_url.query().filter(|query| gateway != Gateway::Envoy && !query.is_empty());
    match (rule, original) {
        (Some(query), _) => of_url(app, query, host_realm),
        (None, Some(original)) => of_route(app, original),
        (None, None) => {
            let detail = "no original request: is the gateway's address in server.trusted_proxies?";
            Err(refusal(app, None, OAuthError::new(ErrorKind::RsRoute).detail(detail)))
        }
    }
}

fn of_route(app: &App, original: &Original) -> Result<Needed, Box<Refusal>> {
    let rules = app.rules();
    let asked = Asked { method: original.method.as_str(), host: &original.host, path: &original.path };
    match rules.find(&asked) {
        Found::Rule(requirement) => of_requirement(app, requirement),
        Found::Refused(belongs) => {
            let error = OAuthError::new(ErrorKind::RsRoute).detail("no rule allows this route");
            Err(refusal(app, belongs.map(|requirement| (requirement.dialect.as_str(), requirement.realm.as_str())), error))
        }
    }
}

fn of_requirement(app: &App, requirement: &Requirement) -> Result<Needed, Box<Refusal>> {
    let words = (requirement.dialect.as_str(), requirement.realm.as_str());
    let realm = app.realms.get(words.1).ok_or_else(|| {
        let detail = format!("a resource file names the realm `{}`, which does not exist", words.1);
        refusal(app, Some(words), OAuthError::new(ErrorKind::ServerError).detail(detail))
    })?;
    Ok(Needed {
        realm,
        dialect: dialect(app, words.0).ok_or_else(|| refusal(app, None, unknown_dialect(words.0)))?,
        audience: Some(requirement.audience.clone()),
        need: requirement.need.clone(),
    })
}

fn of_url(app: &App, query: &str, host_realm: Option<&str>) -> Result<Needed, Box<Refusal>> {
    let misconfigured = |detail: String| refusal(app, None, OAuthError::new(ErrorKind::ServerError).detail(detail));
    let uri = Uri::try_from(format!("/?{query}")).map_err(|error| misconfigured(error.to_string()))?;
    let axum::extract::Query(said) = axum::extract::Query::<InUrl>::try_from_uri(&uri)
        .map_err(|error| misconfigured(format!("the gateway's URL for /verify: {error}")))?;
    let dialect = match said.dialect.as_deref() {
        None => app.dialects().plain().clone(),
        Some(name) => dialect(app, name).ok_or_else(|| refusal(app, None, unknown_dialect(name)))?,
    };
    let name = said.realm.as_deref().or(host_realm).unwrap_or(MAIN);
    let realm = app.realms.get(name).ok_or_else(|| {
        misconfigured(format!("the gateway's URL for /verify names the unknown realm `{}`", name.escape_debug()))
    })?;
    if said.audience.is_none() && realm.apis.len() > 1 {
        return Err(misconfigured("the realm has several APIs: name the audience in the gateway's URL for /verify".into()));
    }
    let scopes = ScopeSet::parse(said.scope.as_deref().unwrap_or_default()).map_err(misconfigured)?;
    Ok(Needed { realm, dialect, audience: said.audience, need: Need::Token(scopes) })
}

fn dialect(app: &App, name: &str) -> Option<Arc<Dialect>> {
    app.dialects().get(name).cloned()
}

fn unknown_dialect(name: &str) -> OAuthError {
    OAuthError::new(ErrorKind::ServerError)
        .detail(format!("/verify is to refuse in the unknown dialect `{}`", name.escape_debug()))
}

/// A refusal in the words of this dialect and realm; in plain ones where nothing says in whose, or the dialect is gone.
fn refusal(app: &App, words: Option<(&str, &str)>, error: OAuthError) -> Box<Refusal> {
    let dialects = app.dialects();
    let named = words.and_then(|(name, realm)| Some((dialects.get(name)?, realm)));
    let (dialect, realm) = named.unwrap_or((dialects.plain(), MAIN));
    Box::new(Refusal { dialect: dialect.clone(), realm: realm.to_owned(), error })
}
