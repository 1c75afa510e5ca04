//! All dialects of a server: the built-in ones, those of a directory, what they inherit and where they answer.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::Dialect;
use super::compile::Draft;
use super::document;
use super::fault::{Fault, File};
use super::link::{Named, claims, error_table, route_conflicts};
use super::path::PathPattern;
use crate::model::flaw::Flaw;
use crate::model::without_port;

/// The dialects that are part of the binary. A file of the same name in the directory takes its place.
const BUILT_IN: [(&str, &str); 5] = [
    (PLAIN, include_str!("../../config/dialects/oauth2.toml")),
    ("loanstreet", include_str!("../../config/dialects/loanstreet.toml")),
    ("lendingclub", include_str!("../../config/dialects/lendingclub.toml")),
    ("crossriver", include_str!("../../config/dialects/crossriver.toml")),
    ("uphold", include_str!("../../config/dialects/uphold.toml")),
];

/// The dialect without a partner.
const PLAIN: &str = "oauth2";

/// Every dialect of a server, with its routes.
#[derive(Debug)]
pub struct Dialects {
    dialects: Vec<Arc<Dialect>>,
    plain: Arc<Dialect>,
    /// Those that name a host come first.
    routes: Vec<Route>,
}

#[derive(Debug)]
struct Route {
    /// Empty for any host.
    hosts: Vec<String>,
    path: PathPattern,
    dialect: Arc<Dialect>,
    is_test: bool,
}

/// What answers on a host and path.
#[derive(Clone, Copy, Debug)]
pub enum Endpoint<'a> {
    /// The token endpoint of a dialect.
    Token(&'a Arc<Dialect>),
    /// Its test endpoint.
    Test(&'a Arc<Dialect>),
}

impl Dialects {
    /// The dialects that are part of the binary.
    pub fn builtin() -> Result<Self, Vec<Fault>> {
        Self::load(None)
    }

    /// The built-in dialects, with the files of a directory added to them or in their place; or everything that is wrong.
    pub fn load(dir: Option<&Path>) -> Result<Self, Vec<Fault>> {
        let mut files: BTreeMap<String, File> =
            BUILT_IN.into_iter().map(|(name, text)| (name.to_owned(), built_in(name, text))).collect();
        if let Some(dir) = dir {
            files.extend(File::all_in(dir, "dialect files").map_err(|fault| vec![fault])?);
        }
        let mut faults = Vec::new();
        let mut drafts = Vec::new();
        for (name, file) in files {
            match document::read(&file.text).and_then(|document| Draft::compile(&name, &document)) {
                Ok(draft) => drafts.push((name, file, draft)),
                Err(flaws) => faults.extend(flaws.into_iter().map(|flaw| file.fault(flaw))),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Self::link(drafts)
    }

    /// Resolves what dialects mean to each other: inheritance and routes.
    fn link(drafts: Vec<Named>) -> Result<Self, Vec<Fault>> {
        let mut faults = route_conflicts(&drafts);
        let mut tables = Vec::with_capacity(drafts.len());
        for (name, file, draft) in &drafts {
            match error_table(name, draft, &drafts) {
                Ok(table) => tables.push(table),
                Err(flaw) => faults.push(file.fault(flaw)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut dialects = Vec::with_capacity(drafts.len());
        let mut routes = Vec::new();
        for ((_, _, draft), table) in drafts.into_iter().zip(tables) {
            let hosts = draft.hosts.clone();
            let paths: Vec<_> = claims(&draft).map(|(_, path, is_test)| (path.clone(), is_test)).collect();
            let dialect = Arc::new(draft.finish(table));
            routes.extend(paths.into_iter().map(|(path, is_test)| Route {
                hosts: hosts.clone(),
                path,
                dialect: Arc::clone(&dialect),
                is_test,
            }));
            dialects.push(dialect);
        }
        routes.sort_by_key(|route| route.hosts.is_empty());
        let plain = dialects.iter().find(|dialect| dialect.name.as_str() == PLAIN).cloned();
        let plain =
            plain.ok_or_else(|| vec![built_in(PLAIN, "").fault(Flaw::new(0, "is missing", "it is part of the server"))])?;
        Ok(Self { dialects, plain, routes })
    }

    /// What answers on this host (with or without a port) and exactly this path.
    pub fn find(&self, host: &str, path: &str) -> Option<Endpoint<'_>> {
        let host = without_port(host);
        let here = |route: &&Route| route.hosts.is_empty() || route.hosts.iter().any(|own| own.eq_ignore_ascii_case(host));
        let route = self.routes.iter().filter(here).find(|route| route.path.matches(path))?;
        Some(if route.is_test { Endpoint::Test(&route.dialect) } else { Endpoint::Token(&route.dialect) })
    }

    /// All dialects, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Dialect>> + Clone {
        self.dialects.iter()
    }

    /// RFC 6749 to the letter: what metadata advertise, and what is spoken where nothing says otherwise.
    pub fn plain(&self) -> &Arc<Dialect> {
        &self.plain
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Dialect>> {
        self.dialects.iter().find(|dialect| dialect.name.as_str() == name)
    }
}

fn built_in(name: &str, text: &str) -> File {
    File { label: format!("config/dialects/{name}.toml"), text: text.to_owned() }
}
