//! What a dialect file may say: one struct a section, one documented field a knob. The reference is generated from these
//! comments; `compile` makes of it what `parse` and `render` work with.

mod answer;
mod request;
mod token;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

pub use answer::{ChallengeWhen, ErrorAnswer, Errors, Shape, Success, Test, Trace};
pub use request::{
    Aliases, AudiencePolicy, Body, BodyFormat, CredentialHeader, Credentials, Decode, Grants, Match, Params, Realm, RealmSource,
    Unusable,
};
pub use token::{Mfa, Scope, Token};

use crate::model::RateLimit;

/// A whole dialect file. Its name, without `.toml`, is the name of the dialect.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Document {
    #[schemars(rename = "match")]
    pub matching: Match,
    pub realm: Realm,
    pub body: Body,
    pub aliases: Aliases,
    pub credentials: Credentials,
    pub grants: Grants,
    pub params: Params,
    pub scope: Scope,
    pub mfa: Mfa,
    pub token: Token,
    /// Headers of every answer, as templates. `Cache-Control` may be replaced by a value that contains `no-store`.
    #[schemars(with = "BTreeMap<String, String>")]
    pub headers: Headers,
    pub success: Success,
    pub errors: Errors,
    pub limits: Limits,
    pub trace: Trace,
    pub test: Option<Test>,
    pub resource: Resource,
}

/// Header names and their values, as templates.
pub type Headers = IndexMap<Spanned<String>, Spanned<String>>;

/// Limits of the endpoint.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// How often one caller may ask, such as `10/s`; absent for the server's own limit alone.
    pub rate: Option<RateLimit>,
}

/// Rules of the API side, which `/verify` enforces.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Resource {
    /// How a client acts for a user.
    pub on_behalf_of: Option<OnBehalfOf>,
    /// The methods that a request for a blocked user may still use.
    #[schemars(with = "Vec<String>")]
    pub blocked_users_may: Vec<Spanned<String>>,
}

/// `HEADER: user {uuid}`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnBehalfOf {
    #[schemars(with = "String")]
    pub header: Spanned<String>,
    /// The scope that token and client must both hold.
    pub scope: crate::model::scope::Scope,
}
