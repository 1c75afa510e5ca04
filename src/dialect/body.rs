//! The request's body: which format it is declared to be in, and its fields (RFC 6749, appendix B; RFC 8259).

use std::fmt;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::form;
use super::schema::BodyFormat;
use crate::error::{ErrorKind, OAuthError};
use crate::model::Inbound;
use crate::secret::Secret;

/// Which bodies are understood.
#[derive(Clone, Debug)]
pub struct BodyRule {
    pub accept: Vec<BodyFormat>,
    pub sniff_when_untyped: bool,
}

/// The value of a field. Only a JSON body can hold something else than a text.
#[derive(Debug)]
pub enum Field {
    Text(Secret<String>),
    List(Vec<Secret<String>>),
    Other,
}

impl BodyFormat {
    const fn media_type(self) -> &'static str {
        match self {
            Self::Form => "application/x-www-form-urlencoded",
            Self::Json => "application/json",
        }
    }
}

impl BodyRule {
    /// The format that the request declares. A declaration is believed; only its absence leaves room to look.
    pub fn format(&self, inbound: &Inbound<'_>) -> Result<BodyFormat, OAuthError> {
        let format = match declared(inbound.headers) {
            Declared::Nothing if self.sniff_when_untyped && begins_like_an_object(inbound.body) => Some(BodyFormat::Json),
            Declared::Type(media_type) => {
                BodyFormat::ALL.iter().copied().find(|format| media_type.eq_ignore_ascii_case(format.media_type()))
            }
            Declared::Nothing | Declared::Nonsense => None,
        };
        format.filter(|format| self.accept.contains(format)).ok_or_else(|| {
            let accepted: Vec<_> = self.accept.iter().map(|format| format.media_type()).collect();
            OAuthError::new(ErrorKind::WrongContentType).hint(format!("the Content-Type must be {}", accepted.join(" or ")))
        })
    }
}

enum Declared<'h> {
    Nothing,
    Type(&'h str),
    Nonsense,
}

/// The media type without its parameters: bodies are UTF-8 whatever `charset` says.
fn declared(headers: &HeaderMap) -> Declared<'_> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    match (values.next(), values.next()) {
        (None, _) => Declared::Nothing,
        (Some(value), None) => {
            let media_type = value.to_str().ok().and_then(|value| value.split(';').next());
            media_type.map_or(Declared::Nonsense, |media_type| Declared::Type(media_type.trim()))
        }
        (Some(_), Some(_)) => Declared::Nonsense,
    }
}

fn begins_like_an_object(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// The fields of a body, in their order, repeated ones included.
pub fn fields(format: BodyFormat, body: &[u8]) -> Result<Vec<(String, Field)>, OAuthError> {
    let malformed = |hint: String| OAuthError::new(ErrorKind::MalformedBody).hint(hint);
    let text = std::str::from_utf8(body).map_err(|_| malformed("the body is not UTF-8".into()))?;
    match format {
        BodyFormat::Form => {
            let pairs = form::pairs(text).ok_or_else(|| malformed("the form holds a broken percent-encoding".into()))?;
            Ok(pairs.into_iter().map(|(name, value)| (name, Field::Text(value))).collect())
        }
        // The reader's own message may quote the body, so only the place is told.
        BodyFormat::Json => serde_json::from_str(text)
            .map(|Object(fields)| fields)
            .map_err(|error| malformed(format!("the body is no JSON object: line {}, column {}", error.line(), error.column()))),
    }
}

/// A JSON object that keeps repeated keys. Its depth is bounded by the reader (128).
struct Object(Vec<(String, Field)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut fields = Vec::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            fields.push((name, Field::from(value)));
        }
        Ok(Object(fields))
    }
}

impl From<Value> for Field {
    fn from(value: Value) -> Self {
        let texts = |values: Vec<Value>| -> Option<Vec<Secret<String>>> {
            values.into_iter().map(|value| if let Value::String(text) = value { Some(Secret::new(text)) } else { None }).collect()
        };
        match value {
            Value::String(text) => Self::Text(Secret::new(text)),
            Value::Array(values) => texts(values).map_or(Self::Other, Self::List),
            _ => Self::Other,
        }
    }
}
