//! The changes that nodes tell each other.

use std::time::Duration;

use countersign::model::RealmId;
use countersign::store::changes::{self, Change, ChangeKind, ChangeReader};
use countersign::store::{Db, Pools};

use super::seed::{NOW, at, raw, session};

fn of_client(realm: &str, id: &str) -> Change {
    Change { realm: Some(RealmId::new(realm)), kind: ChangeKind::Client, id: Some(id.into()) }
}

/// What a reader tells of one realm.
async fn read(reader: &mut ChangeReader, db: &Db, realm: &str, second: u64) -> Vec<String> {
    let now = Duration::from_secs(second);
    let news = reader.read(&mut db.read().await.unwrap().conn(), now).await.unwrap();
    news.into_iter()
        .filter(|news| news.realm.as_ref().is_some_and(|of| of.as_str() == realm))
        .filter_map(|news| news.id)
        .collect()
}

pub async fn changes_are_told_in_order(db: &Db) {
    let mut session = session(db).await;
    let whole = Change { realm: None, kind: ChangeKind::Realm, id: None };
    let told = [of_client("told", "a"), whole, of_client("told", "b")];
    let before = changes::since(&mut session.conn(), 0).await.unwrap().last().map_or(0, |(seq, _)| *seq);
    for change in &told {
        changes::append(&mut session.conn(), change, at(NOW)).await.unwrap();
    }
    let rows = changes::since(&mut session.conn(), before).await.unwrap();
    assert!(rows.is_sorted_by_key(|(seq, _)| *seq));
    assert_eq!(rows.into_iter().map(|(_, change)| change).collect::<Vec<_>>(), told);
}

/// Inserts a change under a number of its own choice, as a transaction does that took its number long before it committed.
async fn insert(db: &Db, realm: &str, seq: i64) {
    let numbered = match &db.pools {
        Pools::Postgres(_) => "INSERT INTO changes (seq, at, realm, kind, id) OVERRIDING SYSTEM VALUE",
        Pools::Sqlite { .. } => "INSERT INTO changes (seq, at, realm, kind, id)",
    };
    raw(db, format!("{numbered} VALUES ({seq}, {NOW}, '{realm}', 'client', '{seq}')")).await;
}

pub async fn a_late_change_is_told_once(db: &Db) {
    let mut reader = ChangeReader::default();
    let base = 1_000_000;
    for seq in [base + 1, base + 4] {
        insert(db, "late", seq).await;
    }
    assert_eq!(read(&mut reader, db, "late", 0).await, ["1000001", "1000004"]);
    insert(db, "late", base + 3).await;
    assert_eq!(read(&mut reader, db, "late", 1).await, ["1000003"], "its number became visible out of order");
    assert!(read(&mut reader, db, "late", 2).await.is_empty(), "each is told once");
    insert(db, "late", base + 2).await;
    assert_eq!(read(&mut reader, db, "late", 30).await, ["1000002"], "the end of the overlap still counts");
    insert(db, "late", base + 5).await;
    assert_eq!(read(&mut reader, db, "late", 70).await, ["1000005"]);
    assert!(read(&mut reader, db, "late", 140).await.is_empty(), "what is settled is not read again");
}

pub async fn changes_are_pruned(db: &Db) {
    let mut session = session(db).await;
    for id in ["p1", "p2", "p3"] {
        changes::append(&mut session.conn(), &of_client("pruned", id), at(10)).await.unwrap();
    }
    assert_eq!(changes::prune(&mut session.conn(), at(11), 2).await.unwrap(), 2);
    assert_eq!(changes::prune(&mut session.conn(), at(11), 2).await.unwrap(), 1);
    assert_eq!(changes::prune(&mut session.conn(), at(11), 2).await.unwrap(), 0);
}

pub async fn a_change_dies_with_its_transaction(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    changes::append(&mut tx.conn(), &of_client("undone", "a"), at(NOW)).await.unwrap();
    drop(tx);
    assert!(read(&mut ChangeReader::default(), db, "undone", 0).await.is_empty());
}
