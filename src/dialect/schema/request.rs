//! The sections about requests.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::closed;
use crate::dialect::names::Param;
use crate::model::{ClientId, GrantKind};

/// Which requests speak this dialect. The method is always POST.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Match {
    /// The hosts that it answers on, without port; empty for any host. A dialect that names the host goes before one that
    /// answers on any.
    #[schemars(with = "Vec<String>")]
    pub hosts: Vec<Spanned<String>>,
    /// The exact paths of its token endpoint. One segment may be `{realm}`.
    #[schemars(with = "Vec<String>")]
    pub paths: Vec<Spanned<String>>,
}

closed! {
    /// Where a request says which realm it is for.
    pub enum RealmSource {
        /// Nowhere: the dialect serves one realm.
        Fixed = "fixed",
        /// In a query parameter.
        Query = "query",
        /// In the `{realm}` segment of the path; on a path without one, in the host.
        Path = "path",
        /// In the host that a realm is bound to.
        Host = "host",
    }
}

/// Which realm a request is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Realm {
    #[schemars(with = "RealmSource")]
    pub source: Spanned<RealmSource>,
    /// The query parameter, for `source = "query"`.
    pub param: String,
    /// The realm of a request that does not say.
    #[schemars(with = "Option<String>")]
    pub default: Option<Spanned<String>>,
    /// Refuse a request that does not say, instead of taking the default.
    pub required: bool,
}

impl Default for Realm {
    fn default() -> Self {
        Self { source: Spanned::new(0..0, RealmSource::Fixed), param: "realm".into(), default: None, required: false }
    }
}

closed! {
    /// A format of request bodies.
    pub enum BodyFormat {
        /// `application/x-www-form-urlencoded`.
        Form = "form",
        /// A JSON object, `application/json`.
        Json = "json",
    }
}

/// The request's body.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Body {
    /// The formats that are understood. A declared content type is believed.
    pub accept: Vec<BodyFormat>,
    /// Read a body without a declared type as JSON if it begins like an object.
    pub sniff_when_untyped: bool,
    /// The largest body, in bytes.
    pub max_bytes: usize,
}

impl Default for Body {
    fn default() -> Self {
        Self { accept: vec![BodyFormat::Form], sniff_when_untyped: false, max_bytes: 64 * 1024 }
    }
}

/// How this contract spells the parameters that it does not spell as RFC 6749 does: `username = "email"`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Aliases(#[schemars(with = "BTreeMap<Param, String>")] pub BTreeMap<Param, Spanned<String>>);

closed! {
    /// How the two halves of Basic credentials are decoded after base64.
    pub enum Decode {
        /// Not at all.
        Raw = "raw",
        /// As form values (RFC 6749, section 2.3.1).
        Form = "form",
        /// Both are tried as one attempt, since many clients skip the form encoding.
        RawThenForm = "raw_then_form",
    }
}

closed! {
    /// What a credential header is called that cannot be read or has a scheme that is not offered.
    pub enum Unusable {
        BadCredentials = "bad_credentials",
        NoCredentials = "no_credentials",
    }
}

/// Where client credentials travel.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Credentials {
    /// `client_id` and `client_secret` in the body.
    pub body: bool,
    /// `Authorization: Basic`, and how it is decoded; absent where it is not offered.
    pub basic: Option<Decode>,
    /// A header with a scheme of its own.
    pub header: Option<CredentialHeader>,
    /// Schemes of `Authorization` that are passed over as if they were not there.
    pub ignore_schemes: Vec<String>,
    /// What an unreadable or unoffered credential header is called.
    pub unusable_header: Unusable,
}

impl Default for Credentials {
    fn default() -> Self {
        Self { body: false, basic: None, header: None, ignore_schemes: Vec::new(), unusable_header: Unusable::BadCredentials }
    }
}

/// `Authorization: SCHEME base64(id:secret)`: standard alphabet, padding optional, nothing decoded after base64.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialHeader {
    /// The names of the header, any of which will do; several must agree.
    #[schemars(with = "Vec<String>")]
    pub names: Vec<Spanned<String>>,
    #[schemars(with = "String")]
    pub scheme: Spanned<String>,
}

/// Which grants this endpoint knows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Grants {
    #[schemars(with = "Vec<GrantKind>")]
    pub allowed: Spanned<Vec<GrantKind>>,
    /// Without a `grant_type`, take the grant that the other parameters belong to.
    pub infer: bool,
    /// The public client through which accounts sign in without client credentials.
    #[schemars(with = "Option<ClientId>")]
    pub password_client: Option<Spanned<ClientId>>,
}

impl Default for Grants {
    fn default() -> Self {
        Self { allowed: Spanned::new(0..0, vec![GrantKind::ClientCredentials]), infer: false, password_client: None }
    }
}

closed! {
    /// What becomes of the parameters `audience` and `resource` (RFC 8707).
    pub enum AudiencePolicy {
        Ignore = "ignore",
        Optional = "optional",
        Required = "required",
    }
}

/// Optional parameters.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Params {
    /// `audience` and `resource`, which name the APIs that the token is for.
    pub audience: AudiencePolicy,
}

impl Default for Params {
    fn default() -> Self {
        Self { audience: AudiencePolicy::Ignore }
    }
}
