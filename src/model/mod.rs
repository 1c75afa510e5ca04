//! Pure data and rules: the words of the product as types. No I/O, no clock, no policy of a wire contract.

#[macro_use]
mod closed;

mod client;
pub mod flaw;
mod grant;
mod ids;
mod institution;
mod key;
mod lockout;
mod realm;
mod reuse;
pub mod scope;
mod secrets;
pub mod template;
mod time;
mod token;
mod user;

pub use client::{AuthMethod, Client};
pub use grant::{
    Accept, Credentials, Exchange, GrantKind, GrantRequest, Inbound, PresentedBy, RealmName, TokenQuery, TokenRequest, TokenType,
    without_port,
};
pub use ids::{ClientId, DialectName, InstitutionId, KeyId, RealmId, SecretId, TokenId, UserId};
pub use institution::{Institution, RateLimit};
pub use key::{Algorithm, InconsistentKey, KeyRecord, KeyState};
pub use lockout::{Principal, PrincipalKind, Tries};
pub use realm::{Api, LockoutPolicy, MAIN_REALM, Realm, Unlock};
pub use reuse::Reuse;
pub use scope::{Scope, ScopeSet};
pub use secrets::{StoredSecret, Verifier};
pub use time::Timestamp;
pub use token::{
    ActiveToken, ENGINE_CLAIMS, Facts, IssuePolicy, Issued, Lifetimes, MfaPolicy, StoredToken, TokenFormat, TokenSubject,
};
pub use user::User;
