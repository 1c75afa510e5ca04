//! What the request must bring along: by the rule of its route, or, for the simplest case, as the gateway's URL says.

use std::sync::Arc;

use http::Uri;

use super::original::{Gateway, Original};
use crate::app::App;
use crate::dialect::{Dialect, form_pairs};
use crate::error::{ErrorKind, OAuthError};
use crate::model::{MAIN_REALM, ScopeSet};
use crate::realms::RealmContext;
use crate::rules::{Asked, Found, Need, Requirement};

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
#[derive(Debug, Default)]
struct InUrl {
    realm: Option<String>,
    scope: Option<String>,
    audience: Option<String>,
    dialect: Option<String>,
}

impl InUrl {
    fn read(query: &str) -> Result<Self, &'static str> {
        let mut rule = Self::default();
        for (name, value) in form_pairs(query).ok_or("a broken percent-encoding")? {
            let part = match name.as_str() {
                "realm" => &mut rule.realm,
                "scope" => &mut rule.scope,
                "audience" => &mut rule.audience,
                "dialect" => &mut rule.dialect,
                _ => return Err("a parameter other than realm, scope, audience and dialect"),
            };
            if part.replace(value.expose().clone()).is_some() {
                return Err("a repeated parameter");
            }
        }
        Ok(rule)
    }
}

/// Finds it. `host_realm` is the realm of the host that was asked.
pub fn find(
    app: &App,
    (gateway, asked_url): (Gateway, &Uri),
    host_realm: Option<&str>,
    original: Option<&Original>,
) -> Result<Needed, Box<Refusal>> {
    let told = Told::by(gateway, asked_url.query(), original).map_err(|error| Refusal::plain(app, error))?;
    match (told, original) {
        (Told::Rule(rule), _) => of_url(app, rule, host_realm),
        (Told::Broken(problem), _) => Err(Refusal::plain(app, misconfigured(problem))),
        (Told::Nothing, Some(original)) => of_route(app, original),
        (Told::Nothing, None) => {
            let detail = "no original request: is the gateway's address in server.trusted_proxies?";
            Err(Refusal::plain(app, OAuthError::new(ErrorKind::RsRoute).detail(detail)))
        }
    }
}

/// What the query of the URL tells that a gateway asked.
#[derive(Debug)]
enum Told {
    Nothing,
    Rule(InUrl),
    /// The operator wrote a rule that cannot be read.
    Broken(&'static str),
}

impl Told {
    /// Envoy's URL is the caller's own, and a gateway whose URL has no query may append the caller's: the caller must not choose
    /// what is asked of him.
    fn by(gateway: Gateway, query: Option<&str>, original: Option<&Original>) -> Result<Self, OAuthError> {
        let Some(query) = query.filter(|query| gateway != Gateway::Envoy && !query.is_empty()) else { return Ok(Self::Nothing) };
        let rule = InUrl::read(query);
        let is_callers = original.is_some_and(|original| original.query.as_deref() == Some(query));
        match rule {
            Ok(_) if is_callers => {
                let detail = "the query of the gateway's URL is the caller's own: end the URL with `?`";
                Err(OAuthError::new(ErrorKind::RsRoute).detail(detail))
            }
            Err(_) if is_callers => Ok(Self::Nothing),
            Ok(rule) => Ok(Self::Rule(rule)),
            Err(problem) => Ok(Self::Broken(problem)),
        }
    }
}

fn misconfigured(problem: &str) -> OAuthError {
    OAuthError::new(ErrorKind::ServerError).detail(format!("the gateway's URL for /verify: {problem}"))
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

fn of_url(app: &App, said: InUrl, host_realm: Option<&str>) -> Result<Needed, Box<Refusal>> {
    let refuse = |problem: String| Refusal::plain(app, misconfigured(&problem));
    let dialect = match said.dialect.as_deref() {
        None => app.dialects().plain().clone(),
        Some(name) => dialect(app, name).ok_or_else(|| Refusal::plain(app, unknown_dialect(name)))?,
    };
    let name = said.realm.as_deref().or(host_realm).unwrap_or(MAIN_REALM);
    let realm = app.realms.get(name).ok_or_else(|| refuse(format!("there is no realm `{}`", name.escape_debug())))?;
    if said.audience.is_none() && realm.apis.len() > 1 {
        return Err(refuse("the realm has several APIs: name the audience".into()));
    }
    let scopes = ScopeSet::parse(said.scope.as_deref().unwrap_or_default()).map_err(refuse)?;
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
    let (dialect, realm) = named.unwrap_or((dialects.plain(), MAIN_REALM));
    Box::new(Refusal { dialect: dialect.clone(), realm: realm.to_owned(), error })
}
