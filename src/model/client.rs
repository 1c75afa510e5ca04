//! A client (service account): a machine that asks for tokens.

use std::time::Duration;

use super::{ClientId, GrantKind, InstitutionId, PresentedBy, RealmId, ScopeSet, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub realm: RealmId,
    pub id: ClientId,
    pub name: String,
    pub institution: Option<InstitutionId>,
    pub auth_method: AuthMethod,
    pub grants: Vec<GrantKind>,
    /// What it may be granted, in the order in which "all" is spelt out.
    pub scopes: ScopeSet,
    /// Its tokens stay pending until a step-up confirms them.
    pub requires_mfa: bool,
    /// How long its tokens live, where that differs from API and dialect.
    pub token_ttl: Option<Duration>,
    /// For how long it is given the same token again, where that differs from the APIs; zero: never.
    pub token_reuse: Option<Duration>,
    /// A single-user client: it always acts for this account, and for no other.
    pub user: Option<UserId>,
    pub disabled_at: Option<Timestamp>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Timestamp>,
    pub created_at: Timestamp,
}

closed! {
    /// How a client is registered to authenticate (RFC 7591, section 2, `token_endpoint_auth_method`).
    pub enum AuthMethod {
        /// By its secret, in any way that the dialect offers.
        Secret = "client_secret",
        /// By its secret in HTTP Basic only.
        SecretBasic = "client_secret_basic",
        /// By its secret in the body only.
        SecretPost = "client_secret_post",
        /// Not at all: a public client, which only a user's own credentials can speak for.
        None = "none",
    }
}

impl AuthMethod {
    /// May credentials that travelled this way authenticate such a client?
    pub const fn permits(self, by: PresentedBy) -> bool {
        match self {
            Self::Secret => true,
            Self::SecretBasic => matches!(by, PresentedBy::Basic),
            Self::SecretPost => matches!(by, PresentedBy::Body),
            Self::None => false,
        }
    }
}
