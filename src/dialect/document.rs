//! From the text of a dialect file to its sections. Each section is read for itself, so that one fault does not hide another.

use toml::de::DeValue;

use super::schema::{Document, Errors};
use super::sections::Sections;
use crate::error::ErrorKind;
use crate::model::flaw::Flaw;

/// Every section that a dialect file may have.
pub const SECTIONS: [&str; 17] = [
    "match",
    "realm",
    "body",
    "aliases",
    "credentials",
    "grants",
    "params",
    "scope",
    "mfa",
    "token",
    "headers",
    "success",
    "errors",
    "limits",
    "trace",
    "test",
    "resource",
];

/// Reads a dialect file, or says everything that is wrong with its form.
pub fn read(text: &str) -> Result<Document, Vec<Flaw>> {
    let mut sections = Sections::of(text)?;
    let document = Document {
        matching: sections.take("match"),
        realm: sections.take("realm"),
        body: sections.take("body"),
        aliases: sections.take("aliases"),
        credentials: sections.take("credentials"),
        grants: sections.take("grants"),
        params: sections.take("params"),
        scope: sections.take("scope"),
        mfa: sections.take("mfa"),
        token: sections.take("token"),
        headers: sections.take("headers"),
        success: sections.take("success"),
        errors: errors(&mut sections),
        limits: sections.take("limits"),
        trace: sections.take("trace"),
        test: sections.take("test"),
        resource: sections.take("resource"),
    };
    sections.finish(document, "section", &SECTIONS)
}

/// `[errors]` holds one answer a kind beside `inherit`.
fn errors(sections: &mut Sections<'_>) -> Errors {
    let mut errors = Errors::default();
    let table = match sections.take_raw("errors") {
        None => return errors,
        Some((_, DeValue::Table(table))) => table,
        Some((at, _)) => {
            sections.flaw(Flaw::new(at, "`errors` must be a table", "write `[errors.server_error]` and so on"));
            return errors;
        }
    };
    for (name, value) in table {
        match name.get_ref().parse::<ErrorKind>() {
            Ok(kind) => {
                let answer = sections.read(value);
                errors.kinds.extend(answer.map(|answer| (kind, answer)));
            }
            Err(_) if name.get_ref() == "inherit" => errors.inherit = sections.read(value),
            Err(_) => sections.unknown("kind of error", &name, ErrorKind::ALL.iter().map(|kind| kind.as_str())),
        }
    }
    errors
}
