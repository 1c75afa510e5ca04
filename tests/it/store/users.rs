//! Accounts: password and second factor.

use countersign::model::{Principal, ScopeSet, Tries, User, UserId, Verifier};
use countersign::store::{Db, Page, StoreError, lockouts, users};

use super::seed::{self, NOW, POLICY, a_user, an_institution, at, session};

pub async fn an_account_keeps_all_it_is(db: &Db) {
    let realm = seed::realm(db, "users").await;
    let institution = seed::institution(db, &realm, "i1").await;
    let mut session = session(db).await;
    let bare = User { email: None, ..a_user(&realm, "u1") };
    let full = User {
        institution: Some(institution),
        roles: vec!["EXTERNAL API ADMIN".into(), "LOANST_SUPPORT".into()],
        scopes: Some(ScopeSet::parse("b a").unwrap()),
        blocked_at: Some(at(NOW + 3)),
        ..a_user(&realm, "u2")
    };
    users::add(&mut session.conn(), &bare).await.unwrap();
    users::add(&mut session.conn(), &full).await.unwrap();
    let account = users::lookup_account(&mut session.conn(), &realm, &bare.id).await.unwrap().unwrap();
    assert_eq!((&account.user, account.institution, account.password), (&bare, None, None));
    assert_eq!((account.totp_sealed, account.tries), (None, Tries::default()));

    assert!(users::set_password(&mut session.conn(), &realm, &full.id, "$argon2id$x", at(NOW)).await.unwrap());
    assert!(users::set_totp(&mut session.conn(), &realm, &full.id, Some(&[1, 2, 3]), at(NOW)).await.unwrap());
    lockouts::reserve(&mut session.conn(), &Principal::user(&realm, &full.id), &POLICY, at(NOW + 7)).await.unwrap();
    let account = users::find_by_email(&mut session.conn(), &realm, "u2@bank.example").await.unwrap().unwrap();
    assert_eq!((&account.user, account.institution.as_ref()), (&full, Some(&an_institution(&realm, "i1"))));
    assert_eq!(account.password, Some(Verifier::Hash("$argon2id$x".into())));
    assert_eq!(account.totp_sealed.as_deref(), Some([1, 2, 3].as_slice()));
    assert_eq!(account.tries, Tries { failures: 1, last_at: Some(at(NOW + 7)), locked_at: None });
    let by_id = users::lookup_account(&mut session.conn(), &realm, &full.id).await.unwrap().unwrap();
    assert_eq!(by_id, account);
    let page = Page { after: None, limit: 10 };
    assert_eq!(users::list(&mut session.conn(), &realm, &page).await.unwrap(), [bare, full]);
}

pub async fn an_account_is_changed_but_not_its_credentials(db: &Db) {
    let realm = seed::realm(db, "users-update").await;
    let institution = seed::institution(db, &realm, "i1").await;
    let id = seed::user(db, &realm, "u1").await;
    let mut session = session(db).await;
    assert!(users::set_password(&mut session.conn(), &realm, &id, "$argon2id$x", at(NOW)).await.unwrap());
    let changed = User {
        institution: Some(institution),
        email: Some("new@bank.example".into()),
        name: "New".into(),
        roles: vec!["A B".into()],
        scopes: Some(ScopeSet::parse("read").unwrap()),
        ..a_user(&realm, "u1")
    };
    assert!(users::update(&mut session.conn(), &changed, at(NOW + 1)).await.unwrap());
    let account = users::lookup_account(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!((account.user, account.password), (changed.clone(), Some(Verifier::Hash("$argon2id$x".into()))));
    assert!(!users::update(&mut session.conn(), &User { id: UserId::new("absent"), ..changed }, at(NOW + 1)).await.unwrap());
}

pub async fn an_email_belongs_to_one_account_of_a_realm(db: &Db) {
    let realm = seed::realm(db, "users-email").await;
    let elsewhere = seed::realm(db, "users-email-elsewhere").await;
    seed::user(db, &realm, "u1").await;
    let mut session = session(db).await;
    let twin = |realm| User { email: Some("u1@bank.example".into()), ..a_user(realm, "u2") };
    assert!(matches!(users::add(&mut session.conn(), &twin(&realm)).await, Err(StoreError::Conflict("users"))));
    users::add(&mut session.conn(), &twin(&elsewhere)).await.unwrap();
    assert_eq!(users::find_by_email(&mut session.conn(), &realm, "nobody@bank.example").await.unwrap(), None);
}

pub async fn an_account_is_blocked_once(db: &Db) {
    let realm = seed::realm(db, "users-block").await;
    let id = seed::user(db, &realm, "u1").await;
    let mut session = session(db).await;
    assert!(users::set_blocked(&mut session.conn(), &realm, &id, true, at(NOW + 1)).await.unwrap());
    assert!(!users::set_blocked(&mut session.conn(), &realm, &id, true, at(NOW + 2)).await.unwrap());
    let blocked = users::lookup_account(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!(blocked.user.blocked_at, Some(at(NOW + 1)), "the first time stays");
    assert!(users::set_blocked(&mut session.conn(), &realm, &id, false, at(NOW + 3)).await.unwrap());
    assert!(!users::set_blocked(&mut session.conn(), &realm, &UserId::new("absent"), true, at(NOW)).await.unwrap());
}

pub async fn a_password_is_rehashed_only_as_read(db: &Db) {
    let realm = seed::realm(db, "users-rehash").await;
    let id = seed::user(db, &realm, "u1").await;
    let mut session = session(db).await;
    assert!(!users::rehash(&mut session.conn(), &realm, &id, "old", "better").await.unwrap(), "there is no password yet");
    users::set_password(&mut session.conn(), &realm, &id, "old", at(NOW)).await.unwrap();
    assert!(users::rehash(&mut session.conn(), &realm, &id, "old", "better").await.unwrap());
    users::set_password(&mut session.conn(), &realm, &id, "changed", at(NOW)).await.unwrap();
    assert!(!users::rehash(&mut session.conn(), &realm, &id, "better", "stale").await.unwrap(), "a new password stays");
    let account = users::lookup_account(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!(account.password, Some(Verifier::Hash("changed".into())));
    assert!(!users::set_password(&mut session.conn(), &realm, &UserId::new("absent"), "x", at(NOW)).await.unwrap());
}

pub async fn a_totp_step_is_consumed_once(db: &Db) {
    let realm = seed::realm(db, "users-totp").await;
    let id = seed::user(db, &realm, "u1").await;
    let mut session = session(db).await;
    assert!(!users::consume_totp_step(&mut session.conn(), &realm, &id, 5).await.unwrap(), "no second factor");
    users::set_totp(&mut session.conn(), &realm, &id, Some(&[1]), at(NOW)).await.unwrap();
    let mut outcomes = Vec::new();
    for step in [5, 5, 4, 6] {
        outcomes.push(users::consume_totp_step(&mut session.conn(), &realm, &id, step).await.unwrap());
    }
    assert_eq!(outcomes, [true, false, false, true]);
    users::set_totp(&mut session.conn(), &realm, &id, Some(&[2]), at(NOW)).await.unwrap();
    assert!(users::consume_totp_step(&mut session.conn(), &realm, &id, 5).await.unwrap(), "a new factor has no past");
    assert!(!users::set_totp(&mut session.conn(), &realm, &UserId::new("absent"), None, at(NOW)).await.unwrap());
}

pub async fn a_totp_step_has_one_winner(db: &Db) {
    let realm = seed::realm(db, "users-totp-race").await;
    let id = seed::user(db, &realm, "u1").await;
    users::set_totp(&mut session(db).await.conn(), &realm, &id, Some(&[1]), at(NOW)).await.unwrap();
    let won = super::seed::race(db, move |db| {
        let (realm, id) = (realm.clone(), id.clone());
        async move { users::consume_totp_step(&mut session(&db).await.conn(), &realm, &id, 7).await.unwrap() }
    });
    assert_eq!(won.await.into_iter().filter(|won| *won).count(), 1);
}
