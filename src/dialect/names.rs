//! The parameters of a token request, and how a dialect spells them.

use std::collections::BTreeMap;

use crate::closed;

closed! {
    /// A parameter of the token endpoint, as RFC 6749, 7521, 8693 and 8707 spell it, or of a question about a token (RFC 7009, 7662).
    pub enum Param {
        GrantType = "grant_type",
        ClientId = "client_id",
        ClientSecret = "client_secret",
        ClientAssertion = "client_assertion",
        ClientAssertionType = "client_assertion_type",
        Username = "username",
        Password = "password",
        Otp = "otp",
        MfaToken = "mfa_token",
        Scope = "scope",
        Audience = "audience",
        Resource = "resource",
        SubjectToken = "subject_token",
        SubjectTokenType = "subject_token_type",
        ActorToken = "actor_token",
        ActorTokenType = "actor_token_type",
        RequestedTokenType = "requested_token_type",
        /// `user <uuid>`: the account that an exchanged token is to be about. Ours, not RFC 8693's.
        RequestedSubject = "requested_subject",
        Token = "token",
        TokenTypeHint = "token_type_hint",
    }
}

impl Param {
    /// May it be sent several times (RFC 8693, section 2.1; RFC 8707, section 2)?
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Audience | Self::Resource)
    }
}

/// How one dialect spells the parameters.
#[derive(Clone, Debug, Default)]
pub struct Names(pub BTreeMap<Param, String>);

impl Names {
    /// The name on the wire.
    pub fn of(&self, param: Param) -> &str {
        self.0.get(&param).map_or(param.as_str(), String::as_str)
    }

    /// The parameter that a name on the wire stands for.
    pub fn find(&self, name: &str) -> Option<Param> {
        Param::ALL.iter().copied().find(|param| self.of(*param) == name)
    }
}
