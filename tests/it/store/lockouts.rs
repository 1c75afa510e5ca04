//! Lockout: exact under parallel guesses, durable, and never in the way of the right secret.

use std::time::Duration;

use countersign::model::{ClientId, LockoutPolicy, Principal, RealmId, Tries, Unlock, UserId};
use countersign::store::lockouts::{self, Reservation};
use countersign::store::{Db, StoreError};

use super::seed::{self, NOW, POLICY, at, session};

fn someone(case: &str) -> Principal {
    Principal::client(&RealmId::new("lockouts"), &ClientId::new(case))
}

async fn reserve(db: &Db, who: &Principal, policy: &LockoutPolicy, now: i64) -> Reservation {
    lockouts::reserve(&mut session(db).await.conn(), who, policy, at(now)).await.unwrap()
}

async fn lock_if_exhausted(db: &Db, who: &Principal, policy: &LockoutPolicy, now: i64) -> bool {
    lockouts::lock_if_exhausted(&mut session(db).await.conn(), who, policy, at(now)).await.unwrap()
}

async fn tries(db: &Db, who: &Principal) -> Tries {
    lockouts::lookup(&mut session(db).await.conn(), who).await.unwrap()
}

fn granted(failures: u32) -> Reservation {
    Reservation::Granted { failures }
}

pub async fn parallel_tries_are_granted_up_to_the_threshold(db: &Db) {
    let who = someone("race");
    let outcomes = seed::race(db, |db| {
        let who = who.clone();
        async move { reserve(&db, &who, &POLICY, NOW).await }
    });
    let mut counts: Vec<_> = outcomes.await.into_iter().filter(|outcome| *outcome != Reservation::Locked).collect();
    counts.sort_by_key(|outcome| format!("{outcome:?}"));
    assert_eq!(counts, [granted(1), granted(2), granted(3)]);
    assert_eq!(tries(db, &who).await.failures, 3);
}

pub async fn the_last_try_locks_once(db: &Db) {
    let who = someone("locks-once");
    for failures in [1, 2] {
        assert_eq!(reserve(db, &who, &POLICY, NOW).await, granted(failures));
        assert!(!lock_if_exhausted(db, &who, &POLICY, NOW).await);
    }
    assert_eq!(reserve(db, &who, &POLICY, NOW).await, granted(3));
    let locked = seed::race(db, |db| {
        let who = who.clone();
        async move { lock_if_exhausted(&db, &who, &POLICY, NOW + 1).await }
    });
    assert_eq!(locked.await.into_iter().filter(|locked| *locked).count(), 1);
    assert_eq!(reserve(db, &who, &POLICY, i64::MAX).await, Reservation::Locked);
    let after = tries(db, &who).await;
    assert_eq!(
        after,
        Tries { failures: 3, last_at: Some(at(NOW)), locked_at: Some(at(NOW + 1)) },
        "a refused try leaves no trace"
    );
    assert!(after.is_locked(&POLICY, at(i64::MAX)));
}

/// Two wrong, one right, two wrong: not locked.
pub async fn a_right_secret_resets(db: &Db) {
    let who = someone("resets");
    for round in 0..3 {
        assert_eq!(reserve(db, &who, &POLICY, NOW + round).await, granted(1));
        assert_eq!(reserve(db, &who, &POLICY, NOW + round).await, granted(2));
        assert!(!lockouts::reset(&mut session(db).await.conn(), &who).await.unwrap(), "there was no lock");
        assert_eq!(tries(db, &who).await.failures, 0);
    }
    reserve(db, &who, &POLICY, NOW).await;
    assert!(lockouts::reset_if_open(&mut session(db).await.conn(), &who, &POLICY, at(NOW)).await.unwrap());
    assert_eq!(tries(db, &who).await.failures, 0);
}

pub async fn a_right_try_among_wrong_ones_tells_of_the_lock_that_it_lifts(db: &Db) {
    let who = someone("right-among-wrong");
    for _ in 0..3 {
        reserve(db, &who, &POLICY, NOW).await;
    }
    assert!(lock_if_exhausted(db, &who, &POLICY, NOW).await, "the last of them was wrong");
    assert!(lockouts::reset(&mut session(db).await.conn(), &who).await.unwrap(), "the first of them was right");
    assert_eq!(tries(db, &who).await.failures, 0);
}

pub async fn a_try_is_given_back(db: &Db) {
    let who = someone("given-back");
    let give_back = async || lockouts::give_back(&mut session(db).await.conn(), &who).await.unwrap();
    give_back().await;
    assert_eq!(tries(db, &who).await.failures, 0, "there was none");
    reserve(db, &who, &POLICY, NOW).await;
    assert_eq!(reserve(db, &who, &POLICY, NOW).await, granted(2));
    give_back().await;
    assert_eq!(tries(db, &who).await.failures, 1, "the other one stays");
    reserve(db, &who, &POLICY, NOW).await;
    reserve(db, &who, &POLICY, NOW).await;
    assert!(lock_if_exhausted(db, &who, &POLICY, NOW).await);
    give_back().await;
    assert_eq!(tries(db, &who).await.failures, 3, "a lock that stands is not eaten away");
}

pub async fn a_right_secret_does_not_lift_a_lock(db: &Db) {
    let who = someone("right-but-locked");
    assert!(lockouts::reset_if_open(&mut session(db).await.conn(), &who, &POLICY, at(NOW)).await.unwrap(), "nothing to reset");
    for _ in 0..3 {
        reserve(db, &who, &POLICY, NOW).await;
    }
    assert!(!lockouts::reset_if_open(&mut session(db).await.conn(), &who, &POLICY, at(NOW)).await.unwrap(), "exhausted");
    assert!(lock_if_exhausted(db, &who, &POLICY, NOW).await);
    assert!(!lockouts::reset_if_open(&mut session(db).await.conn(), &who, &POLICY, at(NOW)).await.unwrap(), "locked");
    let generous = LockoutPolicy { threshold: 10, ..POLICY };
    assert_eq!(reserve(db, &who, &generous, NOW).await, Reservation::Locked, "a raised threshold lifts no lock");
    assert_eq!(tries(db, &who).await.failures, 3);
}

pub async fn an_operator_unlocks(db: &Db) {
    let who = someone("unlock");
    assert!(!lockouts::unlock(&mut session(db).await.conn(), &who).await.unwrap());
    for _ in 0..3 {
        reserve(db, &who, &POLICY, NOW).await;
    }
    lock_if_exhausted(db, &who, &POLICY, NOW).await;
    assert!(lockouts::unlock(&mut session(db).await.conn(), &who).await.unwrap());
    assert!(!lockouts::unlock(&mut session(db).await.conn(), &who).await.unwrap());
    assert_eq!(reserve(db, &who, &POLICY, NOW).await, granted(1));
}

pub async fn a_timed_lock_runs_out_and_counts_anew(db: &Db) {
    let who = someone("timed");
    let policy = LockoutPolicy { threshold: 2, unlock: Unlock::After(Duration::from_millis(100)) };
    reserve(db, &who, &policy, NOW).await;
    reserve(db, &who, &policy, NOW).await;
    assert_eq!(reserve(db, &who, &policy, NOW + 99).await, Reservation::Locked, "even if the lock itself was not written");
    assert!(lock_if_exhausted(db, &who, &policy, NOW + 10).await);
    assert_eq!(reserve(db, &who, &policy, NOW + 109).await, Reservation::Locked);
    assert!(tries(db, &who).await.is_locked(&policy, at(NOW + 109)));
    assert!(!tries(db, &who).await.is_locked(&policy, at(NOW + 110)));
    assert_eq!(reserve(db, &who, &policy, NOW + 110).await, granted(1));
    assert_eq!(reserve(db, &who, &policy, NOW + 111).await, granted(2));
    assert!(lock_if_exhausted(db, &who, &policy, NOW + 111).await, "it locks again");
    assert!(lockouts::reset_if_open(&mut session(db).await.conn(), &who, &policy, at(NOW + 211)).await.unwrap(), "run out");
}

pub async fn a_threshold_of_zero_counts_nothing(db: &Db) {
    let who = someone("zero");
    let policy = LockoutPolicy { threshold: 0, ..POLICY };
    for _ in 0..5 {
        assert_eq!(reserve(db, &who, &policy, NOW).await, granted(0));
        assert!(!lock_if_exhausted(db, &who, &policy, NOW).await);
    }
    assert!(lockouts::reset_if_open(&mut session(db).await.conn(), &who, &policy, at(NOW)).await.unwrap());
    assert_eq!(tries(db, &who).await, Tries::default());
}

pub async fn clients_and_users_are_counted_apart(db: &Db) {
    let client = someone("same-id");
    let user = Principal::user(&client.realm, &UserId::new("same-id"));
    let elsewhere = Principal { realm: RealmId::new("lockouts-elsewhere"), ..client.clone() };
    reserve(db, &client, &POLICY, NOW).await;
    for other in [&user, &elsewhere] {
        assert_eq!(tries(db, other).await, Tries::default());
        assert_eq!(reserve(db, other, &POLICY, NOW).await, granted(1));
    }
}

/// Each step on another connection: nothing is kept in the process.
pub async fn tries_outlive_the_connection(db: &Db) {
    let who = someone("durable");
    let mut tx = db.begin().await.unwrap();
    lockouts::reserve(&mut tx.conn(), &who, &POLICY, at(NOW)).await.unwrap();
    drop(tx);
    assert_eq!(tries(db, &who).await, Tries::default(), "what is not committed never was");
    let mut tx = db.begin().await.unwrap();
    lockouts::reserve(&mut tx.conn(), &who, &POLICY, at(NOW)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(reserve(db, &who, &POLICY, NOW).await, granted(2));
}

/// Another's transaction holds the row: the caller is told so within seconds, and nothing is counted.
pub async fn a_held_row_is_unavailable_in_time(db: &Db) {
    let who = someone("held");
    let mut holder = db.begin().await.unwrap();
    lockouts::reserve(&mut holder.conn(), &who, &POLICY, at(NOW)).await.unwrap();
    let waiter = async {
        let mut session = db.write().await?;
        lockouts::reserve(&mut session.conn(), &who, &POLICY, at(NOW)).await
    };
    let outcome = tokio::time::timeout(Duration::from_secs(4), waiter).await.expect("an answer in time");
    assert!(matches!(outcome, Err(StoreError::Unavailable(_))));
    drop(holder);
    assert_eq!(tries(db, &who).await, Tries::default());
}
