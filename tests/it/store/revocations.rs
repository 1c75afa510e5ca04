//! Tokens revoked one by one.

use countersign::model::{RealmId, TokenId};
use countersign::store::Db;
use countersign::store::revocations::{self, RevokedToken};

use super::seed::{NOW, at, session};

fn revoked(realm: &str, id: &str, expires_at: i64) -> RevokedToken {
    RevokedToken { realm: RealmId::new(realm), id: TokenId::new(id), expires_at: at(expires_at) }
}

pub async fn a_token_is_revoked_once(db: &Db) {
    let mut session = session(db).await;
    let token = revoked("revoked", "t1", NOW + 10);
    assert!(!revocations::contains(&mut session.conn(), &token.realm, &token.id).await.unwrap());
    assert!(revocations::add(&mut session.conn(), &token, at(NOW)).await.unwrap());
    let again = revoked("revoked", "t1", NOW + 99);
    assert!(!revocations::add(&mut session.conn(), &again, at(NOW + 1)).await.unwrap(), "the first time stays");
    for (realm, id, is_there) in
        [("revoked", "t1", true), ("revoked", "T1", false), ("revoked", "t", false), ("other", "t1", false)]
    {
        let found = revocations::contains(&mut session.conn(), &RealmId::new(realm), &TokenId::new(id)).await.unwrap();
        assert_eq!(found, is_there, "{realm} {id}");
    }
    assert!(revocations::add(&mut session.conn(), &revoked("other", "t1", NOW + 10), at(NOW)).await.unwrap());
}

/// Far from now, where no other case has tokens.
pub async fn the_live_ones_are_read_the_longest_lived_first(db: &Db) {
    const FAR: i64 = NOW + 1_000_000_000_000;
    let mut session = session(db).await;
    let [first, second, third] = [("t1", 1), ("t2", 2), ("t3", 3)].map(|(id, life)| revoked("live", id, FAR + life));
    for token in [&second, &first, &third] {
        revocations::add(&mut session.conn(), token, at(NOW)).await.unwrap();
    }
    assert_eq!(revocations::live(&mut session.conn(), at(FAR), 10).await.unwrap(), [third.clone(), second.clone(), first]);
    assert_eq!(
        revocations::live(&mut session.conn(), at(FAR + 1), 10).await.unwrap(),
        [third.clone(), second],
        "one has expired"
    );
    assert_eq!(revocations::live(&mut session.conn(), at(FAR), 1).await.unwrap(), [third]);
}

/// Long ago, where no other case has tokens.
pub async fn expired_revocations_are_pruned(db: &Db) {
    let mut session = session(db).await;
    for life in 1..=5 {
        revocations::add(&mut session.conn(), &revoked("pruned", &format!("t{life}"), life), at(0)).await.unwrap();
    }
    let mut pruned = Vec::new();
    for _ in 0..3 {
        pruned.push(revocations::prune(&mut session.conn(), at(4), 3).await.unwrap());
    }
    assert_eq!(pruned, [3, 1, 0], "no more than the limit, the oldest first");
    assert!(revocations::contains(&mut session.conn(), &RealmId::new("pruned"), &TokenId::new("t5")).await.unwrap());
}
