//! The partner organisation: clients and users belong to one, and one switch turns them all off.

use std::time::Duration;

use ipnet::IpNet;

use super::{InstitutionId, RealmId, ScopeSet, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Institution {
    pub realm: RealmId,
    /// A UUID; it travels in the token.
    pub id: InstitutionId,
    pub name: String,
    /// What its clients and users may ever be granted; `None` does not narrow.
    pub scopes: Option<ScopeSet>,
    /// Static claims of every JWT of the institution; they never replace a claim that the engine sets.
    pub claims: serde_json::Map<String, serde_json::Value>,
    /// From where its clients may ask; empty means from anywhere.
    pub networks: Vec<IpNet>,
    /// How many tokens it may be issued; `None` does not limit.
    pub quota: Option<RateLimit>,
    /// Since when it is switched off.
    pub disabled_at: Option<Timestamp>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// So many events in such a time, spelt `10/s`, `100/m` or `5000/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub count: u32,
    pub per: Duration,
}

impl std::str::FromStr for RateLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate: write a count and a unit, such as `10/s`, `100/m` or `5000/h`");
        let (count, unit) = text.split_once('/').ok_or_else(wrong)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3600,
            _ => return Err(wrong()),
        };
        match count.parse() {
            Ok(count) if count > 0 => Ok(Self { count, per: Duration::from_secs(seconds) }),
            _ => Err(wrong()),
        }
    }
}

impl std::fmt::Display for RateLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.per.as_secs() {
            1 => "s",
            60 => "m",
            _ => "h",
        };
        write!(f, "{}/{unit}", self.count)
    }
}

impl RateLimit {
    /// The limit in words, as partners print it: `10 per 1 second`.
    pub fn in_words(self) -> String {
        let unit = match self.per.as_secs() {
            1 => "second",
            60 => "minute",
            _ => "hour",
        };
        format!("{} per 1 {unit}", self.count)
    }
}

impl<'de> serde::Deserialize<'de> for RateLimit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for RateLimit {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for RateLimit {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RateLimit".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[1-9][0-9]*/[smh]$" })
    }
}
