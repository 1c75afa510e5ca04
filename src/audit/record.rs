//! One entry of the trail, built of types in which no secret can travel.

use std::net::IpAddr;

use serde::Serialize;
use uuid::Uuid;

use super::{Actor, AuditEvent};
use crate::error::{ErrorKind, Reason};
use crate::model::{
    ClientId, DialectName, GrantKind, InstitutionId, KeyId, RealmId, ScopeSet, SecretId, Timestamp, TokenId, UserId,
};
use crate::store::audit::AuditRow;
use crate::store::{self, Conn, StoreError};

/// Longest text that a caller can bring into the trail, in characters.
const MAX_TEXT: usize = 255;

/// One entry of the trail.
#[derive(Clone, Debug)]
pub struct Record {
    pub at: Timestamp,
    pub event: AuditEvent,
    pub actor: Actor,
    pub realm: Option<RealmId>,
    /// The client concerned, if it exists: what a caller merely claims to be may be a secret in the wrong field.
    pub client: Option<ClientId>,
    /// The account concerned, if it exists.
    pub user: Option<UserId>,
    pub institution: Option<InstitutionId>,
    /// The secret concerned; of a token request, the one that authenticated it.
    pub secret: Option<SecretId>,
    pub key: Option<KeyId>,
    pub request: Option<Uuid>,
    pub ip: Option<IpAddr>,
    pub dialect: Option<DialectName>,
    /// Why credentials were bad.
    pub reason: Option<Reason>,
    pub detail: Detail,
}

/// What else an entry tells.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Detail {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantKind>,
    /// What was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeSet>,
    /// Of an exchanged token: the client that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_client: Option<ClientId>,
    /// Of an exchanged token: the clients that act for its subject, the newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actors: Vec<ClientId>,
    /// The id of the token: its `jti`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<TokenId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// It was handed out before, within its reuse window.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorKind>,
    /// Wrong tries in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u32>,
}

impl Record {
    /// An entry that tells no more than this.
    pub fn new(at: Timestamp, event: AuditEvent, actor: Actor) -> Self {
        Self {
            at,
            event,
            actor,
            realm: None,
            client: None,
            user: None,
            institution: None,
            secret: None,
            key: None,
            request: None,
            ip: None,
            dialect: None,
            reason: None,
            detail: Detail::default(),
        }
    }

    /// The secret that a request has used.
    pub(super) fn used_secret(&self) -> Option<&SecretId> {
        match self.event {
            AuditEvent::TokenIssued
            | AuditEvent::TokenRefused
            | AuditEvent::RevocationRefused
            | AuditEvent::IntrospectionRefused => self.secret.as_ref(),
            _ => None,
        }
    }

    pub(super) fn row(&self) -> AuditRow {
        AuditRow {
            at: self.at,
            realm: self.realm.clone(),
            event: self.event.as_str().to_owned(),
            actor: storable(self.actor.to_string()),
            client: self.client.as_ref().map(|id| storable_id(id, id.as_str())),
            user: self.user.as_ref().map(|id| storable_id(id, id.as_str())),
            institution: self.institution.clone(),
            secret: self.secret.clone(),
            key: self.key.clone(),
            request: self.request.map(|id| id.to_string()),
            ip: self.ip.map(|ip| ip.to_string()),
            dialect: self.dialect.as_ref().map(|name| name.as_str().to_owned()),
            reason: self.reason.map(|reason| reason.as_str().to_owned()),
            detail: serde_json::to_string(&self.detail).unwrap_or_default(),
        }
    }
}

/// One row that the database refuses would hold up every other in its batch: no NUL, which Postgres does not store, and no
/// more of a text than tells what it was.
fn storable(text: String) -> String {
    if is_storable(&text) { text } else { made_storable(&text) }
}

fn storable_id<T: Clone + for<'a> From<&'a str>>(id: &T, text: &str) -> T {
    if is_storable(text) { id.clone() } else { T::from(&made_storable(text)) }
}

fn is_storable(text: &str) -> bool {
    text.len() <= MAX_TEXT && !text.contains('\0')
}

fn made_storable(text: &str) -> String {
    text.chars().take(MAX_TEXT).map(|letter| if letter == '\0' { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

/// Records a change of state within the transaction that makes it, whatever the mode of the writer: neither is without the
/// other.
pub async fn record_in(conn: &mut Conn<'_>, record: &Record) -> Result<(), StoreError> {
    store::audit::add(conn, vec![record.row()]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_spells_out_its_words_and_tells_nothing_empty() {
        let detail = Detail { error: Some(ErrorKind::BadCredentials), failures: Some(3), ..Detail::default() };
        let actor = Actor::Client(ClientId::new("acme"));
        let record = Record {
            reason: Some(Reason::WrongSecret),
            detail,
            ..Record::new(Timestamp::from_millis(7), AuditEvent::TokenRefused, actor)
        };
        let row = record.row();
        assert_eq!((row.event.as_str(), row.actor.as_str()), ("token_refused", "client:acme"));
        assert_eq!(row.reason.as_deref(), Some("wrong_secret"));
        assert_eq!(row.detail, r#"{"error":"bad_credentials","failures":3}"#);
    }

    #[test]
    fn a_callers_text_is_made_storable() {
        let hostile = ClientId::new(format!("a\0b{}", "x".repeat(1000)));
        let record = Record {
            client: Some(hostile.clone()),
            ..Record::new(Timestamp::from_millis(7), AuditEvent::TokenRefused, Actor::Client(hostile))
        };
        let row = record.row();
        let client = row.client.expect("a client");
        assert!(client.as_str().starts_with("a\u{FFFD}bx"));
        assert_eq!(client.as_str().chars().count(), MAX_TEXT);
        assert!(!row.actor.contains('\0'));
    }

    #[test]
    fn only_token_requests_use_a_secret() {
        let secret = Some(SecretId::new("s1"));
        let of = |event| Record { secret: secret.clone(), ..Record::new(Timestamp::from_millis(7), event, Actor::Shell) };
        assert_eq!(of(AuditEvent::TokenIssued).used_secret(), secret.as_ref());
        assert_eq!(of(AuditEvent::SecretAdded).used_secret(), None);
    }
}
