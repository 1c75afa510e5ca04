//! A realm is one issuer: its own `iss`, signing keys, clients, users and scopes.

use std::time::Duration;

use super::{Algorithm, ClientId, RealmId, ScopeSet, Timestamp};

/// The realm that is meant where nothing says which, and whose administrators administer all.
pub const MAIN_REALM: &str = "main";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Realm {
    pub id: RealmId,
    /// The `iss` of its tokens: a URL, or a path below the server's public URL. `None`: `/realms/{id}`.
    pub issuer: Option<String>,
    /// The host on which this realm answers at the root, without `/realms/{id}`.
    pub host: Option<String>,
    /// What signs where neither API nor dialect says otherwise.
    pub algorithm: Algorithm,
    pub lockout: LockoutPolicy,
    /// No token of this realm lives longer; a key in grace is published for at least this long.
    pub max_token_ttl: Duration,
    /// How long a verifier may cache the JWKS; a new key is published for twice this before it signs.
    pub jwks_max_age: Duration,
    pub created_at: Timestamp,
}

impl Realm {
    /// The exact `iss`. `public_url` is the server's, without a trailing slash.
    pub fn issuer_url(&self, public_url: &str) -> String {
        match &self.issuer {
            None => format!("{public_url}/realms/{}", self.id),
            Some(path) if path.starts_with('/') => format!("{public_url}{path}"),
            Some(url) => url.clone(),
        }
    }
}

/// When too many wrong secrets lock a client or an account. A rule of the realm, not of a dialect: a second endpoint
/// must not be a way around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// Wrong secrets in a row that lock; 0 never locks.
    pub threshold: u32,
    pub unlock: Unlock,
}

/// What ends a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlock {
    /// Only an operator, or a new secret from one.
    Manual,
    /// The passing of this time.
    After(Duration),
}

/// An API (resource server): an audience with its scopes, token lifetime and algorithm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// The `aud` of its tokens, and the `resource`/`audience` that asks for them.
    pub audience: String,
    pub scopes: ScopeSet,
    pub ttl: Option<Duration>,
    /// For how long a client that asks the same again is given the same token.
    pub token_reuse: Option<Duration>,
    pub algorithm: Option<Algorithm>,
    /// The clients that serve it: they may ask about its tokens, and exchange them.
    pub owners: Vec<ClientId>,
}

impl Api {
    /// Where clients find it, if its audience is an `https` URL: authority and path (RFC 9728, section 1.2).
    pub fn place(&self) -> Option<(&str, &str)> {
        let place = self.audience.strip_prefix("https://").filter(|place| !place.contains(['?', '#', '@']))?;
        let (authority, path) = place.find('/').map_or((place, ""), |at| place.split_at(at));
        (!authority.is_empty()).then_some((authority, path))
    }
}
