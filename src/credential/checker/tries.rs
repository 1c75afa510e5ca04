//! Tries: reserved, settled, and locks that close and open in the transaction of the fact.

use super::{CheckError, CredentialChecker};
use crate::audit::{Actor, AuditEvent, Record, record_in};
use crate::model::{ClientId, LockoutPolicy, Principal, PrincipalKind, Realm, Timestamp, UserId};
use crate::store::lockouts::{self, Reservation};
use crate::store::{StoreError, changes};

/// A try that is counted and not yet settled: so many in a row with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reserved {
    failures: u32,
}

impl CredentialChecker {
    /// Counts a try before it is made. `None`: a lock stands.
    pub async fn reserve(&self, realm: &Realm, who: &Principal) -> Result<Option<Reserved>, StoreError> {
        self.reserve_under(&realm.lockout, who).await
    }

    async fn reserve_under(&self, policy: &LockoutPolicy, who: &Principal) -> Result<Option<Reserved>, StoreError> {
        let mut session = self.db.write().await?;
        match lockouts::reserve(&mut session.conn(), who, policy, self.clock.now()).await? {
            Reservation::Granted { failures } => Ok(Some(Reserved { failures })),
            Reservation::Locked => Ok(None),
        }
    }

    /// The same work for nobody: a principal that cannot exist, whose count never closes a lock.
    pub(super) async fn reserve_or_decoy(&self, realm: &Realm, who: Option<&Principal>) -> Result<Option<Reserved>, StoreError> {
        if let Some(who) = who {
            return self.reserve(realm, who).await;
        }
        let threshold = if realm.lockout.threshold == 0 { 0 } else { u32::MAX };
        let nobody = Principal { realm: realm.id.clone(), kind: PrincipalKind::Client, id: String::new() };
        self.reserve_under(&LockoutPolicy { threshold, ..realm.lockout }, &nobody).await
    }

    /// Everything that was presented is right: forgets the tries. A lock that parallel wrong tries closed meanwhile goes with
    /// them, and that is recorded as it was.
    pub async fn succeeded(&self, realm: &Realm, who: &Principal) -> Result<(), StoreError> {
        if realm.lockout.threshold == 0 {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        if lockouts::reset(&mut tx.conn(), who).await? {
            record_in(&mut tx.conn(), &unlocked(who, self.clock.now())).await?;
        }
        tx.commit().await
    }

    /// What was presented is neither right nor wrong: takes the reserved try back and leaves the others.
    pub async fn give_back(&self, realm: &Realm, who: &Principal) -> Result<(), StoreError> {
        if realm.lockout.threshold == 0 {
            return Ok(());
        }
        let mut session = self.db.write().await?;
        lockouts::give_back(&mut session.conn(), who).await
    }

    /// A reserved try was wrong: the first of a client is told to all nodes. If it was the last one allowed, the lock closes and
    /// is recorded, in one transaction.
    pub async fn wrong(&self, realm: &Realm, who: Option<&Principal>, reserved: Reserved) -> Result<(), CheckError> {
        if realm.lockout.threshold == 0 {
            return Ok(());
        }
        let now = self.clock.now();
        let client = who.filter(|who| who.kind == PrincipalKind::Client).map(|who| who.id.as_str());
        let mut session = self.db.write().await?;
        changes::append_first_try(&mut session.conn(), (&realm.id, client), reserved.failures, now).await?;
        drop(session);
        let Some(who) = who.filter(|_| reserved.failures >= realm.lockout.threshold) else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        if lockouts::lock_if_exhausted(&mut tx.conn(), who, &realm.lockout, now).await? {
            record_in(&mut tx.conn(), &locked(who, now)).await?;
        }
        Ok(tx.commit().await?)
    }
}

fn locked(who: &Principal, now: Timestamp) -> Record {
    match who.kind {
        PrincipalKind::Client => of(who, now, AuditEvent::ClientLocked),
        PrincipalKind::User => of(who, now, AuditEvent::UserLocked),
    }
}

fn unlocked(who: &Principal, now: Timestamp) -> Record {
    match who.kind {
        PrincipalKind::Client => of(who, now, AuditEvent::ClientUnlocked),
        PrincipalKind::User => of(who, now, AuditEvent::UserUnlocked),
    }
}

fn of(who: &Principal, now: Timestamp, event: AuditEvent) -> Record {
    let (client, user) = match who.kind {
        PrincipalKind::Client => (Some(ClientId::new(&who.id)), None),
        PrincipalKind::User => (None, Some(UserId::new(&who.id))),
    };
    Record { realm: Some(who.realm.clone()), client, user, ..Record::new(now, event, Actor::System) }
}
