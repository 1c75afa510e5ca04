//! Which grant a request asks for (RFC 6749, section 4; RFC 8693, section 2.1), with the parameters that belong to it.

use super::credentials::conflict;
use super::names::Param;
use super::params::Params;
use super::parse::RequestRules;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ClientId, Credentials, Exchange, GrantKind, GrantRequest, TokenType, UserId};

/// Characters of a UUID with its hyphens: the only one of its spellings that is read.
const UUID_LEN: usize = 36;

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
            GrantKind::TokenExchange => self.exchange(params).map(GrantRequest::TokenExchange),
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
    fn exchange(&self, params: &mut Params) -> Result<Exchange, OAuthError> {
        let subject_token = params.take(Param::SubjectToken).ok_or_else(|| self.missing(Param::SubjectToken))?;
        let subject_type = self.token_type(params, Param::SubjectTokenType)?;
        subject_type.ok_or_else(|| self.missing(Param::SubjectTokenType))?;
        let actor_token = params.take(Param::ActorToken);
        match (&actor_token, self.token_type(params, Param::ActorTokenType)?) {
            (Some(_), None) => return Err(self.missing(Param::ActorTokenType)),
            (None, Some(_)) => return Err(self.missing(Param::ActorToken)),
            (Some(_), Some(_)) | (None, None) => {}
        }
        let requested_type = self.token_type(params, Param::RequestedTokenType)?;
        Ok(Exchange { subject_token, actor_token, requested_type, requested_user: self.requested_user(params)? })
    }

    fn token_type(&self, params: &Params, param: Param) -> Result<Option<TokenType>, OAuthError> {
        let unknown = |_| {
            let known: Vec<_> = TokenType::ALL.iter().map(|kind| kind.as_str()).collect();
            self.invalid(param, &format!("is none of: {}", known.join(", ")))
        };
        params.get(param).map(|name| name.parse().map_err(unknown)).transpose()
    }

    /// The spelling of the on-behalf-of header: `user <uuid>`.
    fn requested_user(&self, params: &Params) -> Result<Option<UserId>, OAuthError> {
        let Some(text) = params.get(Param::RequestedSubject) else { return Ok(None) };
        let id = text.strip_prefix("user ").and_then(|id| uuid::Uuid::try_parse(id).ok().filter(|_| id.len() == UUID_LEN));
        let id = id.ok_or_else(|| self.invalid(Param::RequestedSubject, "must be `user <uuid>`"))?;
        Ok(Some(UserId::new(id.to_string())))
    }

    fn invalid(&self, param: Param, problem: &str) -> OAuthError {
        let hint = format!("the parameter `{}` {problem}", self.names.of(param));
        OAuthError::new(ErrorKind::InvalidExchange).param(param.as_str()).hint(hint)
    }
}
