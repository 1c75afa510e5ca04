//! One API: where it answers and what its routes need.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;

use super::pattern::Pattern;
use super::{Found, Requirement};

/// The routes of one API.
#[derive(Debug)]
pub struct Resource {
    /// In lower case; empty for any host.
    pub hosts: Vec<String>,
    pub prefix: Vec<String>,
    /// What a refusal without a route is worded by: any good token.
    pub words: Arc<Requirement>,
    /// What decides where no route does; `None` to refuse.
    pub unmatched: Option<Arc<Requirement>>,
    /// The most specific first.
    pub routes: Vec<Route>,
}

/// What some methods of a path need.
#[derive(Debug)]
pub struct Route {
    pub pattern: Pattern,
    pub methods: Methods,
    pub requirement: Arc<Requirement>,
}

/// The methods of a route.
#[derive(Debug)]
pub enum Methods {
    Any,
    These(Vec<Method>),
}

impl Methods {
    fn cover(&self, asked: &str) -> bool {
        match self {
            Self::Any => true,
            Self::These(methods) => methods.iter().any(|method| method.as_str() == asked),
        }
    }

    /// A method that both have.
    pub fn shared<'m>(&'m self, other: &'m Self) -> Option<&'m str> {
        match (self, other) {
            (Self::Any, Self::Any) => Some("every method"),
            (Self::Any, Self::These(methods)) | (Self::These(methods), Self::Any) => methods.first().map(Method::as_str),
            (Self::These(methods), Self::These(_)) => methods.iter().map(Method::as_str).find(|method| other.cover(method)),
        }
    }
}

impl Resource {
    /// `host` is in lower case.
    pub fn answers_on(&self, host: &str) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|own| own == host)
    }

    pub fn is_above(&self, path: &[Cow<'_, str>]) -> bool {
        path.len() >= self.prefix.len() && self.prefix.iter().zip(path).all(|(own, segment)| own == segment)
    }

    /// Where both answer, does neither go before the other because of its hosts?
    pub fn contends_with(&self, other: &Self) -> bool {
        let share_one = || self.hosts.iter().any(|host| other.hosts.contains(host));
        (self.hosts.is_empty() && other.hosts.is_empty()) || share_one()
    }

    /// The most specific pattern that matches decides alone, whether or not one of its routes has the method.
    pub fn find(&self, method: &str, path: &[Cow<'_, str>]) -> Found<'_> {
        let decides = self.routes.iter().find(|route| route.pattern.matches(path)).map(|route| &route.pattern);
        let mut routes = self.routes.iter().filter(|route| Some(&route.pattern) == decides);
        let found = routes.find(|route| route.methods.cover(method)).map(|route| &route.requirement);
        found.or(self.unmatched.as_ref()).map_or(Found::Refused(Some(&self.words)), Found::Rule)
    }
}
