//! A user (account): a person.

use super::{InstitutionId, RealmId, ScopeSet, Timestamp, UserId};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub realm: RealmId,
    pub id: UserId,
    pub institution: Option<InstitutionId>,
    /// Normalised by [`User::normalise_email`]; unique in the realm.
    pub email: Option<String>,
    pub name: String,
    /// Free strings, blanks included.
    pub roles: Vec<String>,
    /// What tokens of this user may carry; `None` does not narrow.
    pub scopes: Option<ScopeSet>,
    pub blocked_at: Option<Timestamp>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl User {
    /// E-mail addresses that differ only by case or outer blanks name the same account.
    pub fn normalise_email(email: &str) -> String {
        email.trim().to_lowercase()
    }
}
