//! Who says to be asking: exactly one way of authenticating a request (RFC 6749, section 2.3).

use http::HeaderMap;

use super::names::Param;
use super::params::Params;
use super::parse::RequestRules;
use crate::error::{ErrorKind, OAuthError};
use crate::model::{ClientId, Credentials, PresentedBy};

const ASSERTION: [Param; 2] = [Param::ClientAssertion, Param::ClientAssertionType];

impl RequestRules {
    /// The credentials of a request, taken out of header and parameters. More than one way of presenting them is a conflict
    /// that is held against nobody; none at all is told from bad ones.
    pub(super) fn credentials(&self, headers: &HeaderMap, params: &mut Params) -> Result<Credentials, OAuthError> {
        let header = self.carriers.header(headers)?;
        let secret = params.has(Param::ClientSecret);
        let account = self.grants.password_client.is_some() && params.has_any(self.grants.account_params());
        let assertion = params.has_any(&ASSERTION);
        let ways = [header.is_some(), secret, account, assertion].into_iter().filter(|way| *way).count();
        if ways > 1 || (account && params.has(Param::ClientId)) {
            return Err(conflict("credentials are presented in more than one way"));
        }
        if let Some(value) = header {
            let (by, mut readings) = self.carriers.read(value)?;
            if let Some(named) = params.get(Param::ClientId) {
                readings.retain(|(id, _)| id.as_str() == named);
            }
            return if readings.is_empty() {
                Err(conflict("`client_id` names another client than the header"))
            } else {
                Ok(Credentials::Client { by, readings })
            };
        }
        match &self.grants.password_client {
            Some(client) if account => Ok(Credentials::Implied(client.clone())),
            _ if assertion => Err(OAuthError::new(ErrorKind::NoCredentials).hint("client assertions are not offered")),
            _ => self.body_credentials(params),
        }
    }

    fn body_credentials(&self, params: &mut Params) -> Result<Credentials, OAuthError> {
        let offered = self.carriers.body;
        let by_params = self.grants.infer && (offered || self.grants.password_client.is_some());
        match (params.take(Param::ClientId), params.take(Param::ClientSecret)) {
            (Some(id), Some(secret)) if offered => {
                let readings = vec![(ClientId::new(id.expose().clone()), secret)];
                Ok(Credentials::Client { by: PresentedBy::Body, readings })
            }
            (Some(_), None) if offered && self.grants.infer => Err(self.missing(Param::ClientSecret)),
            (None, Some(_)) if offered && self.grants.infer => Err(self.missing(Param::ClientId)),
            // Where the parameters decide the grant, nothing is known of a request without them.
            (None, None) if by_params => Err(OAuthError::new(ErrorKind::MissingParam).hint(self.what_to_send())),
            _ => Err(OAuthError::new(ErrorKind::NoCredentials)),
        }
    }

    fn what_to_send(&self) -> String {
        let pair = |first, second| format!("`{}` and `{}`", self.names.of(first), self.names.of(second));
        let client = self.carriers.body.then(|| pair(Param::ClientId, Param::ClientSecret));
        let account = self.grants.password_client.as_ref().map(|_| pair(Param::Username, Param::Password));
        let ways: Vec<_> = account.into_iter().chain(client).collect();
        format!("send {}", ways.join(", or "))
    }
}

pub(super) fn conflict(hint: &'static str) -> OAuthError {
    OAuthError::new(ErrorKind::ConflictingCredentials).hint(hint)
}
