//! One header of an answer: fixed where nothing in it changes, otherwise a template.

use http::{HeaderName, HeaderValue};

use crate::model::flaw::Flaw;
use crate::model::template::{Context, Lookup, Placeholder, Text, Value};

/// A header's value.
#[derive(Clone, Debug)]
pub enum Line {
    Fixed(HeaderValue),
    Template(Text),
}

impl Line {
    pub fn compile(text: &str, at: usize, context: Context, flaws: &mut Vec<Flaw>) -> Self {
        let template = Text::compile(text, at, context, flaws);
        let Some(literal) = template.as_literal() else { return Self::Template(template) };
        match HeaderValue::from_str(literal) {
            Ok(value) => Self::Fixed(value),
            Err(_) => {
                flaws.push(Flaw::new(at, "a header cannot hold this text", "leave out control characters"));
                Self::Template(template)
            }
        }
    }

    /// The value; `None` if a placeholder in it is absent.
    pub fn render(&self, lookup: &dyn Lookup) -> Option<HeaderValue> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Template(template) => HeaderValue::from_str(&template.render_text(&Tame(lookup))?).ok(),
        }
    }
}

/// A set of headers, in the order of the file.
pub type Lines = Vec<(HeaderName, Line)>;

/// Values as they may stand inside a quoted string of a header (RFC 6749, appendix A.8): nothing in them ends the string or
/// the header.
struct Tame<'l>(&'l dyn Lookup);

impl Lookup for Tame<'_> {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        match self.0.value(placeholder) {
            Value::Text(text) if !text.chars().all(is_tame) => Value::Text(tamed(&text).into()),
            Value::List(texts) => Value::Text(tamed(&texts.join(" ")).into()),
            value => value,
        }
    }
}

const fn is_tame(c: char) -> bool {
    matches!(c, ' '..='~') && c != '"' && c != '\\'
}

fn tamed(text: &str) -> String {
    text.chars().map(|c| if is_tame(c) { c } else { '?' }).collect()
}
