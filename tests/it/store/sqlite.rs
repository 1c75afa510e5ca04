//! What only SQLite can show: its file, its one writer, and an outage that ends.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use countersign::audit::{Actor, AuditError, AuditEvent, AuditMode, AuditWriter, Record};
use countersign::error::{ErrorKind, OAuthError};
use countersign::model::{Client, RealmId};
use countersign::store::audit::{self, AuditFilter};
use countersign::store::{Db, StoreError, clients, meta};

use super::seed::{self, Home, NOW, a_client, at, options, session};

#[tokio::test]
async fn the_file_and_its_sidecars_are_the_owners_alone() {
    let home = Home::new().await;
    let files: Vec<_> = std::fs::read_dir(home.folder.path()).unwrap().map(|file| file.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "database, log and index of the log: {files:?}");
    for file in files {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let home = Home::new().await;
    meta::put(&mut session(&home.db).await.conn(), "fact", "kept").await.unwrap();
    home.db.migrate().await.unwrap();
    let kept = meta::lookup(&mut home.db.read().await.unwrap().conn(), "fact").await.unwrap();
    assert_eq!(kept.as_deref(), Some("kept"));
}

#[tokio::test]
async fn a_schema_knows_whether_it_is_of_this_version() {
    let home = Home::new().await;
    assert!(home.db.is_migrated().await.unwrap());
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", dir.path().join("empty.db").display());
    let empty = crate::harness::server::connect(&url, 1).await;
    assert!(!empty.is_migrated().await.unwrap());
    empty.migrate().await.unwrap();
    assert!(empty.is_migrated().await.unwrap());
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let home = Home::new().await;
    let outcome = meta::put(&mut home.db.read().await.unwrap().conn(), "fact", "x").await;
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_mistaken_url_is_refused_without_being_repeated() {
    for url in ["mysql://root:hunter2@db/x", "sqlite::memory:?x=hunter2", "sqlite:hunter2?mode=memory"] {
        let error = Db::connect(&options(url.into())).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_closed_database_is_unavailable_not_a_refusal() {
    let home = Home::new().await;
    home.db.close().await;
    let error = home.db.begin().await.unwrap_err();
    let answer = OAuthError::from(error);
    assert_eq!(answer.kind, ErrorKind::Unavailable);
    assert_eq!(answer.retry_after, Some(Duration::from_secs(1)));
    let corrupt = OAuthError::from(StoreError::Corrupt { table: "clients", what: "column `scopes`".into() });
    assert_eq!(corrupt.kind, ErrorKind::ServerError);
}

/// The kill switch of an institution must not be lost with its row.
#[tokio::test]
async fn a_client_whose_institution_is_gone_is_corrupt() {
    let home = Home::new().await;
    let realm = seed::realm(&home.db, "gone").await;
    let institution = seed::institution(&home.db, &realm, "i1").await;
    let client = Client { institution: Some(institution), ..a_client(&realm, "acme") };
    clients::add(&mut session(&home.db).await.conn(), &client).await.unwrap();
    seed::raw(&home.db, "PRAGMA foreign_keys = OFF; DELETE FROM institutions; PRAGMA foreign_keys = ON".into()).await;
    let outcome = clients::find_for_token(&mut session(&home.db).await.conn(), &realm, &client.id).await;
    assert!(matches!(outcome, Err(StoreError::Corrupt { table: "institutions", .. })), "{outcome:?}");
}

fn issued(second: i64) -> Record {
    Record { realm: Some(RealmId::new("outage")), ..Record::new(at(NOW + second), AuditEvent::TokenIssued, Actor::System) }
}

async fn written(db: &Db) -> Vec<i64> {
    let filter = AuditFilter { limit: 20_000, ..AuditFilter::default() };
    let rows = audit::list(&mut db.read().await.unwrap().conn(), &filter).await.unwrap();
    rows.into_iter().map(|(_, row)| row.at.millis() - NOW).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_committed_record_without_a_database_is_an_error_and_leaves_no_row() {
    let home = Home::new().await;
    let writer = AuditWriter::start(home.db.clone(), AuditMode::Committed);
    let outage = home.db.begin().await.unwrap();
    assert_eq!(writer.record(issued(1)).await, Err(AuditError::NotCommitted));
    drop(outage);
    tokio::time::timeout(Duration::from_secs(5), async { while writer.record(issued(2)).await.is_err() {} }).await.unwrap();
    assert!(writer.shutdown().await);
    assert_eq!(written(&home.db).await, [2], "what was refused for want of a record has none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn buffered_records_outlast_an_outage_and_a_full_queue_says_so() {
    let home = Home::new().await;
    let writer = AuditWriter::start(home.db.clone(), AuditMode::Buffered);
    let outage = home.db.begin().await.unwrap();
    let mut accepted = 0;
    let full = loop {
        match writer.record(issued(accepted)).await {
            Ok(()) => accepted += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, AuditError::QueueFull);
    writer.record_refusal(issued(-1));
    assert_eq!(writer.counts().dropped, 1, "a refusal does not wait");
    assert!(writer.counts().depth > 8000);
    drop(outage);
    assert!(writer.shutdown().await, "all of it within the farewell");
    assert_eq!(written(&home.db).await, (0..accepted).collect::<Vec<_>>(), "none lost, none twice, in order");
}
