//! What operators are shown, by the HTTP API and by `--json` alike: never anything secret, times in RFC 3339.

use ipnet::IpNet;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Span;
use super::service::Listing;
use super::time::Time;
use crate::model::{
    Algorithm, AuthMethod, Client, ClientId, GrantKind, Institution, InstitutionId, KeyId, KeyRecord, KeyState, RateLimit,
    RealmId, ScopeSet, SecretId, StoredSecret, User, UserId, Verifier,
};
use crate::secret::Secret;

#[derive(Debug, Serialize)]
pub struct ClientView {
    pub id: ClientId,
    pub realm: RealmId,
    pub name: String,
    pub institution: Option<InstitutionId>,
    pub auth_method: AuthMethod,
    pub grants: Vec<GrantKind>,
    pub scopes: ScopeSet,
    pub requires_mfa: bool,
    pub token_ttl: Option<Span>,
    pub token_reuse: Option<Span>,
    /// The account that a single-user client always acts for.
    pub user: Option<UserId>,
    pub disabled_at: Option<Time>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Time>,
    pub created_at: Time,
}

impl From<Client> for ClientView {
    fn from(client: Client) -> Self {
        Self {
            id: client.id,
            realm: client.realm,
            name: client.name,
            institution: client.institution,
            auth_method: client.auth_method,
            grants: client.grants,
            scopes: client.scopes,
            requires_mfa: client.requires_mfa,
            token_ttl: client.token_ttl.map(Span),
            token_reuse: client.token_reuse.map(Span),
            user: client.user,
            disabled_at: client.disabled_at.map(Time),
            not_before: client.not_before.map(Time),
            created_at: Time(client.created_at),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct UserView {
    pub id: UserId,
    pub realm: RealmId,
    pub email: Option<String>,
    pub name: String,
    pub institution: Option<InstitutionId>,
    pub roles: Vec<String>,
    pub scopes: Option<ScopeSet>,
    pub blocked_at: Option<Time>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Time>,
    pub created_at: Time,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            realm: user.realm,
            email: user.email,
            name: user.name,
            institution: user.institution,
            roles: user.roles,
            scopes: user.scopes,
            blocked_at: user.blocked_at.map(Time),
            not_before: user.not_before.map(Time),
            created_at: Time(user.created_at),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct InstitutionView {
    pub id: InstitutionId,
    pub realm: RealmId,
    pub name: String,
    pub scopes: Option<ScopeSet>,
    pub claims: Map<String, Value>,
    pub networks: Vec<IpNet>,
    pub quota: Option<RateLimit>,
    pub disabled_at: Option<Time>,
    /// Tokens issued up to this moment are revoked.
    pub not_before: Option<Time>,
    pub created_at: Time,
}

impl From<Institution> for InstitutionView {
    fn from(institution: Institution) -> Self {
        Self {
            id: institution.id,
            realm: institution.realm,
            name: institution.name,
            scopes: institution.scopes,
            claims: institution.claims,
            networks: institution.networks,
            quota: institution.quota,
            disabled_at: institution.disabled_at.map(Time),
            not_before: institution.not_before.map(Time),
            created_at: Time(institution.created_at),
        }
    }
}

/// A secret without the secret.
#[derive(Debug, Serialize)]
pub struct SecretView {
    pub id: SecretId,
    /// `digest` or `hash`.
    pub stored_as: &'static str,
    pub created_at: Time,
    pub expires_at: Option<Time>,
    pub revoked_at: Option<Time>,
    pub last_used_at: Option<Time>,
}

impl From<StoredSecret> for SecretView {
    fn from(secret: StoredSecret) -> Self {
        Self {
            id: secret.id,
            stored_as: match secret.verifier {
                Verifier::Digest(_) => "digest",
                Verifier::Hash(_) => "hash",
            },
            created_at: Time(secret.created_at),
            expires_at: secret.expires_at.map(Time),
            revoked_at: secret.revoked_at.map(Time),
            last_used_at: secret.last_used_at.map(Time),
        }
    }
}

/// The answer to an added secret: the one place where a secret leaves.
#[derive(Debug, Serialize)]
pub struct AddedSecretView {
    #[serde(flatten)]
    pub stored: SecretView,
    /// Present if it was generated; it is shown this once.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "shown_once")]
    pub secret: Option<Secret<String>>,
    /// The secrets that now end.
    pub superseded: Vec<SecretId>,
    /// The client was locked, or on its way there, and is no more.
    pub unlocked: bool,
}

fn shown_once<S: serde::Serializer>(secret: &Option<Secret<String>>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.as_ref().map_or("", |secret| secret.expose()))
}

impl From<super::service::AddedSecret> for AddedSecretView {
    fn from(added: super::service::AddedSecret) -> Self {
        Self { stored: added.stored.into(), secret: added.secret, superseded: added.superseded, unlocked: added.unlocked }
    }
}

/// A signing key without its private half.
#[derive(Debug, Serialize)]
pub struct KeyView {
    pub kid: KeyId,
    pub realm: RealmId,
    pub algorithm: Algorithm,
    pub state: KeyState,
    pub published_at: Time,
    pub activated_at: Option<Time>,
    pub grace_at: Option<Time>,
    pub retired_at: Option<Time>,
}

impl From<KeyRecord> for KeyView {
    fn from(key: KeyRecord) -> Self {
        Self {
            kid: key.kid,
            realm: key.realm,
            algorithm: key.algorithm,
            state: key.state,
            published_at: Time(key.published_at),
            activated_at: key.activated_at.map(Time),
            grace_at: key.grace_at.map(Time),
            retired_at: key.retired_at.map(Time),
        }
    }
}

/// One thing in full: what lists leave out is whether wrong tries have locked it.
#[derive(Debug, Serialize)]
pub struct Standing<T> {
    #[serde(flatten)]
    pub thing: T,
    pub locked: bool,
}

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct PageView<T> {
    pub items: Vec<T>,
    /// The `after` of the next page; `null` on the last.
    pub next: Option<String>,
}

impl<T, V: From<T>> From<Listing<T>> for PageView<V> {
    fn from(listing: Listing<T>) -> Self {
        Self { items: listing.items.into_iter().map(V::from).collect(), next: listing.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Timestamp;

    #[test]
    fn a_secret_is_shown_once_and_its_hash_never() {
        let stored = StoredSecret {
            id: SecretId::new("s1"),
            verifier: Verifier::Hash("$argon2id$stored".into()),
            version: 1,
            created_at: Timestamp::from_millis(0),
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        let listed = serde_json::to_string(&SecretView::from(stored.clone())).unwrap();
        assert!(!listed.contains("argon2id"), "{listed}");
        let secret = Some(Secret::new(String::from("cs_once")));
        let added = AddedSecretView { stored: stored.into(), secret, superseded: Vec::new(), unlocked: false };
        let shown = serde_json::to_value(&added).unwrap();
        assert_eq!(shown["secret"], "cs_once");
        assert_eq!(shown["id"], "s1");
        assert!(!format!("{added:?}").contains("cs_once"));
    }
}
