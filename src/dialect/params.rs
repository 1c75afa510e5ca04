//! The parameters of a request, each known one with its values; what the dialect does not know is ignored
//! (RFC 6749, section 3.2), what is repeated is refused.

use std::collections::{BTreeMap, HashSet};

use super::body::Field;
use super::names::{Names, Param};
use super::schema::BodyFormat;
use crate::error::{ErrorKind, OAuthError};
use crate::secret::Secret;

/// The known parameters that have a value: an empty one counts as omitted (RFC 6749, section 3.1).
#[derive(Debug)]
pub struct Params(BTreeMap<Param, Vec<Secret<String>>>);

impl Params {
    pub fn known(fields: Vec<(String, Field)>, format: BodyFormat, names: &Names) -> Result<Self, OAuthError> {
        refuse_repeated(&fields, format, names)?;
        let mut params: BTreeMap<Param, Vec<Secret<String>>> = BTreeMap::new();
        for (name, field) in fields {
            let Some(param) = names.find(&name) else { continue };
            let values = match field {
                Field::Text(text) => vec![text],
                Field::List(texts) if param.repeats() => texts,
                Field::List(_) | Field::Other => return Err(malformed(param, names, "must be a string")),
            };
            if values.iter().any(|value| value.expose().contains('\0')) {
                return Err(malformed(param, names, "holds a NUL character"));
            }
            let present = values.into_iter().filter(|value| !value.expose().is_empty());
            params.entry(param).or_default().extend(present);
        }
        params.retain(|_, values| !values.is_empty());
        Ok(Self(params))
    }

    pub fn has(&self, param: Param) -> bool {
        self.0.contains_key(&param)
    }

    pub fn has_any(&self, params: &[Param]) -> bool {
        params.iter().any(|param| self.has(*param))
    }

    /// The value of a parameter that does not repeat.
    pub fn get(&self, param: Param) -> Option<&str> {
        self.0.get(&param).and_then(|values| values.first()).map(|value| value.expose().as_str())
    }

    /// The value of a parameter that does not repeat, given away.
    pub fn take(&mut self, param: Param) -> Option<Secret<String>> {
        self.0.remove(&param).and_then(|mut values| values.pop())
    }

    /// All values of a parameter.
    pub fn all(&self, param: Param) -> impl Iterator<Item = &str> {
        self.0.get(&param).into_iter().flatten().map(|value| value.expose().as_str())
    }
}

fn refuse_repeated(fields: &[(String, Field)], format: BodyFormat, names: &Names) -> Result<(), OAuthError> {
    let mut seen = HashSet::with_capacity(fields.len());
    // A JSON key never repeats: several audiences are a list there.
    let may_repeat = |name: &str| format == BodyFormat::Form && names.find(name).is_some_and(Param::repeats);
    match fields.iter().find(|(name, _)| !seen.insert(name.as_str()) && !may_repeat(name)) {
        None => Ok(()),
        Some((name, _)) => {
            let error = OAuthError::new(ErrorKind::DuplicateParam);
            Err(match names.find(name) {
                Some(param) => error.param(param.as_str()).hint(format!("the parameter `{}` is repeated", names.of(param))),
                None => error.hint("a parameter is repeated"),
            })
        }
    }
}

fn malformed(param: Param, names: &Names, what: &str) -> OAuthError {
    let hint = format!("the parameter `{}` {what}", names.of(param));
    OAuthError::new(ErrorKind::MalformedBody).param(param.as_str()).hint(hint)
}
