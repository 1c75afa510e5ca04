//! The parameters of a request, each known one with its values; what the dialect does not know is ignored
//! (RFC 6749, section 3.2), what is repeated is refused.

use std::collections::HashSet;

use super::body::Field;
use super::names::{Names, Param};
use super::schema::BodyFormat;
use crate::error::{ErrorKind, OAuthError};
use crate::secret::Secret;

/// So many fields a usual request has at most.
const FEW: usize = 16;

/// The known parameters that have a value: an empty one counts as omitted (RFC 6749, section 3.1).
#[derive(Debug)]
pub struct Params(Vec<(Param, Secret<String>)>);

impl Params {
    pub fn known(fields: Vec<(String, Field)>, format: BodyFormat, names: &Names) -> Result<Self, OAuthError> {
        refuse_repeated(&fields, format, names)?;
        let mut params = Vec::with_capacity(fields.len());
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
            params.extend(present.map(|value| (param, value)));
        }
        Ok(Self(params))
    }

    pub fn has(&self, param: Param) -> bool {
        self.get(param).is_some()
    }

    pub fn has_any(&self, params: &[Param]) -> bool {
        params.iter().any(|param| self.has(*param))
    }

    /// The value of a parameter that does not repeat.
    pub fn get(&self, param: Param) -> Option<&str> {
        self.all(param).next()
    }

    /// The value of a parameter that does not repeat, given away.
    pub fn take(&mut self, param: Param) -> Option<Secret<String>> {
        let at = self.0.iter().position(|(known, _)| *known == param)?;
        Some(self.0.remove(at).1)
    }

    /// All values of a parameter.
    pub fn all(&self, param: Param) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| *known == param).map(|(_, value)| value.expose().as_str())
    }
}

fn refuse_repeated(fields: &[(String, Field)], format: BodyFormat, names: &Names) -> Result<(), OAuthError> {
    // A JSON key never repeats: several audiences are a list there.
    let may_repeat = |name: &str| format == BodyFormat::Form && names.find(name).is_some_and(Param::repeats);
    // A few are compared faster than hashed; many, which anybody may send, are not.
    let mut seen = HashSet::new();
    let mut is_new = |index: usize, name| match fields.len() {
        ..=FEW => !fields.iter().take(index).any(|(before, _)| before == name),
        _ => seen.insert(name),
    };
    let mut numbered = fields.iter().enumerate();
    match numbered.find(|(index, (name, _))| !is_new(*index, name) && !may_repeat(name)).map(|(_, field)| field) {
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
