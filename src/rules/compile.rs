//! From a resource file to what requests are held against. Everything that is wrong is said at once.

use std::sync::Arc;

use toml::Spanned;

use super::document::{Document, Unmatched};
use super::pattern::Pattern;
use super::resource::Resource;
use super::routes;
use super::{Need, Requirement};
use crate::dialect::{Dialects, check_realm_name, hosts};
use crate::model::flaw::{Flaw, instead_of};
use crate::model::{RealmId, ScopeSet};

/// A resource, with the places in its file at which it may collide with another.
#[derive(Debug)]
pub struct Draft {
    pub resource: Resource,
    /// Where the prefix stands.
    pub prefix_at: usize,
    /// Where the path of each route stands.
    pub routes_at: Vec<usize>,
}

impl Draft {
    pub fn compile(document: &Document, dialects: &Dialects) -> Result<Self, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let words = words(document, dialects, &mut flaws);
        let hosts = hosts(&document.hosts, &mut flaws);
        let prefix = document.prefix.as_ref().and_then(|text| prefix(text, &mut flaws)).unwrap_or_default();
        let mut routes = routes::compile(&document.routes, &prefix, &words, &mut flaws);
        if document.routes.is_empty() && document.unmatched == Unmatched::Refuse {
            flaws.push(Flaw::new(0, "everything is refused: there are no routes", "write `[[routes]]`, or another `unmatched`"));
        }
        if !flaws.is_empty() {
            flaws.sort_by_key(|flaw| flaw.at);
            return Err(flaws);
        }
        routes.sort_by(|(_, one), (_, other)| one.pattern.cmp(&other.pattern));
        let (routes_at, routes) = routes.into_iter().unzip();
        let unmatched = match document.unmatched {
            Unmatched::Refuse => None,
            Unmatched::Authenticated => Some(Arc::new(words.clone())),
            Unmatched::Public => Some(Arc::new(Requirement { need: Need::Public, ..words.clone() })),
        };
        let prefix_at = document.prefix.as_ref().map_or(0, |prefix| prefix.span().start);
        Ok(Self { resource: Resource { hosts, prefix, words: Arc::new(words), unmatched, routes }, prefix_at, routes_at })
    }
}

/// What the file says of all of its routes: whose tokens, in whose words, for which API.
fn words(document: &Document, dialects: &Dialects, flaws: &mut Vec<Flaw>) -> Requirement {
    let mut required = |text: &Option<Spanned<String>>, name: &str, mend: &str| {
        let given = text.as_ref().filter(|text| !text.get_ref().trim().is_empty());
        if given.is_none() {
            let at = text.as_ref().map_or(0, |text| text.span().start);
            flaws.push(Flaw::new(at, format!("`{name}` is missing"), mend));
        }
        given.map(|text| text.get_ref().clone()).unwrap_or_default()
    };
    let realm = required(&document.realm, "realm", "write whose tokens are asked for: `realm = \"main\"`");
    let audience = required(&document.audience, "audience", "write which API this is: `audience = \"https://api.example.com\"`");
    if let Some(name) = document.realm.as_ref().filter(|_| !realm.is_empty()) {
        check_realm_name(name, flaws);
    }
    let dialect = document.dialect.as_ref().map_or(dialects.plain().name.as_str(), |dialect| dialect.get_ref());
    if let Some(named) = document.dialect.as_ref().filter(|_| dialects.get(dialect).is_none()) {
        let mend = instead_of(dialect, dialects.iter().map(|dialect| dialect.name.as_str()));
        flaws.push(Flaw::new(named.span().start, format!("there is no dialect `{dialect}` to refuse in"), mend));
    }
    let dialect = dialect.to_owned();
    Requirement { realm: RealmId::new(realm), dialect, audience, need: Need::Token(ScopeSet::default()) }
}

fn prefix(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<Vec<String>> {
    let literals = Pattern::compile(text.get_ref()).and_then(|pattern| pattern.literals());
    if literals.is_none() {
        let problem = format!("`{}` is no prefix", text.get_ref());
        flaws.push(Flaw::new(text.span().start, problem, "begin with `/`, write literal segments, end without `/`"));
    }
    literals
}
