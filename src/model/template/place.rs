//! The closed list of placeholders, and where each of them has a value.

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
        /// What an exchanged token is (RFC 8693, section 2.2.1); only an exchange has it.
        IssuedTokenType = "issued_token_type",
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

closed! {
    /// Where a template stands: it decides which placeholders can have a value.
    pub enum Context {
        Claims = "claims",
        SuccessBody = "the body of a success",
        SuccessHeader = "a header of a success",
        ErrorBody = "the body of an error",
        ErrorHeader = "a header of an error",
        AnyHeader = "a header of every answer",
    }
}

impl Context {
    /// Can the placeholder have a value here? Tokens and handles stay out of headers, which proxies log.
    pub const fn allows(self, placeholder: Placeholder) -> bool {
        match placeholder {
            Placeholder::Realm => true,
            Placeholder::RequestId => !matches!(self, Self::Claims),
            Placeholder::Issuer
            | Placeholder::SubjectId
            | Placeholder::ClientId
            | Placeholder::ClientName
            | Placeholder::ClientRequiresMfa
            | Placeholder::InstitutionId
            | Placeholder::InstitutionName
            | Placeholder::UserId
            | Placeholder::UserEmail
            | Placeholder::UserName
            | Placeholder::UserRoles
            | Placeholder::Scope
            | Placeholder::Scopes
            | Placeholder::Audience => matches!(self, Self::Claims | Self::SuccessBody | Self::SuccessHeader),
            Placeholder::ExpiresIn | Placeholder::ExpiresAt => matches!(self, Self::SuccessBody | Self::SuccessHeader),
            Placeholder::AccessToken | Placeholder::IssuedTokenType => matches!(self, Self::SuccessBody),
            Placeholder::Hint
            | Placeholder::Param
            | Placeholder::RetryAfter
            | Placeholder::Limit
            | Placeholder::RequiredScopes
            | Placeholder::TokenScopes => matches!(self, Self::ErrorBody | Self::ErrorHeader),
            Placeholder::MfaToken => matches!(self, Self::ErrorBody),
        }
    }

    /// The names that may stand here.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Placeholder::ALL.iter().copied().filter(move |placeholder| self.allows(*placeholder)).map(Placeholder::as_str)
    }
}
