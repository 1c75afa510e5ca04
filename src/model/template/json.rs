//! A template that is written as JSON straight into a buffer: literals are encoded when it is compiled.

use std::io::Write as _;

use super::source::Raw;
use super::{Context, Lookup, Placeholder, Source, Text, Value};
use crate::model::flaw::Flaw;

/// A compiled JSON object.
#[derive(Clone, Debug, Default)]
pub struct Template {
    members: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    name: String,
    /// The name as JSON, with its colon.
    key: Vec<u8>,
    node: Node,
}

/// One value of a template.
#[derive(Clone, Debug)]
pub enum Node {
    /// JSON that is the same whatever happens.
    Literal(Vec<u8>),
    /// A lone placeholder, which keeps the type of its value.
    Value(Placeholder),
    Text(Text),
    List(Vec<Node>),
    Object(Template),
}

impl Template {
    /// Compiles a table. What is wrong is added to `flaws`, and left out of the template.
    pub fn compile(source: &Source, context: Context, flaws: &mut Vec<Flaw>) -> Self {
        let Raw::Table(fields) = source.0.get_ref() else {
            flaws.push(Flaw::new(source.at(), "a template must be a table", "write `{ name = \"$value\" }`"));
            return Self::default();
        };
        let mut members = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            if name.get_ref().starts_with('$') {
                flaws.push(Flaw::new(value.at(), "a field's name cannot begin with `$`", "write a plain name"));
                continue;
            }
            let mut key = Vec::new();
            write_string(&mut key, name.get_ref());
            key.push(b':');
            members.push(Member { name: name.get_ref().clone(), key, node: Node::compile(value, context, flaws) });
        }
        Self { members }
    }

    /// Writes the object without blanks; members without a value are left out.
    pub fn render_json(&self, out: &mut Vec<u8>, lookup: &dyn Lookup) {
        out.push(b'{');
        let mut separator: &[u8] = b"";
        for member in &self.members {
            let start = out.len();
            out.extend_from_slice(separator);
            out.extend_from_slice(&member.key);
            if member.node.render_json(out, lookup) {
                separator = b",";
            } else {
                out.truncate(start);
            }
        }
        out.push(b'}');
    }

    /// The members, in their order, for a writer that puts them beside its own.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.members.iter().map(|member| (member.name.as_str(), &member.node))
    }
}

impl Node {
    fn compile(source: &Source, context: Context, flaws: &mut Vec<Flaw>) -> Self {
        match source.0.get_ref() {
            Raw::Text(text) => {
                let text = Text::compile(text, source.at(), context, flaws);
                if let Some(placeholder) = text.as_placeholder() {
                    return Self::Value(placeholder);
                }
                text.as_literal().map_or_else(|| Self::Text(text.clone()), Self::literal_string)
            }
            Raw::Int(number) => Self::Literal(number.to_string().into_bytes()),
            Raw::Bool(truth) => Self::Literal(truth.to_string().into_bytes()),
            Raw::List(elements) => Self::List(elements.iter().map(|element| Self::compile(element, context, flaws)).collect()),
            Raw::Table(_) => Self::Object(Template::compile(source, context, flaws)),
        }
    }

    fn literal_string(text: &str) -> Self {
        let mut json = Vec::with_capacity(text.len() + 2);
        write_string(&mut json, text);
        Self::Literal(json)
    }

    /// Writes the value; `false`, with nothing written, if it is absent.
    pub fn render_json(&self, out: &mut Vec<u8>, lookup: &dyn Lookup) -> bool {
        match self {
            Self::Literal(json) => out.extend_from_slice(json),
            Self::Value(placeholder) => return write_value(out, &lookup.value(*placeholder)),
            Self::Text(text) => match text.render_text(lookup) {
                Some(text) => write_string(out, &text),
                None => return false,
            },
            Self::List(nodes) => write_list(out, nodes, |out, node| node.render_json(out, lookup)),
            Self::Object(template) => template.render_json(out, lookup),
        }
        true
    }
}

fn write_value(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    match value {
        Value::Absent => return false,
        Value::Text(text) => write_string(out, text),
        // Writing into memory cannot fail.
        Value::Int(number) => return write!(out, "{number}").is_ok(),
        Value::Bool(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::List(texts) => write_list(out, texts, |out, text| {
            write_string(out, text);
            true
        }),
    }
    true
}

/// Writes a list of those elements that `write` writes.
fn write_list<T>(out: &mut Vec<u8>, elements: &[T], write: impl Fn(&mut Vec<u8>, &T) -> bool) {
    out.push(b'[');
    let mut separator: &[u8] = b"";
    for element in elements {
        let start = out.len();
        out.extend_from_slice(separator);
        if write(out, element) {
            separator = b",";
        } else {
            out.truncate(start);
        }
    }
    out.push(b']');
}

/// Writes a JSON string (RFC 8259, section 7). Nearly every text needs no escape and is copied in one piece.
fn write_string(out: &mut Vec<u8>, text: &str) {
    let plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
    out.push(b'"');
    if text.bytes().all(plain) {
        out.extend_from_slice(text.as_bytes());
    } else {
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                0..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => out.push(byte),
            }
        }
    }
    out.push(b'"');
}
