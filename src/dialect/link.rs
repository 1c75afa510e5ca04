//! What dialects mean to each other: whose error answers one inherits, and whose paths it must leave alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::answer::{ErrorAnswer, ErrorTable};
use super::compile::Draft;
use super::fault::{Fault, File};
use super::path::PathPattern;
use crate::error::ErrorKind;
use crate::model::flaw::{Flaw, instead_of};

/// A draft with its name and its file.
pub type Named = (String, File, Draft);

/// The paths that a dialect claims, with their offsets; is it the test endpoint's?
pub fn claims(draft: &Draft) -> impl Iterator<Item = (usize, &PathPattern, bool)> {
    let token = draft.paths.iter().map(|(at, path)| (*at, path, false));
    token.chain(draft.test.iter().map(|((at, path), _)| (*at, path, true)))
}

/// The paths that two dialects claim on the same host.
pub fn route_conflicts(drafts: &[Named]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut claimed: Vec<(&str, &[String], &PathPattern)> = Vec::new();
    for (name, file, draft) in drafts {
        for (at, path, _) in claims(draft) {
            let same_host = |hosts: &[String]| {
                hosts.is_empty() == draft.hosts.is_empty()
                    && (hosts.is_empty() || hosts.iter().any(|host| draft.hosts.contains(host)))
            };
            if let Some((owner, ..)) = claimed.iter().find(|(_, hosts, other)| same_host(hosts) && path.overlaps(other)) {
                let problem = format!("`{}` is already answered by the dialect `{owner}`", path.as_str());
                faults.push(file.fault(Flaw::new(at, problem, "give one of them other `hosts` or `paths` under [match]")));
            }
            claimed.push((name, &draft.hosts, path));
        }
    }
    faults
}

/// The answers to errors of a dialect: its own, then those of the dialects that it inherits from.
pub fn error_table(name: &str, draft: &Draft, drafts: &[Named]) -> Result<ErrorTable, Flaw> {
    let mut answers: BTreeMap<ErrorKind, Arc<ErrorAnswer>> = draft.errors.clone();
    let mut seen = vec![name];
    let mut current = draft;
    while let Some(parent) = &current.inherit {
        let at = draft.inherit.as_ref().map_or(0, |inherit| inherit.span().start);
        if seen.contains(&parent.get_ref().as_str()) {
            return Err(Flaw::new(
                at,
                format!("the dialect inherits from itself: {}", seen.join(" from ")),
                "let the chain end in `oauth2`",
            ));
        }
        let Some((name, _, next)) = drafts.iter().find(|(name, ..)| name == parent.get_ref()) else {
            let mend = instead_of(parent.get_ref(), drafts.iter().map(|(name, ..)| name.as_str()));
            return Err(Flaw::new(at, format!("there is no dialect `{}` to inherit from", parent.get_ref()), mend));
        };
        for (kind, answer) in &next.errors {
            answers.entry(*kind).or_insert_with(|| Arc::clone(answer));
        }
        seen.push(name);
        current = next;
    }
    ErrorTable::complete(answers).map_err(|unmapped| {
        let kinds: Vec<_> = unmapped.iter().map(|kind| kind.as_str()).collect();
        Flaw::new(
            0,
            format!("no answer for these errors: {}", kinds.join(", ")),
            "map them under [errors], or write `inherit = \"oauth2\"` there",
        )
    })
}
