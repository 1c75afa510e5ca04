//! One error value in the core. What it looks like to the caller is the dialect's business.

use std::borrow::Cow;
use std::time::Duration;

use crate::closed;
use crate::model::{ClientId, InstitutionId, RateLimit, RealmId, ScopeSet, SecretId, UserId};
use crate::secret::Secret;

closed! {
    /// The closed list of refusals. Every dialect maps each of them; an unmapped one stops the start.
    pub enum ErrorKind {
        // Token endpoint.
        MalformedBody = "malformed_body",
        BodyTooLarge = "body_too_large",
        WrongContentType = "wrong_content_type",
        UnsupportedEncoding = "unsupported_encoding",
        WrongMethod = "wrong_method",
        QueryParam = "query_param",
        MissingParam = "missing_param",
        MissingGrantType = "missing_grant_type",
        DuplicateParam = "duplicate_param",
        ConflictingCredentials = "conflicting_credentials",
        NoCredentials = "no_credentials",
        BadCredentials = "bad_credentials",
        UnsupportedGrant = "unsupported_grant",
        GrantNotAllowed = "grant_not_allowed",
        ScopeTooLong = "scope_too_long",
        InvalidScope = "invalid_scope",
        InvalidAudience = "invalid_audience",
        UnknownRealm = "unknown_realm",
        MfaRequired = "mfa_required",
        MfaFailed = "mfa_failed",
        InvalidRefresh = "invalid_refresh",
        InvalidExchange = "invalid_exchange",
        RateLimited = "rate_limited",
        ServerError = "server_error",
        Unavailable = "unavailable",
        // Resource side.
        RsMissing = "rs_missing",
        RsMalformed = "rs_malformed",
        RsInvalid = "rs_invalid",
        RsExpired = "rs_expired",
        RsRevoked = "rs_revoked",
        RsScope = "rs_scope",
        RsRoute = "rs_route",
        OboMalformed = "obo_malformed",
        OboScope = "obo_scope",
        OboMismatch = "obo_mismatch",
        OboUnknownUser = "obo_unknown_user",
        UserBlocked = "user_blocked",
    }
}

closed! {
    /// Why credentials were bad. For log and audit only: the caller is told one text for all of them.
    pub enum Reason {
        UnknownClient = "unknown_client",
        UnknownUser = "unknown_user",
        WrongSecret = "wrong_secret",
        WrongPassword = "wrong_password",
        WrongOtp = "wrong_otp",
        ReplayedOtp = "replayed_otp",
        InvalidMfaToken = "invalid_mfa_token",
        Disabled = "disabled",
        Blocked = "blocked",
        InstitutionDisabled = "institution_disabled",
        Locked = "locked",
        NetworkNotAllowed = "network_not_allowed",
        MethodNotRegistered = "method_not_registered",
        SchemeNotOffered = "scheme_not_offered",
        Undecodable = "undecodable",
    }
}

/// Whom a refusal is about, as far as that was found out: only what exists, never what a caller merely wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub realm: Option<RealmId>,
    pub institution: Option<InstitutionId>,
    pub client: Option<ClientId>,
    pub user: Option<UserId>,
    pub secret: Option<SecretId>,
}

impl About {
    /// What `self` does not say is taken from `other`.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            realm: self.realm.or(other.realm),
            institution: self.institution.or(other.institution),
            client: self.client.or(other.client),
            user: self.user.or(other.user),
            secret: self.secret.or(other.secret),
        }
    }
}

/// A refusal: a public kind and hint, a private detail, and the cause.
#[derive(Debug)]
pub struct OAuthError {
    pub kind: ErrorKind,
    /// May reach the caller: what to mend, from fixed texts and the caller's own parameter names.
    pub hint: Option<Cow<'static, str>>,
    /// The parameter at fault; may reach the caller.
    pub param: Option<&'static str>,
    /// When trying again makes sense; may reach the caller.
    pub retry_after: Option<Duration>,
    /// The limit that was met; may reach the caller.
    pub limit: Option<RateLimit>,
    /// The handle for a second factor; meant for the caller, never for a log.
    pub mfa_token: Option<Secret<String>>,
    /// The scopes that a resource needs, and those that the token carries; may reach the caller.
    pub scopes: Option<(ScopeSet, ScopeSet)>,
    /// Logged and audited, never sent.
    pub reason: Option<Reason>,
    /// Logged and audited, never sent.
    pub about: About,
    /// Logged, never sent.
    pub detail: Option<Cow<'static, str>>,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl OAuthError {
    pub fn new(kind: ErrorKind) -> Self {
        Self {
            kind,
            hint: None,
            param: None,
            retry_after: None,
            limit: None,
            mfa_token: None,
            scopes: None,
            reason: None,
            about: About::default(),
            detail: None,
            source: None,
        }
    }

    /// Bad credentials, for this reason that the caller is not told.
    pub fn bad_credentials(reason: Reason) -> Self {
        Self { reason: Some(reason), ..Self::new(ErrorKind::BadCredentials) }
    }

    /// Something that the answer needs did not answer in time: try again after `retry_after`.
    pub fn unavailable(source: impl Into<Box<dyn std::error::Error + Send + Sync>>, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), source: Some(source.into()), ..Self::new(ErrorKind::Unavailable) }
    }

    #[must_use]
    pub fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    #[must_use]
    pub fn param(self, param: &'static str) -> Self {
        Self { param: Some(param), ..self }
    }

    /// Adds whom it is about; what was said before stands.
    #[must_use]
    pub fn about(self, about: About) -> Self {
        Self { about: self.about.clone().or(about), ..self }
    }

    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }
}

impl std::fmt::Display for OAuthError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.as_str())?;
        if let Some(reason) = self.reason {
            write!(f, " ({reason})")?;
        }
        for text in [&self.hint, &self.detail].into_iter().flatten() {
            write!(f, ": {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for OAuthError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}
