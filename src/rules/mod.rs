//! Which scopes the routes of an API need, as data. (Ground for `/verify`.)

use std::sync::Arc;

use crate::model::{RealmId, ScopeSet};

/// What a request to an API must bring along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Whose tokens.
    pub realm: RealmId,
    /// In whose words it refuses.
    pub dialect: String,
    /// For which API.
    pub audience: String,
    pub need: Need,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// No token is asked for.
    Public,
    /// A good token with all of these scopes.
    Token(ScopeSet),
}

#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// As sent, still encoded, without query.
    pub path: &'a str,
}

#[derive(Clone, Copy, Debug)]
pub enum Found<'a> {
    /// The rule that decides.
    Rule(&'a Arc<Requirement>),
    /// No rule allows it; with the words of the file that the request belongs to.
    Refused(Option<&'a Arc<Requirement>>),
}

/// All rules of a server.
#[derive(Debug, Default)]
pub struct Rules;

impl Rules {
    pub fn none() -> Self {
        Self
    }

    pub fn find(&self, _asked: &Asked<'_>) -> Found<'_> {
        Found::Refused(None)
    }
}
