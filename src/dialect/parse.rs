//! From bytes to a token request: a list of steps, in the order in which their refusals win.

use http::Method;
use http::header::CONTENT_ENCODING;

use super::body::{self, BodyRule};
use super::carrier::Carriers;
use super::form;
use super::grants::GrantRules;
use super::names::{Names, Param};
use super::params::Params;
use super::realm::RealmRule;
use super::schema::{AudiencePolicy, BodyFormat};
use crate::error::{ErrorKind, OAuthError};
use crate::model::{Inbound, ScopeSet, TokenRequest};

/// What a dialect says about requests.
#[derive(Clone, Debug)]
pub struct RequestRules {
    pub realm: RealmRule,
    /// The same for the endpoints that tell or end what a token is.
    pub query_realm: RealmRule,
    pub max_body: usize,
    pub body: BodyRule,
    pub names: Names,
    pub carriers: Carriers,
    pub grants: GrantRules,
    pub audience: AudiencePolicy,
    pub scope_max_len: usize,
}

impl RequestRules {
    pub fn parse(&self, inbound: &Inbound<'_>) -> Result<TokenRequest, OAuthError> {
        let mut params = self.posted(inbound)?;
        let realm = self.realm.find(inbound)?;
        let client = self.credentials(inbound.headers, &mut params)?;
        let grant = self.grant(&mut params, &client)?;
        let scope = self.scope(&params)?;
        let audience = self.audience(&params)?;
        Ok(TokenRequest { realm, client, grant, scope, audience })
    }

    /// The parameters of a body, and of nothing else.
    pub(super) fn posted(&self, inbound: &Inbound<'_>) -> Result<Params, OAuthError> {
        method(inbound)?;
        content_encoding(inbound)?;
        self.size(inbound)?;
        let format = self.body.format(inbound)?;
        let params = self.params(format, inbound.body)?;
        self.query(inbound.query)?;
        Ok(params)
    }

    fn size(&self, inbound: &Inbound<'_>) -> Result<(), OAuthError> {
        if inbound.body.len() > self.max_body {
            return Err(OAuthError::new(ErrorKind::BodyTooLarge).hint(format!("the body is larger than {} bytes", self.max_body)));
        }
        Ok(())
    }

    fn params(&self, format: BodyFormat, body: &[u8]) -> Result<Params, OAuthError> {
        Params::known(body::fields(format, body)?, format, &self.names)
    }

    /// OAuth parameters do not travel in the query, which is logged everywhere (RFC 9700, section 4.3.2).
    fn query(&self, query: Option<&str>) -> Result<(), OAuthError> {
        let refused = |hint: &'static str| OAuthError::new(ErrorKind::QueryParam).hint(hint);
        let pairs = form::pairs(query.unwrap_or_default()).ok_or_else(|| refused("the query holds a broken percent-encoding"))?;
        let is_param = |name: &str| self.names.find(name).is_some() || name.parse::<Param>().is_ok();
        match pairs.iter().find(|(name, _)| is_param(name)) {
            Some(_) => Err(refused("parameters belong in the body, not in the query")),
            None => Ok(()),
        }
    }

    /// The requested scopes; a blank parameter is an omitted one.
    fn scope(&self, params: &Params) -> Result<Option<ScopeSet>, OAuthError> {
        let Some(text) = params.get(Param::Scope) else { return Ok(None) };
        let refused = |kind, hint: String| OAuthError::new(kind).param(Param::Scope.as_str()).hint(hint);
        if text.chars().count() > self.scope_max_len {
            return Err(refused(ErrorKind::ScopeTooLong, format!("the scope is longer than {} characters", self.scope_max_len)));
        }
        let scopes =
            ScopeSet::parse(text).map_err(|_| refused(ErrorKind::InvalidScope, "the scope holds an illegal character".into()))?;
        Ok(Some(scopes).filter(|scopes| !scopes.is_empty()))
    }

    fn audience(&self, params: &Params) -> Result<Vec<String>, OAuthError> {
        let audience: Vec<String> = params.all(Param::Audience).chain(params.all(Param::Resource)).map(String::from).collect();
        match self.audience {
            AudiencePolicy::Ignore => Ok(Vec::new()),
            AudiencePolicy::Required if audience.is_empty() => Err(self.missing(Param::Audience)),
            AudiencePolicy::Optional | AudiencePolicy::Required => Ok(audience),
        }
    }

    pub(super) fn missing(&self, param: Param) -> OAuthError {
        let hint = format!("the parameter `{}` is missing", self.names.of(param));
        OAuthError::new(ErrorKind::MissingParam).param(param.as_str()).hint(hint)
    }
}

fn method(inbound: &Inbound<'_>) -> Result<(), OAuthError> {
    if inbound.method == Method::POST {
        return Ok(());
    }
    Err(OAuthError::new(ErrorKind::WrongMethod).hint("the method must be POST"))
}

/// A compressed body is refused unread: what it would grow to is not known.
fn content_encoding(inbound: &Inbound<'_>) -> Result<(), OAuthError> {
    let identity = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if inbound.headers.get_all(CONTENT_ENCODING).iter().all(identity) {
        return Ok(());
    }
    Err(OAuthError::new(ErrorKind::UnsupportedEncoding).hint("send the body without Content-Encoding"))
}
