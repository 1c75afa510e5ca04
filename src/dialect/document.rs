//! From the text of a dialect file to its sections. Each section is read for itself, so that one fault does not hide another.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::fault::of_toml;
use super::schema::{Document, Errors};
use crate::error::ErrorKind;
use crate::model::flaw::{Flaw, instead_of};

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
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.iter().map(of_toml).collect());
    }
    let mut sections = Sections { table: table.into_inner(), flaws: Vec::new() };
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
        errors: sections.take_errors(),
        limits: sections.take("limits"),
        trace: sections.take("trace"),
        test: sections.take("test"),
        resource: sections.take("resource"),
    };
    let flaws = sections.finish();
    if flaws.is_empty() { Ok(document) } else { Err(flaws) }
}

struct Sections<'t> {
    table: DeTable<'t>,
    flaws: Vec<Flaw>,
}

impl<'t> Sections<'t> {
    /// The section, its default if it is absent or faulty.
    fn take<T: Default + DeserializeOwned>(&mut self, name: &str) -> T {
        let value = self.table.remove(name);
        value.and_then(|value| self.read(value)).unwrap_or_default()
    }

    fn read<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'t>>) -> Option<T> {
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| self.flaws.push(of_toml(&error))).ok()
    }

    /// `[errors]` holds one answer a kind beside `inherit`.
    fn take_errors(&mut self) -> Errors {
        let mut errors = Errors::default();
        let table = match self.table.remove("errors").map(|value| (value.span().start, value.into_inner())) {
            None => return errors,
            Some((_, DeValue::Table(table))) => table,
            Some((at, _)) => {
                self.flaws.push(Flaw::new(at, "`errors` must be a table", "write `[errors.server_error]` and so on"));
                return errors;
            }
        };
        for (name, value) in table {
            match name.get_ref().parse::<ErrorKind>() {
                Ok(kind) => {
                    let answer = self.read(value);
                    errors.kinds.extend(answer.map(|answer| (kind, answer)));
                }
                Err(_) if name.get_ref() == "inherit" => errors.inherit = self.read(value),
                Err(_) => self.unknown("kind of error", &name, ErrorKind::ALL.iter().map(|kind| kind.as_str())),
            }
        }
        errors
    }

    fn unknown<'k>(&mut self, what: &str, name: &Spanned<impl AsRef<str>>, known: impl Iterator<Item = &'k str> + Clone) {
        let met = name.get_ref().as_ref();
        let mend = instead_of(met, known);
        self.flaws.push(Flaw::new(name.span().start, format!("unknown {what} `{met}`"), mend));
    }

    fn finish(mut self) -> Vec<Flaw> {
        for (name, _) in std::mem::take(&mut self.table) {
            self.unknown("section", &name, SECTIONS.into_iter());
        }
        self.flaws.sort_by_key(|flaw| flaw.at);
        self.flaws
    }
}
