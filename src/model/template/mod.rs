//! Body, claim and header templates: a TOML value whose strings may hold placeholders, compiled once, its field order kept.
//!
//! A string that is exactly `"$name"` keeps the type of the value; `"Basic realm=\"$realm\""` is interpolated as text, with
//! `${name}` where the name would run into what follows and `$$` for a dollar. A placeholder without a value takes its whole
//! string with it: the member of the object, the element of the list or the header is left out.

mod json;
mod place;
mod source;
#[cfg(test)]
mod tests;
mod text;

use std::borrow::Cow;

pub use json::{Node, Template};
pub use place::{Context, Placeholder};
pub use source::Source;
pub use text::Text;

/// What a placeholder stands for at this moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: a member of an object is left out.
    Absent,
    Text(Cow<'a, str>),
    Int(i64),
    Bool(bool),
    List(Vec<&'a str>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::from)
    }
}

/// Where placeholders get their values from.
pub trait Lookup {
    fn value(&self, placeholder: Placeholder) -> Value<'_>;
}
