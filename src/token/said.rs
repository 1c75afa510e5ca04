//! What a verified token says, strictly typed: a claim of the wrong type is an error, never an absent claim
//! (RFC 7519, section 4.1; RFC 9068, section 2.2).

use serde::{Deserialize, Deserializer};

/// The claims that a check looks at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Said {
    pub iss: String,
    pub sub: String,
    pub client_id: String,
    pub jti: String,
    #[serde(deserialize_with = "one_or_more")]
    pub aud: Vec<String>,
    /// Whole seconds, as every token of ours has them (RFC 7519, section 2, NumericDate).
    pub iat: i64,
    pub exp: i64,
    #[serde(default, deserialize_with = "present")]
    pub nbf: Option<i64>,
    #[serde(default, deserialize_with = "present")]
    pub scope: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub sub_kind: Option<SubjectKind>,
    #[serde(default, deserialize_with = "present")]
    pub act: Option<Actor>,
    #[serde(default, deserialize_with = "present")]
    pub may_act: Option<Actor>,
}

/// What `sub` names where that is neither the client itself nor an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Client,
}

/// Who acts for the subject, or may (RFC 8693, sections 4.1 and 4.4).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Actor {
    pub sub: String,
    #[serde(default, deserialize_with = "present")]
    pub act: Option<Box<Self>>,
}

impl Actor {
    /// The actors of the chain, the newest first.
    pub fn chain(&self) -> impl Iterator<Item = &str> {
        std::iter::successors(Some(self), |actor| actor.act.as_deref()).map(|actor| actor.sub.as_str())
    }
}

/// A claim that is there: `null` is a wrong type like any other.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// One text, or a list of them (RFC 7519, section 4.1.3).
fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }
    Ok(match OneOrMore::deserialize(deserializer)? {
        OneOrMore::One(one) => vec![one],
        OneOrMore::More(more) => more,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(change: impl FnOnce(&mut Value)) -> Result<Said, serde_json::Error> {
        let mut claims = json!({ "iss": "i", "sub": "s", "client_id": "c", "jti": "j", "aud": "a", "iat": 1, "exp": 2 });
        change(&mut claims);
        serde_json::from_value(claims)
    }

    #[test]
    fn a_time_of_the_wrong_type_is_an_error_and_not_absent() {
        for name in ["exp", "nbf", "iat"] {
            let with = |value: &str| {
                let others = r#""iss":"i","sub":"s","client_id":"c","jti":"j","aud":"a""#;
                let times: Vec<_> =
                    ["exp", "iat"].into_iter().filter(|other| *other != name).map(|other| format!(",\"{other}\":1")).collect();
                serde_json::from_str::<Said>(&format!("{{{others}{},\"{name}\":{value}}}", times.concat()))
            };
            for wrong in [
                "\"1\"",
                "\"\"",
                "\"x\"",
                "null",
                "true",
                "false",
                "[]",
                "[1]",
                "{}",
                "1.0",
                "1.5",
                "-0.5",
                "1e3",
                "0.0",
                "9223372036854775808",
                "18446744073709551615",
                "-9223372036854775809",
                "1e18",
                "1e400",
            ] {
                assert!(with(wrong).is_err(), "{name}: {wrong}");
            }
            for right in ["0", "-1", "1", "9223372036854775807", "-9223372036854775808"] {
                assert!(with(right).is_ok(), "{name}: {right}");
            }
            assert!(with(&format!("1,\"{name}\":1")).is_err(), "{name} twice");
        }
    }

    #[test]
    fn every_claim_has_its_type() {
        assert!(said(|_| ()).is_ok());
        for name in ["iss", "sub", "client_id", "jti", "aud", "iat", "exp"] {
            assert!(said(|claims| drop(claims.as_object_mut().unwrap().remove(name))).is_err(), "no {name}");
        }
        for name in ["iss", "sub", "client_id", "jti", "aud", "scope", "sub_kind", "act", "may_act"] {
            for wrong in [json!(null), json!(7), json!(true), json!({}), json!([7]), json!([["a"]])] {
                assert!(said(|claims| claims[name] = wrong.clone()).is_err(), "{name}: {wrong}");
            }
        }
        assert!(said(|claims| claims["sub_kind"] = json!("user")).is_err());
        assert_eq!(said(|claims| claims["aud"] = json!(["a", "b"])).unwrap().aud, ["a", "b"]);
    }

    #[test]
    fn actors_are_told_newest_first() {
        let acting = said(|claims| claims["act"] = json!({ "sub": "new", "act": { "sub": "old" }, "iss": "ignored" })).unwrap();
        assert_eq!(acting.act.unwrap().chain().collect::<Vec<_>>(), ["new", "old"]);
        for wrong in
            [json!({ "sub": "new", "act": {} }), json!({ "sub": "new", "act": null }), json!({ "act": { "sub": "old" } })]
        {
            assert!(said(|claims| claims["act"] = wrong.clone()).is_err(), "{wrong}");
        }
    }
}
