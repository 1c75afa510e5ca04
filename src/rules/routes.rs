//! The routes of a resource file, each for itself and then against each other.

use std::sync::Arc;

use http::Method;
use toml::Spanned;

use super::document;
use super::pattern::Pattern;
use super::resource::{Methods, Route};
use super::{Need, Requirement};
use crate::dialect::method;
use crate::model::Scope;
use crate::model::flaw::Flaw;

/// The routes that have no fault, with the offsets of their paths.
pub fn compile(routes: &[document::Route], prefix: &[String], words: &Requirement, flaws: &mut Vec<Flaw>) -> Vec<(usize, Route)> {
    let mut compiled: Vec<(usize, Route)> = Vec::new();
    for route in routes {
        let pattern = pattern(&route.path, prefix, flaws);
        let methods = methods(route, flaws);
        let need = need(route, flaws);
        let (Some(pattern), Some(methods), Some(need)) = (pattern, methods, need) else { continue };
        let at = route.path.span().start;
        let earlier = compiled.iter().filter(|(_, earlier)| earlier.pattern == pattern);
        if let Some(shared) = earlier.filter_map(|(_, earlier)| earlier.methods.shared(&methods)).next() {
            let problem = format!("`{}` has a rule for {shared} already", route.path.get_ref());
            flaws.push(Flaw::new(at, problem, "give each method of a path one rule; the names in braces make no difference"));
        }
        compiled.push((at, Route { pattern, methods, requirement: Arc::new(Requirement { need, ..words.clone() }) }));
    }
    compiled
}

fn pattern(path: &Spanned<String>, prefix: &[String], flaws: &mut Vec<Flaw>) -> Option<Pattern> {
    let (at, text) = (path.span().start, path.get_ref());
    let pattern = Pattern::compile(text);
    match &pattern {
        None => flaws.push(Flaw::new(
            at,
            format!("`{text}` is no path"),
            "begin with `/`; a segment is plain ASCII as it reads decoded, `{name}`, or at the end `**`",
        )),
        Some(pattern) if !pattern.is_below(prefix) => {
            let problem = format!("`{text}` does not lie below the prefix `/{}`", prefix.join("/"));
            flaws.push(Flaw::new(at, problem, "write the whole path, or a shorter `prefix`"));
        }
        Some(_) => {}
    }
    pattern
}

fn methods(route: &document::Route, flaws: &mut Vec<Flaw>) -> Option<Methods> {
    let Some(named) = &route.methods else { return Some(Methods::Any) };
    if named.get_ref().is_empty() {
        flaws.push(Flaw::new(named.span().start, "the route is for no method", "leave `methods` out for any"));
    }
    let mut methods: Vec<_> = named.get_ref().iter().map(|text| method(text, flaws)).collect::<Option<_>>()?;
    if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
        methods.push(Method::HEAD);
    }
    Some(Methods::These(methods))
}

fn need(route: &document::Route, flaws: &mut Vec<Flaw>) -> Option<Need> {
    let mend = "write either `scopes = [...]` (empty for any good token) or `public = true`";
    let mut fault = |at, problem| {
        flaws.push(Flaw::new(at, problem, mend));
        None
    };
    let path_at = route.path.span().start;
    match (&route.scopes, &route.public) {
        (Some(scopes), None) => {
            let scopes: Vec<_> = scopes.iter().map(|text| scope(text, flaws)).collect();
            scopes.into_iter().collect::<Option<_>>().map(Need::Token)
        }
        (None, Some(public)) if *public.get_ref() => Some(Need::Public),
        (None, Some(public)) => fault(public.span().start, "`public = false` does not say what is needed"),
        (Some(_), Some(public)) => fault(public.span().start, "the route is public and asks for scopes"),
        (None, None) => fault(path_at, "the route does not say what it needs"),
    }
}

fn scope(text: &Spanned<String>, flaws: &mut Vec<Flaw>) -> Option<Scope> {
    Scope::new(text.get_ref().as_str())
        .map_err(|problem| flaws.push(Flaw::new(text.span().start, problem, "write each scope as a text of its own")))
        .ok()
}
