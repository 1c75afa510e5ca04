//! Signing keys: one way, and one active key per realm and algorithm.

use countersign::model::{Algorithm, KeyId, KeyRecord, KeyState, RealmId};
use countersign::store::{Db, StoreError, keys};

use super::seed::{self, NOW, at, race, session};

fn a_key(realm: &RealmId, kid: &str, state: KeyState) -> KeyRecord {
    KeyRecord {
        realm: realm.clone(),
        kid: KeyId::new(kid),
        algorithm: Algorithm::Rs256,
        state,
        public_jwk: r#"{"kty":"RSA"}"#.into(),
        sealed: vec![0, 255, 7],
        created_at: at(NOW),
        published_at: at(NOW),
        activated_at: None,
        grace_at: None,
        retired_at: None,
    }
}

async fn move_on(db: &Db, key: &KeyRecord, from: KeyState, to: KeyState, now: i64) -> Result<bool, StoreError> {
    keys::transition(&mut session(db).await.conn(), &key.realm, &key.kid, from, to, at(now)).await
}

pub async fn a_key_keeps_all_it_is(db: &Db) {
    let realm = seed::realm(db, "keys").await;
    let mut session = session(db).await;
    let full = KeyRecord {
        algorithm: Algorithm::EdDsa,
        created_at: at(NOW - 1),
        activated_at: Some(at(NOW + 1)),
        grace_at: Some(at(NOW + 2)),
        retired_at: Some(at(NOW + 3)),
        ..a_key(&realm, "any/string=", KeyState::Retired)
    };
    let bare = a_key(&realm, "k2", KeyState::Prepublished);
    for key in [&bare, &full] {
        keys::add(&mut session.conn(), key).await.unwrap();
    }
    assert!(matches!(keys::add(&mut session.conn(), &bare).await, Err(StoreError::Conflict("keys"))));
    assert_eq!(keys::list(&mut session.conn(), &realm).await.unwrap(), [full.clone(), bare.clone()], "oldest first");
}

pub async fn a_key_moves_one_way(db: &Db) {
    let realm = seed::realm(db, "keys-way").await;
    let key = a_key(&realm, "k1", KeyState::Prepublished);
    keys::add(&mut session(db).await.conn(), &key).await.unwrap();
    use KeyState::{Active, Grace, Prepublished, Retired};
    assert!(!move_on(db, &key, Active, Grace, NOW).await.unwrap(), "it is not active yet");
    assert!(move_on(db, &key, Prepublished, Active, NOW + 1).await.unwrap());
    assert!(!move_on(db, &key, Prepublished, Active, NOW + 9).await.unwrap(), "it is active already");
    assert!(!move_on(db, &key, Active, Prepublished, NOW + 9).await.unwrap(), "there is no way back");
    assert!(move_on(db, &key, Active, Grace, NOW + 2).await.unwrap());
    assert!(move_on(db, &key, Grace, Retired, NOW + 3).await.unwrap());
    let end = KeyRecord {
        state: Retired,
        activated_at: Some(at(NOW + 1)),
        grace_at: Some(at(NOW + 2)),
        retired_at: Some(at(NOW + 3)),
        ..key
    };
    assert_eq!(keys::list(&mut session(db).await.conn(), &realm).await.unwrap(), [end]);
}

pub async fn one_key_is_active(db: &Db) {
    let realm = seed::realm(db, "keys-one").await;
    let mut session = session(db).await;
    let first = a_key(&realm, "k1", KeyState::Active);
    let next = a_key(&realm, "k2", KeyState::Prepublished);
    let other = KeyRecord { algorithm: Algorithm::Es256, ..a_key(&realm, "k3", KeyState::Active) };
    for key in [&first, &next, &other] {
        keys::add(&mut session.conn(), key).await.unwrap();
    }
    let second = a_key(&realm, "k4", KeyState::Active);
    assert!(matches!(keys::add(&mut session.conn(), &second).await, Err(StoreError::Conflict("keys"))));
    drop(session);
    let refused = move_on(db, &next, KeyState::Prepublished, KeyState::Active, NOW).await;
    assert!(matches!(refused, Err(StoreError::Conflict("keys"))));
    assert!(move_on(db, &first, KeyState::Active, KeyState::Grace, NOW).await.unwrap());
    assert!(move_on(db, &next, KeyState::Prepublished, KeyState::Active, NOW).await.unwrap());
}

/// 64 prepared keys, all to be activated at once.
pub async fn activation_has_one_winner(db: &Db) {
    let realm = seed::realm(db, "keys-race").await;
    for number in 0..64 {
        let key = a_key(&realm, &format!("k{number}"), KeyState::Prepublished);
        keys::add(&mut session(db).await.conn(), &key).await.unwrap();
    }
    let numbers = std::sync::atomic::AtomicU32::new(0);
    let outcomes = race(db, |db| {
        let number = numbers.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let key = a_key(&realm, &format!("k{number}"), KeyState::Prepublished);
        async move { move_on(&db, &key, KeyState::Prepublished, KeyState::Active, NOW).await }
    })
    .await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|outcome| matches!(outcome, Ok(true)));
    assert_eq!(won.len(), 1);
    assert!(lost.iter().all(|outcome| matches!(outcome, Err(StoreError::Conflict("keys")))), "{lost:?}");
}
