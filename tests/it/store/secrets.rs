//! Secrets: rotation, revocation, last use.

use countersign::model::{ClientId, RealmId, SecretId, StoredSecret, Verifier};
use countersign::store::{Db, StoreError, secrets};

use super::seed::{self, NOW, a_secret, at, raw, session};

async fn stored(db: &Db, realm: &RealmId, client: &ClientId) -> Vec<StoredSecret> {
    secrets::list(&mut db.read().await.unwrap().conn(), realm, client).await.unwrap()
}

pub async fn a_secret_keeps_all_it_is(db: &Db) {
    let realm = seed::realm(db, "secrets").await;
    let client = seed::client_with_secrets(db, &realm, "keeps", 1).await;
    let mut session = session(db).await;
    let full = StoredSecret {
        verifier: Verifier::Hash("$argon2id$v=19$x".into()),
        version: 7,
        expires_at: Some(at(NOW + 10)),
        revoked_at: Some(at(NOW + 11)),
        last_used_at: Some(at(NOW + 12)),
        ..a_secret(&client, 2)
    };
    secrets::add(&mut session.conn(), &realm, &client, &full).await.unwrap();
    assert_eq!(stored(db, &realm, &client).await, [a_secret(&client, 1), full.clone()]);
    assert_eq!(secrets::count_live(&mut session.conn(), &realm, &client, at(NOW)).await.unwrap(), 1);
    assert!(matches!(secrets::add(&mut session.conn(), &realm, &client, &full).await, Err(StoreError::Conflict("secrets"))));
    let of_nobody = secrets::add(&mut session.conn(), &realm, &ClientId::new("absent"), &a_secret(&client, 3)).await;
    assert!(matches!(of_nobody, Err(StoreError::Refused("secrets"))));
}

pub async fn revoking_ends_one_secret_once(db: &Db) {
    let realm = seed::realm(db, "secrets-revoke").await;
    let client = seed::client_with_secrets(db, &realm, "revoke", 2).await;
    let other = seed::client(db, &realm, "revoke-other").await;
    let mut session = session(db).await;
    let id = SecretId::new("revoke-1");
    assert!(!secrets::revoke(&mut session.conn(), &realm, &other, &id, at(NOW + 1)).await.unwrap(), "not that client's");
    assert!(secrets::revoke(&mut session.conn(), &realm, &client, &id, at(NOW + 2)).await.unwrap());
    assert!(!secrets::revoke(&mut session.conn(), &realm, &client, &id, at(NOW + 3)).await.unwrap());
    let ended = StoredSecret { revoked_at: Some(at(NOW + 2)), version: 2, ..a_secret(&client, 1) };
    assert_eq!(stored(db, &realm, &client).await, [ended, a_secret(&client, 2)]);
    assert_eq!(secrets::count_live(&mut session.conn(), &realm, &client, at(NOW + 4)).await.unwrap(), 1);
}

pub async fn superseding_shortens_only_the_others(db: &Db) {
    let realm = seed::realm(db, "secrets-supersede").await;
    let client = seed::client_with_secrets(db, &realm, "supersede", 5).await;
    let bystander = seed::client_with_secrets(db, &realm, "supersede-not", 1).await;
    let secret = |number: u8| SecretId::new(format!("supersede-{number}"));
    // 1: no end; 2: ends sooner; 3: ends later; 4: revoked; 5: the one to keep.
    raw(db, format!("UPDATE secrets SET expires_at = {} WHERE id = 'supersede-2'", NOW + 50)).await;
    raw(db, format!("UPDATE secrets SET expires_at = {} WHERE id = 'supersede-3'", NOW + 150)).await;
    let mut session = session(db).await;
    secrets::revoke(&mut session.conn(), &realm, &client, &secret(4), at(NOW)).await.unwrap();
    let mut changed = secrets::supersede(&mut session.conn(), &realm, &client, &secret(5), at(NOW + 100)).await.unwrap();
    changed.sort();
    assert_eq!(changed, [secret(1), secret(3)]);
    let ends: Vec<_> = stored(db, &realm, &client).await.into_iter().map(|one| (one.expires_at, one.version)).collect();
    let [first, second, third] = [100, 50, 100].map(|end| Some(at(NOW + end)));
    assert_eq!(ends, [(first, 2), (second, 1), (third, 2), (None, 2), (None, 1)]);
    assert_eq!(stored(db, &realm, &bystander).await, [a_secret(&bystander, 1)]);
}

pub async fn superseding_now_ends_them_at_once(db: &Db) {
    let realm = seed::realm(db, "secrets-supersede-now").await;
    let client = seed::client_with_secrets(db, &realm, "at-once", 3).await;
    let mut session = session(db).await;
    let keep = SecretId::new("at-once-3");
    let now = at(NOW + 10);
    assert_eq!(secrets::supersede(&mut session.conn(), &realm, &client, &keep, now).await.unwrap().len(), 2);
    let live: Vec<_> = stored(db, &realm, &client).await.into_iter().filter(|one| one.is_live(now)).map(|one| one.id).collect();
    assert_eq!(live, [keep]);
    assert_eq!(secrets::count_live(&mut session.conn(), &realm, &client, now).await.unwrap(), 1);
}

pub async fn a_rehash_yields_to_any_change(db: &Db) {
    let realm = seed::realm(db, "secrets-rehash").await;
    let client = seed::client_with_secrets(db, &realm, "rehash", 1).await;
    let mut session = session(db).await;
    let hashed = StoredSecret { verifier: Verifier::Hash("old".into()), ..a_secret(&client, 2) };
    secrets::add(&mut session.conn(), &realm, &client, &hashed).await.unwrap();
    assert!(secrets::rehash(&mut session.conn(), &hashed.id, 1, "new").await.unwrap());
    assert!(!secrets::rehash(&mut session.conn(), &hashed.id, 1, "newer").await.unwrap(), "the version has moved on");
    let generated = SecretId::new("rehash-1");
    assert!(!secrets::rehash(&mut session.conn(), &generated, 1, "hash").await.unwrap(), "a digest stays a digest");
    secrets::revoke(&mut session.conn(), &realm, &client, &hashed.id, at(NOW)).await.unwrap();
    assert!(!secrets::rehash(&mut session.conn(), &hashed.id, 3, "late").await.unwrap(), "a revoked secret stays as it is");
    let [digest, hash] = stored(db, &realm, &client).await.try_into().unwrap();
    assert_eq!(digest, a_secret(&client, 1));
    assert_eq!(hash.verifier, Verifier::Hash("new".into()));
}

pub async fn a_last_use_never_moves_back(db: &Db) {
    let realm = seed::realm(db, "secrets-touch").await;
    let client = seed::client_with_secrets(db, &realm, "touch", 3).await;
    let mut session = session(db).await;
    let secret = |number: u8| SecretId::new(format!("touch-{number}"));
    secrets::touch(&mut session.conn(), &[]).await.unwrap();
    secrets::touch(&mut session.conn(), &[(secret(1), at(NOW + 10)), (secret(2), at(NOW + 20))]).await.unwrap();
    secrets::touch(&mut session.conn(), &[(secret(1), at(NOW + 5)), (secret(2), at(NOW + 30))]).await.unwrap();
    let uses: Vec<_> = stored(db, &realm, &client).await.into_iter().map(|one| (one.last_used_at, one.version)).collect();
    assert_eq!(uses, [(Some(at(NOW + 10)), 1), (Some(at(NOW + 30)), 1), (None, 1)]);
}
