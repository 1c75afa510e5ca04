//! A template as it was written: a TOML value that remembers where each of its parts stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use toml::Spanned;

/// A TOML value with the offsets of its parts.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(transparent)]
pub struct Source(pub(super) Spanned<Raw>);

#[derive(Clone, Debug)]
pub(super) enum Raw {
    Text(String),
    Int(i64),
    Bool(bool),
    List(Vec<Source>),
    Table(Vec<(Spanned<String>, Source)>),
}

impl Source {
    pub fn at(&self) -> usize {
        self.0.span().start
    }

    /// The names of a table's fields; none if this is no table.
    pub fn fields(&self) -> impl Iterator<Item = &Spanned<String>> {
        let fields = match self.0.get_ref() {
            Raw::Table(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, _)| name)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, an integer, a boolean, a list or a table")
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Int(number))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(truth))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            elements.push(element);
        }
        Ok(Raw::List(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Raw, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = table.next_entry()? {
            fields.push(field);
        }
        Ok(Raw::Table(fields))
    }
}
