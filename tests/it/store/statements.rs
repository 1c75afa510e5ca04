//! What a piece of work costs the database is counted.

use countersign::store::{Db, meta};

use super::seed::session;

pub async fn each_statement_is_counted(db: &Db) {
    let (before, also_opened_here) = (db.statements(), db.clone());
    let mut reading = db.read().await.unwrap();
    assert_eq!(db.statements() - before, 0, "a connection alone costs none");
    for _ in 0..3 {
        meta::lookup(&mut reading.conn(), "counted").await.unwrap();
    }
    assert_eq!(db.statements() - before, 3);
    meta::put(&mut session(db).await.conn(), "counted", "1").await.unwrap();
    assert_eq!(db.statements() - before, 4, "it commits itself");
    let mut tx = db.begin().await.unwrap();
    meta::put(&mut tx.conn(), "counted", "2").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(db.statements() - before, 7, "BEGIN and COMMIT are two");
    assert_eq!(also_opened_here.statements(), db.statements());
}

pub async fn a_probe_is_counted_too(db: &Db) {
    let before = db.statements();
    db.ping().await.unwrap();
    assert_eq!(db.statements() - before, 4, "one reads, three try whether the database takes writes");
}
