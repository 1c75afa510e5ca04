//! Which grant a request asks for (RFC 6749, section 4), with the parameters that belong to it.

use super::credentials::conflict;
use super::names::Param;
use super::params::Params;
use super::parse::RequestRules;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ClientId, Credentials, GrantKind, GrantRequest};

/// Which grants an endpoint knows.
#[derive(Clone, Debug)]
pub struct GrantRules {
    pub allowed: Vec<GrantKind>,
    pub infer: bool,
    pub password_client: Option<ClientId>,
    /// Are one-time passwords read at all?
    pub second_factor: bool,
}

impl GrantRules {
    /// The parameters by which an account presents itself.
    pub fn account_params(&self) -> &'static [Param] {
        if self.second_factor {
            &[Param::Username, Param::Password, Param::Otp, Param::MfaToken]
        } else {
            &[Param::Username, Param::Password]
        }
    }
}

impl RequestRules {
    pub(super) fn grant(&self, params: &mut Params, client: &Credentials) -> Result<GrantRequest, OAuthError> {
        let kind = self.grant_kind(params)?;
        let for_account = kind == GrantKind::Password;
        if self.grants.password_client.is_some() && for_account != matches!(client, Credentials::Implied(_)) {
            return Err(conflict("`grant_type` does not agree with the credentials"));
        }
        match kind {
            GrantKind::ClientCredentials => Ok(GrantRequest::ClientCredentials),
            GrantKind::Password => self.password_grant(params),
        }
    }

    fn grant_kind(&self, params: &Params) -> Result<GrantKind, OAuthError> {
        let kind = match params.get(Param::GrantType) {
            Some(name) => name.parse().ok(),
            None if !self.grants.infer => {
                let hint = format!("the parameter `{}` is missing", self.names.of(Param::GrantType));
                return Err(OAuthError::new(ErrorKind::MissingGrantType).param(Param::GrantType.as_str()).hint(hint));
            }
            None if params.has_any(self.grants.account_params()) => Some(GrantKind::Password),
            None => Some(GrantKind::ClientCredentials),
        };
        kind.filter(|kind| self.grants.allowed.contains(kind)).ok_or_else(|| {
            let known: Vec<_> = self.grants.allowed.iter().map(|kind| kind.as_str()).collect();
            OAuthError::new(ErrorKind::UnsupportedGrant)
                .param(Param::GrantType.as_str())
                .hint(format!("the grant is not offered here; known: {}", known.join(", ")))
        })
    }

    /// First step: name and password, perhaps with a one-time password. Second step: the handle with the one-time password.
    fn password_grant(&self, params: &mut Params) -> Result<GrantRequest, OAuthError> {
        let otp = params.take(Param::Otp).filter(|_| self.grants.second_factor);
        let mfa_token = params.take(Param::MfaToken).filter(|_| self.grants.second_factor);
        if let Some(mfa_token) = mfa_token {
            if params.has_any(&[Param::Username, Param::Password]) {
                return Err(conflict("the second step repeats the first one's credentials"));
            }
            let otp = otp.ok_or_else(|| self.missing(Param::Otp))?;
            return Ok(GrantRequest::MfaOtp { mfa_token, otp });
        }
        let username = params.take(Param::Username).ok_or_else(|| self.missing(Param::Username))?;
        let password = params.take(Param::Password).ok_or_else(|| self.missing(Param::Password))?;
        Ok(GrantRequest::Password { username: username.expose().clone(), password, otp })
    }
}
