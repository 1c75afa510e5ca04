//! What decides whether a token is still good: states, and the moments before which tokens are revoked.

use countersign::model::{Client, ClientId, InstitutionId, RealmId, ScopeSet, User, UserId};
use countersign::store::standing::{self, ClientStanding, Party};
use countersign::store::{Db, clients, institutions, users};

use super::seed::{self, NOW, a_client, a_user, at, raw, session};

/// When tokens are revoked, and the moment that this comes to.
const MOMENTS: [(i64, i64); 4] = [
    (NOW, NOW),
    // A token may have been issued since that bears the next second.
    (NOW, NOW + 1000),
    // An earlier one, by another node's clock, lowers nothing.
    (NOW - 60_000, NOW + 2000),
    (NOW + 60_000, NOW + 60_000),
];

pub async fn revoking_a_clients_tokens_only_ever_moves_on(db: &Db) {
    let realm = seed::realm(db, "revoke-client").await;
    let (id, other) = (seed::client(db, &realm, "acme").await, seed::client(db, &realm, "other").await);
    let mut session = session(db).await;
    for (now, moment) in MOMENTS {
        assert!(clients::revoke_tokens(&mut session.conn(), &realm, &id, at(now)).await.unwrap());
        assert_eq!(clients::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap().not_before, Some(at(moment)));
    }
    clients::update(&mut session.conn(), &a_client(&realm, "acme"), at(NOW)).await.unwrap();
    let kept = clients::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap().not_before;
    assert_eq!(kept, Some(at(NOW + 60_000)), "no other change touches it");
    assert_eq!(clients::lookup(&mut session.conn(), &realm, &other).await.unwrap().unwrap().not_before, None);
    assert!(!clients::revoke_tokens(&mut session.conn(), &realm, &ClientId::new("absent"), at(NOW)).await.unwrap());
}

pub async fn revoking_an_accounts_tokens_only_ever_moves_on(db: &Db) {
    let realm = seed::realm(db, "revoke-user").await;
    let (id, other) = (seed::user(db, &realm, "u1").await, seed::user(db, &realm, "u2").await);
    let mut session = session(db).await;
    for (now, moment) in MOMENTS {
        assert!(users::revoke_tokens(&mut session.conn(), &realm, &id, at(now)).await.unwrap());
        let user = users::lookup_account(&mut session.conn(), &realm, &id).await.unwrap().unwrap().user;
        assert_eq!(user.not_before, Some(at(moment)));
    }
    users::update(&mut session.conn(), &a_user(&realm, "u1"), at(NOW)).await.unwrap();
    let kept = users::lookup_account(&mut session.conn(), &realm, &id).await.unwrap().unwrap().user.not_before;
    assert_eq!(kept, Some(at(NOW + 60_000)), "no other change touches it");
    assert_eq!(users::lookup_account(&mut session.conn(), &realm, &other).await.unwrap().unwrap().user.not_before, None);
    assert!(!users::revoke_tokens(&mut session.conn(), &realm, &UserId::new("absent"), at(NOW)).await.unwrap());
}

pub async fn revoking_an_institutions_tokens_only_ever_moves_on(db: &Db) {
    let realm = seed::realm(db, "revoke-institution").await;
    let (id, other) = (seed::institution(db, &realm, "i1").await, seed::institution(db, &realm, "i2").await);
    let mut session = session(db).await;
    for (now, moment) in MOMENTS {
        assert!(institutions::revoke_tokens(&mut session.conn(), &realm, &id, at(now)).await.unwrap());
        let institution = institutions::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
        assert_eq!(institution.not_before, Some(at(moment)));
    }
    institutions::update(&mut session.conn(), &seed::an_institution(&realm, "i1")).await.unwrap();
    let kept = institutions::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap().not_before;
    assert_eq!(kept, Some(at(NOW + 60_000)), "no other change touches it");
    assert_eq!(institutions::lookup(&mut session.conn(), &realm, &other).await.unwrap().unwrap().not_before, None);
    assert!(!institutions::revoke_tokens(&mut session.conn(), &realm, &InstitutionId::new("absent"), at(NOW)).await.unwrap());
}

/// A party of the institution `i1`.
fn party(is_off: bool, not_before: Option<i64>) -> Party {
    Party { institution: Some(InstitutionId::new("i1")), is_off, not_before: not_before.map(at) }
}

pub async fn a_clients_standing_is_its_own_and_its_institutions(db: &Db) {
    let realm = seed::realm(db, "standing-client").await;
    let home = seed::institution(db, &realm, "i1").await;
    let mut session = session(db).await;
    let client = Client { institution: Some(home.clone()), user: Some(UserId::new("u1")), ..a_client(&realm, "acme") };
    for client in [&client, &a_client(&realm, "alone")] {
        clients::add(&mut session.conn(), client).await.unwrap();
    }
    let standing =
        |party| Some(ClientStanding { party, scopes: ScopeSet::parse("read write").unwrap(), user: client.user.clone() });
    let alone = Party { institution: None, is_off: false, not_before: None };
    let found = standing::of_client(&mut session.conn(), &realm, &ClientId::new("alone")).await.unwrap();
    assert_eq!(found, standing(alone).map(|standing| ClientStanding { user: None, ..standing }));
    assert_eq!(standing::of_client(&mut session.conn(), &realm, &client.id).await.unwrap(), standing(party(false, None)));

    clients::set_disabled(&mut session.conn(), &realm, &client.id, true, at(NOW)).await.unwrap();
    assert_eq!(standing::of_client(&mut session.conn(), &realm, &client.id).await.unwrap(), standing(party(true, None)));
    clients::set_disabled(&mut session.conn(), &realm, &client.id, false, at(NOW)).await.unwrap();
    institutions::set_disabled(&mut session.conn(), &realm, &home, Some(at(NOW))).await.unwrap();
    assert_eq!(standing::of_client(&mut session.conn(), &realm, &client.id).await.unwrap(), standing(party(true, None)));
    institutions::set_disabled(&mut session.conn(), &realm, &home, None).await.unwrap();

    clients::revoke_tokens(&mut session.conn(), &realm, &client.id, at(NOW + 5)).await.unwrap();
    assert_eq!(
        standing::of_client(&mut session.conn(), &realm, &client.id).await.unwrap(),
        standing(party(false, Some(NOW + 5)))
    );
    let latest = standing::latest_of_members(&mut session.conn(), &realm, &home).await.unwrap();
    assert_eq!(latest, Some(at(NOW + 5)));
    assert_eq!(standing::latest_of_members(&mut session.conn(), &realm, &InstitutionId::new("i2")).await.unwrap(), None);
    for (moment, later) in [(NOW + 4, NOW + 5), (NOW + 5000, NOW + 5000)] {
        institutions::revoke_tokens(&mut session.conn(), &realm, &home, at(moment)).await.unwrap();
        assert_eq!(
            standing::of_client(&mut session.conn(), &realm, &client.id).await.unwrap(),
            standing(party(false, Some(later)))
        );
    }
    for (realm, id) in [(&realm, "absent"), (&RealmId::new("absent"), "acme"), (&realm, "a\0b")] {
        assert_eq!(standing::of_client(&mut session.conn(), realm, &ClientId::new(id)).await.unwrap(), None, "{id:?}");
    }
}

pub async fn an_accounts_standing_is_its_own_and_its_institutions(db: &Db) {
    let realm = seed::realm(db, "standing-user").await;
    let home = seed::institution(db, &realm, "i1").await;
    let mut session = session(db).await;
    let user = User { institution: Some(home.clone()), ..a_user(&realm, "u1") };
    for user in [&user, &a_user(&realm, "alone")] {
        users::add(&mut session.conn(), user).await.unwrap();
    }
    let alone = Party { institution: None, is_off: false, not_before: None };
    assert_eq!(standing::of_user(&mut session.conn(), &realm, &UserId::new("alone")).await.unwrap(), Some(alone));
    assert_eq!(standing::of_user(&mut session.conn(), &realm, &user.id).await.unwrap(), Some(party(false, None)));

    users::set_blocked(&mut session.conn(), &realm, &user.id, true, at(NOW)).await.unwrap();
    assert_eq!(standing::of_user(&mut session.conn(), &realm, &user.id).await.unwrap(), Some(party(true, None)));
    users::set_blocked(&mut session.conn(), &realm, &user.id, false, at(NOW)).await.unwrap();
    institutions::set_disabled(&mut session.conn(), &realm, &home, Some(at(NOW))).await.unwrap();
    assert_eq!(standing::of_user(&mut session.conn(), &realm, &user.id).await.unwrap(), Some(party(true, None)));
    institutions::set_disabled(&mut session.conn(), &realm, &home, None).await.unwrap();

    institutions::revoke_tokens(&mut session.conn(), &realm, &home, at(NOW + 5)).await.unwrap();
    assert_eq!(standing::of_user(&mut session.conn(), &realm, &user.id).await.unwrap(), Some(party(false, Some(NOW + 5))));
    for (moment, later) in [(NOW + 4, NOW + 5), (NOW + 5000, NOW + 5000)] {
        users::revoke_tokens(&mut session.conn(), &realm, &user.id, at(moment)).await.unwrap();
        assert_eq!(standing::of_user(&mut session.conn(), &realm, &user.id).await.unwrap(), Some(party(false, Some(later))));
    }
    assert_eq!(standing::latest_of_members(&mut session.conn(), &realm, &home).await.unwrap(), Some(at(NOW + 5000)));
    for (realm, id) in [(&realm, "absent"), (&RealmId::new("absent"), "u1"), (&realm, "a\0b")] {
        assert_eq!(standing::of_user(&mut session.conn(), realm, &UserId::new(id)).await.unwrap(), None, "{id:?}");
    }
}

/// What a party's own switch would say is worth nothing while its scopes cannot be read.
pub async fn a_standing_that_cannot_be_read_is_corrupt(db: &Db) {
    let realm = seed::realm(db, "standing-corrupt").await;
    let id = seed::client(db, &realm, "acme").await;
    raw(db, "UPDATE clients SET scopes = 'not JSON' WHERE realm = 'standing-corrupt'".into()).await;
    let error = standing::of_client(&mut session(db).await.conn(), &realm, &id).await.unwrap_err();
    assert_eq!(error.to_string(), "a row of `clients` is inconsistent: column `scopes`");
}

pub async fn an_accounts_institution_is_held(db: &Db) {
    let realm = seed::realm(db, "held").await;
    let home = seed::institution(db, &realm, "i1").await;
    users::add(&mut session(db).await.conn(), &User { institution: Some(home.clone()), ..a_user(&realm, "u1") }).await.unwrap();
    seed::user(db, &realm, "alone").await;
    let mut tx = db.begin().await.unwrap();
    for (id, found) in [("alone", Some(None)), ("absent", None), ("a\0b", None), ("u1", Some(Some(home)))] {
        assert_eq!(users::hold_institution(&mut tx.conn(), &realm, &UserId::new(id)).await.unwrap(), found, "{id:?}");
    }
    let (elsewhere, moved) = (db.clone(), a_user(&realm, "u1"));
    let change = tokio::spawn(async move {
        let mut session = elsewhere.write().await.unwrap();
        users::update(&mut session.conn(), &moved, at(NOW)).await.unwrap()
    });
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!change.is_finished(), "who would change it waits");
    tx.commit().await.unwrap();
    assert!(change.await.unwrap());
}
