//! Body and claim templates: a TOML value whose strings may hold placeholders, compiled once, its field order kept.

use std::borrow::Cow;

closed! {
    /// The closed list of what a template may name, as `$name`.
    pub enum Placeholder {
        Realm = "realm",
        Issuer = "issuer",
        SubjectId = "subject.id",
        ClientId = "client.id",
        ClientName = "client.name",
        ClientRequiresMfa = "client.requires_mfa",
        InstitutionId = "institution.id",
        InstitutionName = "institution.name",
        UserId = "user.id",
        UserEmail = "user.email",
        UserName = "user.name",
        UserRoles = "user.roles",
        /// The granted scopes, blank-separated.
        Scope = "scope",
        /// The granted scopes, as a list.
        Scopes = "scopes",
        Audience = "audience",
        AccessToken = "access_token",
        /// Seconds of life left.
        ExpiresIn = "expires_in",
        /// The end of life, seconds since the epoch.
        ExpiresAt = "expires_at",
        RequestId = "request_id",
        /// The public hint of an error: what to mend.
        Hint = "hint",
        /// The parameter that an error is about.
        Param = "param",
        /// Seconds after which trying again makes sense.
        RetryAfter = "retry_after",
        /// The rate limit that was met, in words.
        Limit = "limit",
        /// The handle for the second step of a password grant.
        MfaToken = "mfa_token",
        RequiredScopes = "required_scopes",
        TokenScopes = "token_scopes",
    }
}

/// What a placeholder stands for at this moment.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing: a member of an object is left out.
    Absent,
    Text(Cow<'a, str>),
    Int(i64),
    Bool(bool),
    List(Vec<&'a str>),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, Self::from)
    }
}

/// Where placeholders get their values from.
pub trait Lookup {
    fn value(&self, placeholder: Placeholder) -> Value<'_>;
}

/// A compiled template.
#[derive(Clone, Debug)]
pub struct Template;
