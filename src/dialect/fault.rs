//! What is wrong in a dialect file: file, line, problem and mend.

use std::fmt;

use crate::model::flaw::{Flaw, nearest};

/// A fault that keeps a dialect from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    pub problem: String,
    /// What to do about it.
    pub mend: String,
}

/// A dialect file.
#[derive(Debug)]
pub struct File {
    /// As faults name it.
    pub label: String,
    pub text: String,
}

impl File {
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
    let Some((problem, expected)) = error.message().split_once(", expected ") else {
        return Flaw::new(at, error.message().trim_end(), "see the commented dialects in config/dialects");
    };
    let met = problem.split('`').nth(1).unwrap_or_default();
    let known = expected.split('`').skip(1).step_by(2);
    match nearest(met, known) {
        Some(near) => Flaw::new(at, problem, format!("did you mean `{near}`?")),
        None => Flaw::new(at, problem, format!("expected {expected}")),
    }
}
