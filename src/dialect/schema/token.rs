//! The sections about what the engine does between request and answer: scopes, second factor, token.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::model::scope::{Echo, Foreign, ScopeSet, WhenEmpty, WhenOmitted, Wildcard};
use crate::model::template::Source;
use crate::model::{Algorithm, GrantKind, MfaPolicy, TokenFormat};

/// What scopes a token gets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// What a request without `scope` asks for.
    pub when_omitted: WhenOmitted,
    /// The list for `when_omitted = "default"`.
    #[schemars(with = "ScopeSet")]
    pub default: Spanned<ScopeSet>,
    /// What becomes of a grant that turns out to carry no scope.
    pub when_empty: WhenEmpty,
    /// What becomes of a scope that the client does not hold.
    pub foreign: Foreign,
    /// Whether `*` stands for every action on a resource.
    pub wildcard: Wildcard,
    /// Scopes that no wildcard gives.
    pub wildcard_excludes: ScopeSet,
    /// When the answer names the granted scopes: otherwise `$scope` and `$scopes` are absent from it.
    pub echo: Echo,
    /// The longest `scope` parameter, in characters.
    pub max_len: usize,
}

impl Default for Scope {
    fn default() -> Self {
        Self {
            when_omitted: WhenOmitted::All,
            default: Spanned::new(0..0, ScopeSet::default()),
            when_empty: WhenEmpty::Reject,
            foreign: Foreign::Reject,
            wildcard: Wildcard::None,
            wildcard_excludes: ScopeSet::default(),
            echo: Echo::Always,
            max_len: 4096,
        }
    }
}

/// The second factor of accounts. The parameters are `otp` and `mfa_token`; `[aliases]` may rename them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Mfa {
    pub policy: MfaPolicy,
}

impl Default for Mfa {
    fn default() -> Self {
        Self { policy: MfaPolicy::Off }
    }
}

/// The token itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Token {
    pub format: TokenFormat,
    /// The signature algorithm; absent for the API's, else the realm's.
    pub algorithm: Option<Algorithm>,
    /// The `typ` header of a JWT.
    pub typ: String,
    /// Claims beside `iss sub aud client_id scope jti iat exp`, as a template; all but `iss jti iat exp` may be replaced.
    #[schemars(with = "Option<BTreeMap<String, serde_json::Value>>")]
    pub claims: Option<Source>,
    /// How long a token lives, in seconds, for each grant; 3600 where absent. A client or an API may have a time of its own.
    #[schemars(with = "BTreeMap<GrantKind, u32>")]
    pub ttl: BTreeMap<GrantKind, Spanned<u32>>,
}

impl Default for Token {
    fn default() -> Self {
        Self { format: TokenFormat::Jwt, algorithm: None, typ: "JWT".into(), claims: None, ttl: BTreeMap::new() }
    }
}
