//! What is asked for: a token request after its dialect has been taken off.

use http::request::Parts;
use http::{HeaderMap, Method};

use super::{ClientId, ScopeSet, UserId};
use crate::secret::Secret;

closed! {
    /// A grant (RFC 6749, section 1.3), as `grant_type` spells it.
    pub enum GrantKind {
        ClientCredentials = "client_credentials",
        Password = "password",
        /// A token for another one (RFC 8693).
        TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange",
    }
}

closed! {
    /// What a token that is exchanged may be called (RFC 8693, section 3).
    pub enum TokenType {
        /// An access token of this realm, whatever it looks like.
        AccessToken = "urn:ietf:params:oauth:token-type:access_token",
        /// One that is a JWT.
        Jwt = "urn:ietf:params:oauth:token-type:jwt",
    }
}

closed! {
    /// How client credentials travelled.
    pub enum PresentedBy {
        /// `Authorization: Basic` (RFC 6749, section 2.3.1).
        Basic = "basic",
        /// In the request body, form or JSON.
        Body = "body",
        /// In a header with a scheme of the dialect's own.
        Header = "header",
    }
}

/// A request as it arrived, borrowed: everything that `parse` may look at.
#[derive(Clone, Copy, Debug)]
pub struct Inbound<'a> {
    pub method: &'a Method,
    /// The path as sent, undecoded.
    pub path: &'a str,
    /// What follows `?`, undecoded.
    pub query: Option<&'a str>,
    pub headers: &'a HeaderMap,
    pub body: &'a [u8],
    /// The realm that the request's host is bound to.
    pub host_realm: Option<&'a str>,
}

impl<'a> Inbound<'a> {
    /// A request whose body has not been read.
    pub fn of(head: &'a Parts, host_realm: Option<&'a str>) -> Self {
        let Parts { method, uri, headers, .. } = head;
        Self { method, path: uri.path(), query: uri.query(), headers, body: &[], host_realm }
    }

    #[must_use]
    pub fn with_body(self, body: &'a [u8]) -> Self {
        Self { body, ..self }
    }
}

/// The host of an authority (RFC 9110, section 7.2), without its port.
pub fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// A realm's name as the caller chose it; it may not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealmName(pub String);

/// A token request, whatever wire contract it came by.
#[derive(Debug)]
pub struct TokenRequest {
    pub realm: RealmName,
    pub client: Credentials,
    pub grant: GrantRequest,
    pub scope: Option<ScopeSet>,
    /// Audiences asked for by `audience` or `resource` (RFC 8707).
    pub audience: Vec<String>,
}

/// A question about a token, from a client that it may concern.
#[derive(Debug)]
pub struct TokenQuery {
    pub realm: RealmName,
    pub client: Credentials,
    pub token: Secret<String>,
}

/// Who says to be asking.
#[derive(Debug)]
pub enum Credentials {
    /// A client with its secret. The carrier may allow two readings of the same bytes (raw, then form-decoded): the pairs,
    /// first choice first; together they are one attempt.
    Client { by: PresentedBy, readings: Vec<(ClientId, Secret<String>)> },
    /// No client credentials travel in this contract: accounts speak for themselves through this public client.
    Implied(ClientId),
}

/// Which grant, with the credentials that belong to it.
#[derive(Debug)]
pub enum GrantRequest {
    ClientCredentials,
    /// An account's own credentials (RFC 6749, section 4.3), with a one-time password where it has a second factor.
    Password {
        username: String,
        password: Secret<String>,
        otp: Option<Secret<String>>,
    },
    /// The second step of a password grant that was answered with `mfa_required`.
    MfaOtp {
        mfa_token: Secret<String>,
        otp: Secret<String>,
    },
    TokenExchange(Exchange),
}

/// Which token is to become which (RFC 8693, section 2.1).
#[derive(Debug)]
pub struct Exchange {
    pub subject_token: Secret<String>,
    /// A token of whoever will act for the subject.
    pub actor_token: Option<Secret<String>>,
    /// `None`: whatever the dialect issues.
    pub requested_type: Option<TokenType>,
    /// The account that the new token is to be about, where that is not whom the subject token is about.
    pub requested_user: Option<UserId>,
}

impl GrantRequest {
    pub const fn kind(&self) -> GrantKind {
        match self {
            Self::ClientCredentials => GrantKind::ClientCredentials,
            Self::Password { .. } | Self::MfaOtp { .. } => GrantKind::Password,
            Self::TokenExchange(_) => GrantKind::TokenExchange,
        }
    }
}

/// What of an `Accept` header decides the shape of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Absent, unreadable or without preference.
    Any,
    /// JSON was listed.
    Json,
    /// A textual media type was listed, which a bare token may be sent as.
    Text(&'static str),
}
