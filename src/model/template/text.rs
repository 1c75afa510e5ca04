//! A line of text with placeholders in it: a header's value, or a string inside a body.

use super::{Context, Lookup, Placeholder, Value};
use crate::model::flaw::{Flaw, instead_of};

/// A compiled line of text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Value(Placeholder),
}

impl Text {
    /// Compiles what stands at the offset `at`. What is wrong is added to `flaws`, and left out of the text.
    pub fn compile(text: &str, at: usize, context: Context, flaws: &mut Vec<Flaw>) -> Self {
        let mut parts = Self::default();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('$') {
            parts.push_literal(literal);
            rest = match name_in(after) {
                Some(("$", after)) => {
                    parts.push_literal("$");
                    after
                }
                Some((name, after)) => {
                    match placeholder(name, context) {
                        Ok(placeholder) => parts.0.push(Part::Value(placeholder)),
                        Err((problem, mend)) => flaws.push(Flaw::new(at, problem, mend)),
                    }
                    after
                }
                None => {
                    flaws.push(Flaw::new(
                        at,
                        "a `$` without a name",
                        "write `$$` for a dollar, `$name` or `${name}` for a value",
                    ));
                    after
                }
            };
        }
        parts.push_literal(rest);
        parts
    }

    fn push_literal(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Part::Literal(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Part::Literal(text.to_owned())),
        }
    }

    /// The text, if it is the same whatever happens.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The placeholder that is the whole text.
    pub(super) fn as_placeholder(&self) -> Option<Placeholder> {
        match self.0.as_slice() {
            [Part::Value(placeholder)] => Some(*placeholder),
            _ => None,
        }
    }

    /// The text with its values; `None` if one of them is absent.
    pub fn render_text(&self, lookup: &dyn Lookup) -> Option<String> {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => text.push_str(literal),
                Part::Value(placeholder) => match lookup.value(*placeholder) {
                    Value::Absent => return None,
                    Value::Text(value) => text.push_str(&value),
                    Value::Int(value) => text.push_str(&value.to_string()),
                    Value::Bool(value) => text.push_str(if value { "true" } else { "false" }),
                    Value::List(values) => text.push_str(&values.join(" ")),
                },
            }
        }
        Some(text)
    }
}

/// What stands after a `$`: the name (or a second `$`), and what follows it.
fn name_in(after: &str) -> Option<(&str, &str)> {
    if let Some(rest) = after.strip_prefix('$') {
        return Some(("$", rest));
    }
    if let Some(braced) = after.strip_prefix('{') {
        return braced.split_once('}');
    }
    let beyond = after.trim_start_matches(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.');
    // A name does not end in a dot: that one ends the sentence.
    let name = after.strip_suffix(beyond)?.trim_end_matches('.');
    if name.is_empty() { None } else { Some((name, after.strip_prefix(name)?)) }
}

/// The placeholder of this name, or the problem and its mend.
fn placeholder(name: &str, context: Context) -> Result<Placeholder, (String, String)> {
    let problem = match name.parse() {
        Ok(placeholder) if context.allows(placeholder) => return Ok(placeholder),
        Ok(_) => format!("`${name}` has no value in {context}"),
        Err(_) => format!("`${name}` is no placeholder"),
    };
    let known: Vec<_> = context.names().map(|name| format!("${name}")).collect();
    let mend = instead_of(&format!("${name}"), known.iter().map(String::as_str));
    Err((problem, mend))
}
