//! The audit trail and its writer, through what the database holds afterwards.

use std::time::Duration;

use countersign::audit::{Actor, AuditCounts, AuditError, AuditEvent, AuditMode, AuditWriter, Detail, Record, record_in};
use countersign::error::{ErrorKind, Reason};
use countersign::model::{ClientId, DialectName, GrantKind, InstitutionId, KeyId, RealmId, ScopeSet, SecretId, TokenId, UserId};
use countersign::store::audit::{self, AuditFilter, AuditRow};
use countersign::store::{Db, secrets};

use super::seed::{self, NOW, at, session};

fn issued(realm: &str, second: i64) -> Record {
    let client = ClientId::new("acme");
    Record {
        realm: Some(RealmId::new(realm)),
        client: Some(client.clone()),
        ..Record::new(at(NOW + second), AuditEvent::TokenIssued, Actor::Client(client))
    }
}

fn of(realm: &str) -> AuditFilter {
    AuditFilter { realm: Some(RealmId::new(realm)), limit: 10_000, ..AuditFilter::default() }
}

async fn rows(db: &Db, filter: &AuditFilter) -> Vec<AuditRow> {
    let rows = audit::list(&mut db.read().await.unwrap().conn(), filter).await.unwrap();
    rows.into_iter().map(|(_, row)| row).collect()
}

pub async fn a_committed_record_is_there(db: &Db) {
    let writer = AuditWriter::start(db.clone(), AuditMode::Committed);
    let detail = Detail {
        grant: Some(GrantKind::ClientCredentials),
        scope: Some(ScopeSet::parse("b a").unwrap()),
        jti: Some(TokenId::new("00000000-0000-0000-0000-000000000001")),
        expires_at: Some(at(NOW + 60_000)),
        ..Detail::default()
    };
    let record = Record {
        user: Some(UserId::new("u1")),
        institution: Some(InstitutionId::new("i1")),
        secret: Some(SecretId::new("s1")),
        key: Some(KeyId::new("k1")),
        request: Some(uuid::Uuid::from_u128(2)),
        ip: Some("2001:db8::1".parse().unwrap()),
        dialect: Some(DialectName::new("oauth2")),
        detail,
        ..issued("audit-committed", 0)
    };
    writer.record(record).await.unwrap();
    let [row] = rows(db, &of("audit-committed")).await.try_into().unwrap();
    let expected = AuditRow {
        at: at(NOW),
        realm: Some(RealmId::new("audit-committed")),
        event: "token_issued".into(),
        actor: "client:acme".into(),
        client: Some(ClientId::new("acme")),
        user: Some(UserId::new("u1")),
        institution: Some(InstitutionId::new("i1")),
        secret: Some(SecretId::new("s1")),
        key: Some(KeyId::new("k1")),
        request: Some("00000000-0000-0000-0000-000000000002".into()),
        ip: Some("2001:db8::1".into()),
        dialect: Some("oauth2".into()),
        reason: None,
        detail: "{\"grant\":\"client_credentials\",\"scope\":[\"b\",\"a\"],\
                 \"jti\":\"00000000-0000-0000-0000-000000000001\",\"expires_at\":1700000060000}"
            .into(),
    };
    assert_eq!(row, expected);
    assert_eq!(writer.counts(), AuditCounts { written: 1, dropped: 0, depth: 0 });
    assert!(writer.shutdown().await);
}

pub async fn buffered_records_arrive_together(db: &Db) {
    let writer = AuditWriter::start(db.clone(), AuditMode::Buffered);
    for second in 0..700 {
        writer.record(issued("audit-buffered", second)).await.unwrap();
    }
    let arrived = async {
        while writer.counts().written < 700 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), arrived).await.expect("all of them, soon");
    let times: Vec<_> = rows(db, &of("audit-buffered")).await.into_iter().map(|row| row.at).collect();
    assert_eq!(times, (0..700).map(|second| at(NOW + second)).collect::<Vec<_>>(), "in order");
    assert!(writer.shutdown().await);
}

pub async fn shutdown_writes_what_waits(db: &Db) {
    let writer = AuditWriter::start(db.clone(), AuditMode::Buffered);
    for second in 0..20 {
        writer.record(issued("audit-shutdown", second)).await.unwrap();
    }
    let refused = Record {
        reason: Some(Reason::WrongSecret),
        detail: Detail { error: Some(ErrorKind::BadCredentials), ..Detail::default() },
        ..Record::new(at(NOW), AuditEvent::TokenRefused, Actor::Anonymous)
    };
    writer.record_refusal(Record { realm: Some(RealmId::new("audit-shutdown")), ..refused });
    assert!(writer.shutdown().await);
    let rows = rows(db, &of("audit-shutdown")).await;
    assert_eq!(rows.len(), 21);
    let last = rows.last().unwrap();
    assert_eq!((last.actor.as_str(), last.reason.as_deref()), ("anonymous", Some("wrong_secret")));
    assert_eq!(writer.record(issued("audit-shutdown", 0)).await, Err(AuditError::Stopped));
}

pub async fn off_records_only_last_uses(db: &Db) {
    let realm = seed::realm(db, "audit-off").await;
    let client = seed::client_with_secrets(db, &realm, "audit-off", 2).await;
    let writer = AuditWriter::start(db.clone(), AuditMode::Off);
    for second in [3, 9, 6] {
        let used = Record { secret: Some(SecretId::new("audit-off-1")), ..issued("audit-off", second) };
        writer.record(used).await.unwrap();
    }
    assert!(writer.shutdown().await);
    let uses = secrets::list(&mut db.read().await.unwrap().conn(), &realm, &client).await.unwrap();
    let uses: Vec<_> = uses.into_iter().map(|secret| secret.last_used_at).collect();
    assert_eq!(uses, [Some(at(NOW + 9)), None]);
    assert!(rows(db, &of("audit-off")).await.is_empty());
    assert_eq!(writer.counts().written, 0);
}

pub async fn a_record_shares_the_fate_of_its_transaction(db: &Db) {
    for commit in [false, true] {
        let mut tx = db.begin().await.unwrap();
        record_in(&mut tx.conn(), &issued("audit-tx", i64::from(commit))).await.unwrap();
        if commit {
            tx.commit().await.unwrap();
        }
    }
    let times: Vec<_> = rows(db, &of("audit-tx")).await.into_iter().map(|row| row.at).collect();
    assert_eq!(times, [at(NOW + 1)]);
}

pub async fn the_trail_is_listed_by_realm_client_and_time(db: &Db) {
    for second in 0..4 {
        let other = Record { client: Some(ClientId::new(format!("c{}", second % 2))), ..issued("audit-list", second) };
        record_in(&mut session(db).await.conn(), &other).await.unwrap();
    }
    record_in(&mut session(db).await.conn(), &issued("audit-list-elsewhere", 0)).await.unwrap();
    let times = |rows: Vec<AuditRow>| rows.into_iter().map(|row| row.at.millis() - NOW).collect::<Vec<_>>();
    assert_eq!(times(rows(db, &of("audit-list")).await), [0, 1, 2, 3]);
    let of_client = AuditFilter { client: Some(ClientId::new("c1")), ..of("audit-list") };
    assert_eq!(times(rows(db, &of_client).await), [1, 3]);
    let recent = AuditFilter { since: Some(at(NOW + 2)), ..of("audit-list") };
    assert_eq!(times(rows(db, &recent).await), [2, 3]);
    let first = AuditFilter { limit: 3, ..of("audit-list") };
    let page = audit::list(&mut db.read().await.unwrap().conn(), &first).await.unwrap();
    let next = AuditFilter { after: page.last().unwrap().0, ..first };
    assert_eq!(times(rows(db, &next).await), [3]);
}

/// Long ago, where no other case has rows.
pub async fn old_rows_are_pruned(db: &Db) {
    let mut session = session(db).await;
    for time in [1, 2, 3] {
        record_in(&mut session.conn(), &Record { at: at(time), ..issued("audit-old", 0) }).await.unwrap();
    }
    assert_eq!(audit::prune(&mut session.conn(), at(3), 1).await.unwrap(), 1);
    assert_eq!(audit::prune(&mut session.conn(), at(3), 9).await.unwrap(), 1);
    drop(session);
    assert_eq!(rows(db, &of("audit-old")).await.len(), 1);
}
