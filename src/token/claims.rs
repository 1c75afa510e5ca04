//! The claims of a JWT access token, written straight into its bytes (RFC 9068, section 2.2; RFC 7519, section 4.1).

use serde_json::{Value, json};

use crate::model::template::Template;
use crate::model::{ClientId, ENGINE_CLAIMS, Facts, Timestamp};

/// What makes one token different from every other.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    pub jti: &'a str,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Writes the claim set as a JSON object: the template's claims, the engine's own that the template does not replace, and the
/// institution's that neither of them set.
pub fn write(out: &mut Vec<u8>, template: &Template, facts: &Facts, moment: Moment<'_>) {
    let templated = |name: &str| template.members().any(|(claim, _)| claim == name);
    let mut object = Object::begin(out);
    for (name, node) in template.members() {
        object.write(name, |out| node.render_json(out, facts));
    }
    object.text("iss", &facts.issuer);
    if !templated("sub") {
        object.text("sub", facts.subject());
    }
    if !templated("aud") {
        match facts.audience.as_slice() {
            [one] => object.text("aud", one),
            several => object.json("aud", several),
        }
    }
    if !templated("client_id") {
        object.text("client_id", facts.client.id.as_str());
    }
    if !templated("scope") && !facts.scope.is_empty() {
        object.text("scope", &facts.scope.to_string());
    }
    object.text("jti", moment.jti);
    object.json("iat", &moment.issued_at.seconds());
    object.json("exp", &moment.expires_at.seconds());
    if facts.subject_client.is_some() {
        object.text("sub_kind", "client");
    }
    if let Some(act) = acting(&facts.actors) {
        object.json("act", &act);
    }
    let institution = facts.institution.iter().flat_map(|institution| &institution.claims);
    for (name, value) in institution.filter(|(name, _)| !ENGINE_CLAIMS.contains(&name.as_str()) && !templated(name)) {
        object.json(name, value);
    }
    object.end();
}

/// `{"sub":"newest","act":{"sub":"older"}}` (RFC 8693, section 4.1).
pub fn acting(actors: &[ClientId]) -> Option<Value> {
    actors.iter().rev().fold(None, |older, actor| {
        let mut act = json!({ "sub": actor });
        if let (Some(older), Some(members)) = (older, act.as_object_mut()) {
            members.insert("act".into(), older);
        }
        Some(act)
    })
}

/// A JSON object that is being written.
struct Object<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl<'a> Object<'a> {
    fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_first: true }
    }

    /// Adds a member, unless `value` says that it has none.
    fn write(&mut self, name: &str, value: impl FnOnce(&mut Vec<u8>) -> bool) {
        let start = self.out.len();
        if !self.is_first {
            self.out.push(b',');
        }
        to_json(self.out, name);
        self.out.push(b':');
        if value(self.out) {
            self.is_first = false;
        } else {
            self.out.truncate(start);
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.json(name, value);
    }

    fn json<T: serde::Serialize + ?Sized>(&mut self, name: &str, value: &T) {
        self.write(name, |out| to_json(out, value));
    }

    fn end(self) {
        self.out.push(b'}');
    }
}

/// Texts, numbers and JSON values always serialise, and a `Vec` takes every byte.
fn to_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> bool {
    serde_json::to_writer(out, value).is_ok()
}
