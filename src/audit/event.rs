//! What can happen, and who can have done it.

use std::fmt;

use crate::closed;
use crate::model::{ClientId, RealmId};

closed! {
    /// What happened.
    pub enum AuditEvent {
        TokenIssued = "token_issued",
        TokenRefused = "token_refused",
        TokenRevoked = "token_revoked",
        /// A client was not authenticated, or wanted to end a token that is another client's.
        RevocationRefused = "revocation_refused",
        IntrospectionRefused = "introspection_refused",
        /// A client was let through to an API for an account.
        ActedForUser = "acted_for_user",
        ActingRefused = "acting_refused",
        RealmCreated = "realm_created",
        RealmUpdated = "realm_updated",
        ApiPut = "api_put",
        InstitutionCreated = "institution_created",
        InstitutionUpdated = "institution_updated",
        InstitutionDisabled = "institution_disabled",
        InstitutionEnabled = "institution_enabled",
        InstitutionTokensRevoked = "institution_tokens_revoked",
        ClientCreated = "client_created",
        ClientUpdated = "client_updated",
        ClientDisabled = "client_disabled",
        ClientEnabled = "client_enabled",
        ClientLocked = "client_locked",
        ClientUnlocked = "client_unlocked",
        ClientTokensRevoked = "client_tokens_revoked",
        SecretAdded = "secret_added",
        SecretRevoked = "secret_revoked",
        SecretSuperseded = "secret_superseded",
        UserCreated = "user_created",
        UserUpdated = "user_updated",
        UserPasswordSet = "user_password_set",
        UserTotpSet = "user_totp_set",
        UserBlocked = "user_blocked",
        UserUnblocked = "user_unblocked",
        UserLocked = "user_locked",
        UserUnlocked = "user_unlocked",
        UserTokensRevoked = "user_tokens_revoked",
        KeyPrepared = "key_prepared",
        KeyActivated = "key_activated",
        KeyGraced = "key_graced",
        KeyRetired = "key_retired",
        AdminBootstrapped = "admin_bootstrapped",
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Someone at the command line of the machine.
    Shell,
    /// Countersign itself, when a time had come or a count was full.
    System,
    /// A client: the caller of a token endpoint.
    Client(ClientId),
    /// The caller of the admin API: a client of a realm that need not be the one concerned.
    Admin { realm: RealmId, client: ClientId },
    /// A caller that did not show who it is.
    Anonymous,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell => f.write_str("shell"),
            Self::System => f.write_str("system"),
            Self::Client(id) => write!(f, "client:{id}"),
            Self::Admin { realm, client } => write!(f, "admin:{realm}/{client}"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}
