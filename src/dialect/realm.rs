//! Which realm a request is for.

use super::form;
use super::path::PathPattern;
use super::schema::RealmSource;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{Inbound, RealmName};

/// Where a request says its realm, and what holds if it does not.
#[derive(Clone, Debug)]
pub struct RealmRule {
    pub source: RealmSource,
    pub param: String,
    pub default: Option<String>,
    pub required: bool,
    pub paths: Vec<PathPattern>,
}

impl RealmRule {
    /// The realm that the request names; whether it exists is not known here.
    pub fn find(&self, inbound: &Inbound<'_>) -> Result<RealmName, OAuthError> {
        let said = match self.source {
            RealmSource::Fixed => None,
            RealmSource::Query => self.in_query(inbound.query)?,
            RealmSource::Path => {
                self.paths.iter().find_map(|path| path.realm_in(inbound.path)).or(inbound.host_realm).map(String::from)
            }
            RealmSource::Host => inbound.host_realm.map(String::from),
        };
        let default = self.default.clone().filter(|_| !self.required);
        match said.or(default) {
            Some(name) if is_realm_name(&name) => Ok(RealmName(name)),
            Some(_) => Err(unknown("the realm does not exist")),
            None => Err(unknown("the request does not name a realm")),
        }
    }

    fn in_query(&self, query: Option<&str>) -> Result<Option<String>, OAuthError> {
        let pairs = form::pairs(query.unwrap_or_default()).ok_or_else(|| unknown("the query holds a broken percent-encoding"))?;
        let mut values = pairs.iter().filter(|(name, _)| *name == self.param).map(|(_, value)| value);
        let first = values.next();
        if values.next().is_some() {
            return Err(unknown("the realm is named more than once"));
        }
        Ok(first.map(|value| value.expose().clone()))
    }
}

fn unknown(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorKind::UnknownRealm).hint(hint)
}

/// Can a realm have this name? It stands in paths, headers and logs as it is.
pub fn is_realm_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}
