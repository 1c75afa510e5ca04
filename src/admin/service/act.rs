//! One operation in the making: a transaction that ends with its audit record and the word to the other nodes, or not at all.

use super::{Ops, OpsError};
use crate::app::App;
use crate::audit::{self, Actor, AuditEvent, Detail, Record};
use crate::guard::Caller;
use crate::model::{ClientId, InstitutionId, KeyId, Realm, RealmId, SecretId, Timestamp, TokenId, UserId};
use crate::store::changes::{Change, ChangeKind};
use crate::store::{self, Conn, Tx};

pub(super) struct Act<'a> {
    tx: Tx,
    actor: &'a Actor,
    caller: Option<&'a Caller>,
    /// The node that has to forget at once what it remembers of before.
    node: Option<&'a App>,
    told: Vec<Change>,
    pub(super) now: Timestamp,
}

/// What an operation is about.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Realm,
    Api(&'a str),
    Institution(&'a InstitutionId),
    Client(&'a ClientId),
    Secret(&'a ClientId, &'a SecretId),
    User(&'a UserId),
    Key(&'a KeyId),
    Token(&'a TokenId),
}

impl Ops {
    pub(super) async fn begin<'a>(&'a self, actor: &'a Actor) -> Result<Act<'a>, OpsError> {
        let (caller, node) = (self.caller.as_ref(), self.node.as_deref());
        Ok(Act { tx: self.db.begin().await?, actor, caller, node, told: Vec::new(), now: self.now() })
    }
}

impl Act<'_> {
    pub(super) fn conn(&mut self) -> Conn<'_> {
        self.tx.conn()
    }

    /// The realm that everything happens in.
    pub(super) async fn realm(&mut self, id: &RealmId) -> Result<Realm, OpsError> {
        existing_realm(&mut self.conn(), id).await
    }

    /// Records what was done, and tells the other nodes of it.
    pub(super) async fn tell(&mut self, realm: &RealmId, subject: Subject<'_>, event: AuditEvent) -> Result<(), OpsError> {
        let now = self.now;
        let record = subject.of(Record {
            realm: Some(realm.clone()),
            request: self.caller.map(|caller| caller.request_id),
            ip: self.caller.map(|caller| caller.address),
            ..Record::new(now, event, self.actor.clone())
        });
        audit::record_in(&mut self.conn(), &record).await?;
        let (kind, id) = subject.change();
        let change = Change { realm: Some(realm.clone()), kind, id };
        store::changes::append(&mut self.conn(), &change, now).await?;
        self.told.push(change);
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), OpsError> {
        self.tx.commit().await?;
        let Some(node) = self.node else { return Ok(()) };
        self.told.iter().for_each(|change| node.forget(change));
        // Keys and APIs are not forgotten but read again, before the operator is told that it is done.
        if self.told.iter().any(|change| change.kind.concerns_realm())
            && let Err(error) = node.hear_changes().await
        {
            tracing::warn!(%error, "the node does not know yet what was changed in its realm");
        }
        Ok(())
    }
}

pub(super) async fn existing_realm(conn: &mut Conn<'_>, id: &RealmId) -> Result<Realm, OpsError> {
    let realm = store::realms::lookup(conn, id).await?;
    realm.ok_or_else(|| OpsError::NotFound(format!("realm `{}`", id.as_str().escape_debug())))
}

impl Subject<'_> {
    fn of(self, record: Record) -> Record {
        match self {
            Self::Realm | Self::Api(_) => record,
            Self::Institution(id) => Record { institution: Some(id.clone()), ..record },
            Self::Client(id) => Record { client: Some(id.clone()), ..record },
            Self::Secret(client, id) => Record { client: Some(client.clone()), secret: Some(id.clone()), ..record },
            Self::User(id) => Record { user: Some(id.clone()), ..record },
            Self::Key(id) => Record { key: Some(id.clone()), ..record },
            Self::Token(id) => Record { detail: Detail { jti: Some(id.clone()), ..record.detail }, ..record },
        }
    }

    fn change(self) -> (ChangeKind, Option<String>) {
        match self {
            Self::Realm => (ChangeKind::Realm, None),
            Self::Api(audience) => (ChangeKind::Api, Some(audience.to_owned())),
            Self::Institution(id) => (ChangeKind::Institution, Some(id.to_string())),
            Self::Client(id) => (ChangeKind::Client, Some(id.to_string())),
            // Whoever caches a client caches its secrets with it.
            Self::Secret(client, _) => (ChangeKind::Secret, Some(client.to_string())),
            Self::User(id) => (ChangeKind::User, Some(id.to_string())),
            Self::Key(id) => (ChangeKind::Key, Some(id.to_string())),
            Self::Token(id) => (ChangeKind::Token, Some(id.to_string())),
        }
    }
}
