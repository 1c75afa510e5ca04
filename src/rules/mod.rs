//! Which scopes the routes of an API need, as data: a gateway asks for a method, host and path, a rule decides.
//!
//! A resource file is TOML (`document` reads it, `compile` checks it); `set` holds all of a server. `path` makes segments of the
//! path that was asked for, and refuses every spelling that the API behind may read as another path; `pattern` says what
//! matches. The API of a path is the one whose file names its host, then the one with the longest prefix; in that file the most
//! specific pattern decides alone. Nothing falls back to what is less specific.
//!
//! RFC 3986, sections 3.3 and 6.2; RFC 9110, section 9.

mod compile;
mod document;
mod path;
mod pattern;
mod resource;
mod routes;
mod set;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::model::{RealmId, ScopeSet};
pub use set::Rules;

/// What a gateway asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    /// With or without a port.
    pub host: &'a str,
    /// As it was sent: still encoded, without the query.
    pub path: &'a str,
}

/// What the rules say to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// The rule that decides.
    Rule(&'a Arc<Requirement>),
    /// No rule allows it. Where host and prefix belong to an API, the refusal is in its words.
    Refused(Option<&'a Arc<Requirement>>),
}

/// What a request must bring, and in whose words it is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Whose tokens.
    pub realm: RealmId,
    pub dialect: String,
    /// For which API the token must be meant.
    pub audience: String,
    pub need: Need,
}

/// What a request must bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: no token is asked for.
    Public,
    /// A good token with all these scopes.
    Token(ScopeSet),
}
