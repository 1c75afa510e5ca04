//! Path patterns, in the order of how specific they are.

use std::borrow::Cow;

/// One segment of a pattern. The order of declaration is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Literal(String),
    /// Any one segment.
    One,
    /// Any rest, also none.
    Rest,
}

/// A path pattern. Of two that match the same path, the lesser is the more specific: they are compared segment by segment,
/// and one that ends goes before one whose rest is open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(Vec<Part>);

impl Pattern {
    /// The pattern; `None` if the text is none.
    pub fn compile(text: &str) -> Option<Self> {
        let path = text.strip_prefix('/')?;
        if path.is_empty() {
            return Some(Self(Vec::new()));
        }
        let parts: Vec<_> = path.split('/').map(part).collect::<Option<_>>()?;
        let open_inside = parts.iter().rev().skip(1).any(|part| *part == Part::Rest);
        (!open_inside).then_some(Self(parts))
    }

    /// The segments, if all of them are literal.
    pub fn literals(&self) -> Option<Vec<String>> {
        self.0.iter().map(|part| if let Part::Literal(text) = part { Some(text.clone()) } else { None }).collect()
    }

    /// Does every path that it matches lie below these segments?
    pub fn is_below(&self, prefix: &[String]) -> bool {
        let literal = |(part, own): (&Part, &String)| matches!(part, Part::Literal(text) if text == own);
        self.0.len() >= prefix.len() && self.0.iter().zip(prefix).all(literal)
    }

    pub fn matches(&self, path: &[Cow<'_, str>]) -> bool {
        let mut segments = path.iter();
        for part in &self.0 {
            let matches = match (part, segments.next()) {
                (Part::Rest, _) => return true,
                (_, None) => false,
                (Part::One, Some(_)) => true,
                (Part::Literal(text), Some(segment)) => text == segment,
            };
            if !matches {
                return false;
            }
        }
        segments.next().is_none()
    }
}

fn part(text: &str) -> Option<Part> {
    if text == "**" {
        return Some(Part::Rest);
    }
    if let Some(name) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        return (!name.is_empty() && name.bytes().all(legal)).then_some(Part::One);
    }
    // What a request's path could never hold would be a rule that nobody meets.
    let legal = |c: char| c.is_ascii_graphic() && !matches!(c, '%' | '?' | '#' | '\\' | ';' | '{' | '}' | '*');
    (!matches!(text, "" | "." | "..") && text.chars().all(legal)).then(|| Part::Literal(text.to_owned()))
}
