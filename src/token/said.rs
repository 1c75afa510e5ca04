//! What a verified token says, strictly typed: a claim of the wrong type is an error, never an absent claim.

use serde_json::{Map, Value};

use crate::keys::numeric_date;
use crate::model::{ClientId, Timestamp};

/// The claims of a token whose signature is ours.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a>(pub &'a Map<String, Value>);

/// A claim is missing, or not what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the claim `{0}` is missing or of the wrong type")]
pub struct ClaimFault(pub &'static str);

impl<'a> Said<'a> {
    pub fn text(self, name: &'static str) -> Result<&'a str, ClaimFault> {
        self.optional_text(name)?.ok_or(ClaimFault(name))
    }

    pub fn optional_text(self, name: &'static str) -> Result<Option<&'a str>, ClaimFault> {
        self.0.get(name).map(|value| value.as_str().ok_or(ClaimFault(name))).transpose()
    }

    pub fn time(self, name: &'static str) -> Result<Timestamp, ClaimFault> {
        self.optional_time(name)?.ok_or(ClaimFault(name))
    }

    pub fn optional_time(self, name: &'static str) -> Result<Option<Timestamp>, ClaimFault> {
        numeric_date(self.0, name).map_err(|_| ClaimFault(name))
    }

    /// Who acts for the subject, the newest first (RFC 8693, section 4.1).
    pub fn actors(self) -> Result<Vec<ClientId>, ClaimFault> {
        let mut actors = Vec::new();
        let mut next = self.0.get("act");
        while let Some(act) = next {
            let actor = act.get("sub").and_then(Value::as_str).ok_or(ClaimFault("act"))?;
            actors.push(ClientId::new(actor));
            next = act.get("act");
        }
        Ok(actors)
    }

    /// Who alone may act for the subject (RFC 8693, section 4.4).
    pub fn may_act(self) -> Result<Option<String>, ClaimFault> {
        let sub = |may_act: &Value| may_act.get("sub").and_then(Value::as_str).map(str::to_owned).ok_or(ClaimFault("may_act"));
        self.0.get("may_act").map(sub).transpose()
    }

    /// One text, or a list of them (RFC 7519, section 4.1.3).
    pub fn texts(self, name: &'static str) -> Result<Vec<String>, ClaimFault> {
        let text = |value: &Value| value.as_str().map(str::to_owned).ok_or(ClaimFault(name));
        match self.0.get(name) {
            Some(Value::Array(values)) => values.iter().map(text).collect(),
            Some(value) => text(value).map(|one| vec![one]),
            None => Err(ClaimFault(name)),
        }
    }
}
