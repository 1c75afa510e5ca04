//! All rules of a server: the resource files of a directory, and what they mean to each other.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use super::compile::Draft;
use super::resource::Resource;
use super::{Asked, Found, Requirement, document, path};
use crate::dialect::{Dialects, Fault, File};
use crate::model::flaw::Flaw;
use crate::model::without_port;

/// What stands in front of the demo's APIs.
const BUILT_IN: [(&str, &str); 4] = [
    ("config/resources/crossriver.toml", include_str!("../../config/resources/crossriver.toml")),
    ("config/resources/lendingclub.toml", include_str!("../../config/resources/lendingclub.toml")),
    ("config/resources/loanstreet.toml", include_str!("../../config/resources/loanstreet.toml")),
    ("config/resources/uphold.toml", include_str!("../../config/resources/uphold.toml")),
];

/// The rules of a server, checked.
#[derive(Debug)]
pub struct Rules {
    /// Those that name a host come first, then those with the longer prefix.
    resources: Vec<Resource>,
}

impl Rules {
    /// No API is behind this server: everything is refused.
    pub fn none() -> Self {
        Self { resources: Vec::new() }
    }

    /// The rules of the demo's APIs.
    pub fn builtin(dialects: &Dialects) -> Result<Self, Vec<Fault>> {
        let files = BUILT_IN.map(|(label, text)| File { label: label.to_owned(), text: text.to_owned() });
        Self::of(files, dialects)
    }

    /// The resource files of a directory, none without one; or everything that is wrong with them.
    pub fn load(dir: Option<&Path>, dialects: &Dialects) -> Result<Self, Vec<Fault>> {
        let Some(dir) = dir else { return Ok(Self::none()) };
        let files = File::all_in(dir, "resource files").map_err(|fault| vec![fault])?;
        Self::of(files.into_values(), dialects)
    }

    fn of(files: impl IntoIterator<Item = File>, dialects: &Dialects) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut drafts = Vec::new();
        for file in files {
            match document::read(&file.text).and_then(|document| Draft::compile(&document, dialects)) {
                Ok(draft) => drafts.push((file, draft)),
                Err(flaws) => faults.extend(flaws.into_iter().map(|flaw| file.fault(flaw))),
            }
        }
        faults.extend(collisions(&drafts));
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut resources: Vec<_> = drafts.into_iter().map(|(_, draft)| draft.resource).collect();
        resources.sort_by_key(|resource| (resource.hosts.is_empty(), Reverse(resource.prefix.len())));
        Ok(Self { resources })
    }

    /// The rule for a request.
    pub fn find(&self, asked: &Asked<'_>) -> Found<'_> {
        let host = without_port(asked.host).trim_end_matches('.').to_ascii_lowercase();
        let read = path::segments(asked.path);
        let (Ok(segments) | Err(segments)) = &read;
        let mut resources = self.resources.iter().filter(|resource| resource.answers_on(&host));
        match (resources.find(|resource| resource.is_above(segments)), &read) {
            (None, _) => Found::Refused(None),
            (Some(resource), Err(_)) => Found::Refused(Some(&resource.words)),
            (Some(resource), Ok(segments)) => resource.find(asked.method, segments),
        }
    }

    /// Everything that may be required: of each API what holds for all of its routes, then what the routes need.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Requirement>> {
        self.resources.iter().flat_map(|resource| {
            let routes = resource.routes.iter().map(|route| &route.requirement);
            std::iter::once(&resource.words).chain(routes)
        })
    }
}

/// Where two files would decide about the same paths.
fn collisions(drafts: &[(File, Draft)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (index, later) in drafts.iter().enumerate() {
        for earlier in drafts.iter().take(index).filter(|earlier| later.1.resource.contends_with(&earlier.1.resource)) {
            if later.1.resource.prefix == earlier.1.resource.prefix {
                let problem = format!("{} belongs to {} already", shown(&later.1), earlier.0.label);
                let mend = "give one of them another `prefix` or other `hosts`, or make them one file";
                faults.push(later.0.fault(Flaw::new(later.1.prefix_at, problem, mend)));
            }
            faults.extend(hidden(later, earlier));
            faults.extend(hidden(earlier, later));
        }
    }
    faults
}

/// The routes that nobody ever meets, because the longer prefix of another file decides there alone.
fn hidden<'a>((file, draft): &'a (File, Draft), (owner, other): &'a (File, Draft)) -> impl Iterator<Item = Fault> + 'a {
    let prefix = &other.resource.prefix;
    let routes = draft.routes_at.iter().zip(&draft.resource.routes);
    let below = routes.filter(|(_, route)| prefix.len() > draft.resource.prefix.len() && route.pattern.is_below(prefix));
    below.map(|(at, _)| {
        let problem = format!("what lies below {} is decided by {}", shown(other), owner.label);
        file.fault(Flaw::new(*at, problem, "write the route there"))
    })
}

fn shown(draft: &Draft) -> String {
    format!("`/{}`", draft.resource.prefix.join("/"))
}
