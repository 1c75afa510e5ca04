//! The top level of a file that an operator wrote, taken key by key, so that one fault does not hide another.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::fault::of_toml;
use crate::model::flaw::{Flaw, instead_of};

/// What of a file was not taken yet, and what was wrong with what was.
#[derive(Debug)]
pub struct Sections<'t> {
    table: DeTable<'t>,
    flaws: Vec<Flaw>,
}

impl<'t> Sections<'t> {
    /// Reads a text as TOML, or says everything that keeps it from being any.
    pub fn of(text: &'t str) -> Result<Self, Vec<Flaw>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            return Err(errors.iter().map(of_toml).collect());
        }
        Ok(Self { table: table.into_inner(), flaws: Vec::new() })
    }

    /// The value of a key, its default if it is absent or faulty.
    pub fn take<T: Default + DeserializeOwned>(&mut self, name: &str) -> T {
        let value = self.table.remove(name);
        value.and_then(|value| self.read(value)).unwrap_or_default()
    }

    /// The value of a key as it stands, with its offset.
    pub fn take_raw(&mut self, name: &str) -> Option<(usize, DeValue<'t>)> {
        self.table.remove(name).map(|value| (value.span().start, value.into_inner()))
    }

    pub fn read<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'t>>) -> Option<T> {
        T::deserialize(ValueDeserializer::from(value)).map_err(|error| self.flaw(of_toml(&error))).ok()
    }

    pub fn flaw(&mut self, flaw: Flaw) {
        self.flaws.push(flaw);
    }

    pub fn unknown<'k>(&mut self, what: &str, name: &Spanned<impl AsRef<str>>, known: impl Iterator<Item = &'k str> + Clone) {
        let met = name.get_ref().as_ref();
        let mend = instead_of(met, known);
        self.flaw(Flaw::new(name.span().start, format!("unknown {what} `{met}`"), mend));
    }

    /// What was taken, if nothing was wrong with it and nothing is left.
    pub fn finish<T>(mut self, taken: T, what: &str, known: &[&str]) -> Result<T, Vec<Flaw>> {
        for (name, _) in std::mem::take(&mut self.table) {
            self.unknown(what, &name, known.iter().copied());
        }
        self.flaws.sort_by_key(|flaw| flaw.at);
        if self.flaws.is_empty() { Ok(taken) } else { Err(self.flaws) }
    }
}
