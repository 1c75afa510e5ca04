//! What is minted: the rules of a token that a dialect sets, and the token as it leaves the engine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::scope::{Scope, ScopePolicy};
use super::template::{Lookup, Placeholder, Value};
use super::{
    Algorithm, Client, ClientId, GrantKind, Institution, InstitutionId, RealmId, Reuse, ScopeSet, Timestamp, TokenId, TokenType,
    User, UserId,
};
use crate::secret::Secret;

closed! {
    /// What a token looks like.
    pub enum TokenFormat {
        /// A signed JWT: verified by anyone, stored nowhere.
        Jwt = "jwt",
        /// A version 4 UUID, stored by digest: 122 random bits, for contracts that promise a UUID.
        Uuid4 = "uuid4",
        /// 256 random bits, stored by digest.
        Opaque256 = "opaque256",
    }
}

closed! {
    /// When an account needs its second factor.
    pub enum MfaPolicy {
        /// Never, not even if it has one.
        Off = "off",
        /// If it has one.
        IfEnrolled = "if_enrolled",
        /// Always: an account without one gets no token.
        Required = "required",
    }
}

/// How long tokens live, for each grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifetimes(pub BTreeMap<GrantKind, Duration>);

impl Lifetimes {
    pub fn of(&self, grant: GrantKind) -> Duration {
        self.0.get(&grant).copied().unwrap_or(Duration::from_secs(3600))
    }
}

/// What a dialect says about the tokens that it asks the engine for: policy as data, without a word of the wire.
#[derive(Clone, Debug)]
pub struct IssuePolicy {
    pub format: TokenFormat,
    /// `None`: the API's, else the realm's.
    pub algorithm: Option<Algorithm>,
    /// The JWT's `typ` header.
    pub typ: String,
    /// Claims beside the engine's own (`iss sub aud client_id scope jti iat exp`), which it may also replace, except for
    /// `iss`, `jti`, `iat` and `exp`.
    pub claims: super::template::Template,
    pub lifetimes: Lifetimes,
    pub scope: ScopePolicy,
    pub mfa: MfaPolicy,
    /// The scope without which nobody acts for a user; `None` where nobody does.
    pub on_behalf_of: Option<Scope>,
}

/// The claims that the engine sets, or that a check of a token trusts (RFC 9068, section 2.2): no institution's own claims
/// replace them.
pub const ENGINE_CLAIMS: &[&str] =
    &["iss", "sub", "aud", "client_id", "scope", "jti", "iat", "exp", "nbf", "cnf", "act", "sub_kind"];

/// For whom a token is: what claims and answers may name.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub realm: RealmId,
    pub issuer: Arc<str>,
    pub client: Arc<Client>,
    /// The user's institution, else the client's.
    pub institution: Option<Arc<Institution>>,
    pub user: Option<User>,
    /// The client that an exchanged token is about, where that is not `client` itself (RFC 8693).
    pub subject_client: Option<ClientId>,
    /// The clients that act for the subject of an exchanged token, the newest first.
    pub actors: Vec<ClientId>,
    pub scope: ScopeSet,
    pub audience: Vec<String>,
}

impl Facts {
    /// The `sub` of the token: the user, or the client that it is about, by itself the one that asked.
    pub fn subject(&self) -> &str {
        let client = self.subject_client.as_ref().unwrap_or(&self.client.id);
        self.user.as_ref().map_or(client.as_str(), |user| user.id.as_str())
    }
}

impl Lookup for Facts {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        let user = self.user.as_ref();
        let institution = self.institution.as_deref();
        match placeholder {
            Placeholder::Realm => Value::from(self.realm.as_str()),
            Placeholder::Issuer => Value::from(&*self.issuer),
            Placeholder::SubjectId => Value::from(self.subject()),
            Placeholder::ClientId => Value::from(self.client.id.as_str()),
            Placeholder::ClientName => Value::from(self.client.name.as_str()),
            Placeholder::ClientRequiresMfa => Value::Bool(self.client.requires_mfa),
            Placeholder::InstitutionId => Value::from(institution.map(|institution| institution.id.as_str())),
            Placeholder::InstitutionName => Value::from(institution.map(|institution| institution.name.as_str())),
            Placeholder::UserId => Value::from(user.map(|user| user.id.as_str())),
            Placeholder::UserEmail => Value::from(user.and_then(|user| user.email.as_deref())),
            Placeholder::UserName => Value::from(user.map(|user| user.name.as_str())),
            Placeholder::UserRoles => {
                user.map_or(Value::Absent, |user| Value::List(user.roles.iter().map(String::as_str).collect()))
            }
            Placeholder::Scope => Value::Text(self.scope.to_string().into()),
            Placeholder::Scopes => Value::List(self.scope.iter().map(Scope::as_str).collect()),
            Placeholder::Audience => match self.audience.as_slice() {
                [] => Value::Absent,
                [one] => Value::from(one.as_str()),
                several => Value::List(several.iter().map(String::as_str).collect()),
            },
            _ => Value::Absent,
        }
    }
}

/// A token on its way out.
#[derive(Clone, Debug)]
pub struct Issued {
    pub access_token: Secret<String>,
    pub format: TokenFormat,
    /// The `jti` of a JWT; a handle has none.
    pub jti: Option<Uuid>,
    pub grant: GrantKind,
    /// Whole seconds; never more than the token's real remaining life.
    pub expires_in: i64,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// Does the granted scope differ from the requested one?
    pub scope_differs: bool,
    /// A step-up must confirm the token before it works.
    pub pending: bool,
    /// Where a reuse window is in force.
    pub reuse: Option<Reuse>,
    pub facts: Facts,
}

impl Issued {
    /// Was it handed out before?
    pub fn is_reused(&self) -> bool {
        self.reuse.is_some_and(|reuse| reuse.age.is_some())
    }
}

impl Lookup for Issued {
    fn value(&self, placeholder: Placeholder) -> Value<'_> {
        match placeholder {
            Placeholder::AccessToken => Value::from(self.access_token.expose().as_str()),
            Placeholder::ExpiresIn => Value::Int(self.expires_in),
            Placeholder::ExpiresAt => Value::Int(self.expires_at.seconds()),
            Placeholder::IssuedTokenType if self.grant == GrantKind::TokenExchange => {
                Value::from(TokenType::AccessToken.as_str())
            }
            other => self.facts.value(other),
        }
    }
}

/// Whom a token is about (RFC 7519, section 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSubject {
    /// The client that it was issued to.
    Itself,
    /// Another client, for which the one that it was issued to acts (RFC 8693).
    Client(ClientId),
    User(UserId),
}

/// A token that has been found good: what it says, and whom it speaks for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveToken {
    pub realm: RealmId,
    pub id: TokenId,
    /// To whom it was issued.
    pub client: ClientId,
    pub subject: TokenSubject,
    /// The subject's.
    pub institution: Option<InstitutionId>,
    /// Those of all parties, which must be switched on.
    pub institutions: Vec<InstitutionId>,
    /// The clients that act for the subject, the newest first.
    pub actors: Vec<ClientId>,
    /// The only one that may act for the subject, where the token names one (RFC 8693, section 4.4).
    pub may_act: Option<String>,
    pub scopes: ScopeSet,
    pub audience: Vec<String>,
    pub issued_at: Timestamp,
    /// Its `nbf` or its `iat`, whichever is later.
    pub valid_from: Timestamp,
    pub expires_at: Timestamp,
    /// What the client that it was issued to may be granted now.
    pub client_scopes: ScopeSet,
    /// The account that a single-user client always acts for.
    pub bound_user: Option<UserId>,
}

impl ActiveToken {
    /// Its `sub`.
    pub fn subject_id(&self) -> &str {
        match &self.subject {
            TokenSubject::Itself => self.client.as_str(),
            TokenSubject::Client(client) => client.as_str(),
            TokenSubject::User(user) => user.as_str(),
        }
    }

    /// The account that it is about.
    pub fn user(&self) -> Option<&UserId> {
        match &self.subject {
            TokenSubject::User(user) => Some(user),
            _ => None,
        }
    }
}

/// What an opaque token stands for, found by the token's digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    pub realm: RealmId,
    pub client: ClientId,
    pub user: Option<UserId>,
    /// Of an exchanged token: the client that it is about.
    pub subject_client: Option<ClientId>,
    /// Of an exchanged token: the clients that act for its subject, the newest first.
    pub actors: Vec<ClientId>,
    pub scopes: ScopeSet,
    pub audience: Vec<String>,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
    /// Since when it waits for a step-up, without which it does not work.
    pub pending_at: Option<Timestamp>,
}
