//! What is wrong in a file that an operator wrote: file, line, problem and mend.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use crate::model::flaw::{Flaw, nearest};

/// A fault that keeps a file from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

/// A file that says what Countersign does, such as a dialect.
#[derive(Debug)]
pub struct File {
    /// As faults name it.
    pub label: String,
    pub text: String,
}

impl File {
    /// The TOML files of a directory, by their names without `.toml`. `what` they should be, the fault says.
    pub fn all_in(dir: &Path, what: &str) -> Result<BTreeMap<String, Self>, Fault> {
        Self::read_all(dir).map_err(|error| Fault {
            file: dir.display().to_string(),
            line: 1,
            problem: format!("cannot be read: {error}"),
            mend: format!("give a directory of {what} that the server may read"),
        })
    }

    fn read_all(dir: &Path) -> std::io::Result<BTreeMap<String, Self>> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str());
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|extension| extension == "toml")) {
                files.insert(name.to_owned(), Self { label: path.display().to_string(), text: std::fs::read_to_string(&path)? });
            }
        }
        Ok(files)
    }

    /// The fault that a flaw of this file's text is.
    pub fn fault(&self, flaw: Flaw) -> Fault {
        let line = 1 + self.text.bytes().take(flaw.at).filter(|byte| *byte == b'\n').count();
        Fault { file: self.label.clone(), line, problem: flaw.problem, mend: flaw.mend }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}; {}", self.file, self.line, self.problem, self.mend)
    }
}

/// The flaw that the TOML reader found: its messages name what was met and, after a comma, what was expected.
pub fn of_toml(error: &toml::de::Error) -> Flaw {
    let at = error.span().map_or(0, |span| span.start);
    // How the reader spells a date where none is known.
    if error.message().contains("$__toml_private_datetime") {
        return Flaw::new(at, "a date has no place here", "quote it");
    }
    if let Some(name) = error.message().strip_prefix("missing field ") {
        return Flaw::new(at, format!("{name} is missing"), "write it");
    }
    let Some((problem, expected)) = error.message().split_once(", expected ") else {
        return Flaw::new(at, error.message().trim_end(), "see the commented files in config");
    };
    let met = problem.split('`').nth(1).unwrap_or_default();
    let known = expected.split('`').skip(1).step_by(2);
    match nearest(met, known) {
        Some(near) => Flaw::new(at, problem, format!("did you mean `{near}`?")),
        None => Flaw::new(at, problem, format!("expected {expected}")),
    }
}
