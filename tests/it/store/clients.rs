//! Clients, and the one statement that reads all that decides about them.

use std::time::Duration;

use countersign::model::{AuthMethod, Client, ClientId, GrantKind, InstitutionId, Principal, RealmId, ScopeSet, Tries, UserId};
use countersign::store::{Db, Page, StoreError, apis, clients, institutions, lockouts, realms, users};

use super::seed::{self, NOW, POLICY, a_client, an_institution, at, raw, session};

pub async fn a_client_keeps_all_it_is(db: &Db) {
    let realm = seed::realm(db, "clients").await;
    let institution = seed::institution(db, &realm, "i1").await;
    let mut session = session(db).await;
    let client = Client {
        name: "Bäck énd".into(),
        institution: Some(institution),
        auth_method: AuthMethod::SecretPost,
        grants: vec![GrantKind::Password, GrantKind::ClientCredentials],
        scopes: ScopeSet::parse("https://api.example/a.view z a").unwrap(),
        requires_mfa: true,
        token_ttl: Some(Duration::from_millis(600_001)),
        token_reuse: Some(Duration::ZERO),
        user: Some(UserId::new("u1")),
        disabled_at: Some(at(NOW + 5)),
        ..a_client(&realm, "Mixed Case: é")
    };
    clients::add(&mut session.conn(), &client).await.unwrap();
    assert_eq!(clients::lookup(&mut session.conn(), &realm, &client.id).await.unwrap().as_ref(), Some(&client));
    assert_eq!(clients::lookup(&mut session.conn(), &realm, &ClientId::new("mixed case: é")).await.unwrap(), None);
    assert!(matches!(clients::add(&mut session.conn(), &client).await, Err(StoreError::Conflict("clients"))));
}

pub async fn a_client_can_be_changed(db: &Db) {
    let realm = seed::realm(db, "clients-changed").await;
    let institution = seed::institution(db, &realm, "i1").await;
    let id = seed::client(db, &realm, "acme").await;
    let mut session = session(db).await;
    let after = Client {
        name: "Front end".into(),
        institution: Some(institution),
        auth_method: AuthMethod::None,
        grants: vec![GrantKind::Password],
        scopes: ScopeSet::default(),
        requires_mfa: true,
        token_ttl: Some(Duration::from_secs(1)),
        token_reuse: Some(Duration::from_millis(1)),
        user: Some(UserId::new("u1")),
        ..a_client(&realm, id.as_str())
    };
    for changed in [after, a_client(&realm, id.as_str())] {
        assert!(clients::update(&mut session.conn(), &changed, at(NOW + 9)).await.unwrap());
        assert_eq!(clients::lookup(&mut session.conn(), &realm, &id).await.unwrap(), Some(changed));
    }
    assert!(!clients::update(&mut session.conn(), &a_client(&realm, "absent"), at(NOW)).await.unwrap());
}

pub async fn the_clients_of_an_account_are_counted(db: &Db) {
    let (realm, other) = (seed::realm(db, "clients-of-user").await, seed::realm(db, "clients-of-user-other").await);
    let user = UserId::new("u1");
    let mut session = session(db).await;
    for (realm, id, of) in [
        (&realm, "a", Some("u1")),
        (&realm, "b", Some("u1")),
        (&realm, "c", Some("U1")),
        (&realm, "d", None),
        (&other, "a", Some("u1")),
    ] {
        let client = Client { user: of.map(UserId::new), ..a_client(realm, id) };
        clients::add(&mut session.conn(), &client).await.unwrap();
    }
    assert_eq!(clients::count_of_user(&mut session.conn(), &realm, &user).await.unwrap(), 2);
    assert_eq!(clients::count_of_user(&mut session.conn(), &realm, &UserId::new("u2")).await.unwrap(), 0);
}

pub async fn a_client_is_switched_off_once(db: &Db) {
    let realm = seed::realm(db, "clients-switch").await;
    let id = seed::client(db, &realm, "acme").await;
    let mut session = session(db).await;
    assert!(clients::set_disabled(&mut session.conn(), &realm, &id, true, at(NOW + 1)).await.unwrap());
    assert!(!clients::set_disabled(&mut session.conn(), &realm, &id, true, at(NOW + 2)).await.unwrap());
    let off = clients::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!(off.disabled_at, Some(at(NOW + 1)), "the first time stays");
    assert!(clients::set_disabled(&mut session.conn(), &realm, &id, false, at(NOW + 3)).await.unwrap());
    assert_eq!(clients::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap().disabled_at, None);
}

pub async fn pages_follow_the_bytes_of_ids(db: &Db) {
    let realm = seed::realm(db, "clients-pages").await;
    for id in ["b", "ä", "A", "a", "B"] {
        seed::client(db, &realm, id).await;
    }
    seed::client(db, &seed::realm(db, "clients-pages-other").await, "c").await;
    let mut session = session(db).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = clients::list(&mut session.conn(), &realm, &Page { after, limit: 2 }).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.id.to_string());
        seen.extend(page.into_iter().map(|client| client.id.to_string()));
    }
    assert_eq!(seen, ["A", "B", "a", "b", "ä"]);
}

pub async fn one_statement_reads_all_that_decides(db: &Db) {
    let realm = seed::realm(db, "clients-account").await;
    let institution = seed::institution(db, &realm, "i1").await;
    let id = seed::client_with_secrets(db, &realm, "full", 3).await;
    let mut session = session(db).await;
    let bare = a_client(&realm, "bare");
    clients::add(&mut session.conn(), &bare).await.unwrap();
    let account = clients::find_for_token(&mut session.conn(), &realm, &bare.id).await.unwrap().unwrap();
    assert_eq!((&*account.client, account.institution, account.secrets.len()), (&bare, None, 0));
    assert_eq!(account.tries, Tries::default());

    let full = Client { institution: Some(institution), ..a_client(&realm, "full") };
    clients::update(&mut session.conn(), &full, at(NOW)).await.unwrap();
    lockouts::reserve(&mut session.conn(), &Principal::client(&realm, &id), &POLICY, at(NOW + 7)).await.unwrap();
    lockouts::reserve(&mut session.conn(), &Principal::user(&realm, &UserId::new("full")), &POLICY, at(NOW)).await.unwrap();
    let account = clients::find_for_token(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!(*account.client, full);
    assert_eq!(account.institution.as_deref(), Some(&an_institution(&realm, "i1")));
    assert_eq!(account.secrets, [1, 2, 3].map(|number| seed::a_secret(&id, number)), "oldest first");
    assert_eq!(account.tries, Tries { failures: 1, last_at: Some(at(NOW + 7)), locked_at: None });
    assert_eq!(clients::find_for_token(&mut session.conn(), &RealmId::new("absent"), &id).await.unwrap(), None);
}

pub async fn a_row_that_cannot_be_a_client_is_corrupt(db: &Db) {
    let realm = seed::realm(db, "clients-corrupt").await;
    for (id, damage) in [
        ("c1", "auth_method = 'by_charm'"),
        ("c2", "grants = '[\"implicit\"]'"),
        ("c3", "scopes = 'not JSON'"),
        ("c4", "token_ttl_ms = -1"),
        ("c5", "token_reuse_ms = -1"),
    ] {
        let client = seed::client(db, &realm, id).await;
        raw(db, format!("UPDATE clients SET {damage} WHERE realm = 'clients-corrupt' AND id = '{id}'")).await;
        let error = clients::find_for_token(&mut session(db).await.conn(), &realm, &client).await.unwrap_err();
        let column = damage.split(' ').next().unwrap();
        assert_eq!(error.to_string(), format!("a row of `clients` is inconsistent: column `{column}`"));
    }
}

/// Postgres stores no NUL; a caller that sends one is told the same on both databases.
pub async fn what_cannot_exist_is_not_found(db: &Db) {
    let realm = seed::realm(db, "nul").await;
    let nul = "a\0b";
    let mut session = session(db).await;
    let client = Principal::client(&realm, &ClientId::new(nul));
    assert_eq!(clients::find_for_token(&mut session.conn(), &realm, &ClientId::new(nul)).await.unwrap(), None);
    assert_eq!(clients::lookup(&mut session.conn(), &realm, &ClientId::new(nul)).await.unwrap(), None);
    assert_eq!(users::find_by_email(&mut session.conn(), &realm, nul).await.unwrap(), None);
    assert_eq!(users::lookup_account(&mut session.conn(), &realm, &UserId::new(nul)).await.unwrap(), None);
    assert_eq!(institutions::lookup(&mut session.conn(), &realm, &InstitutionId::new(nul)).await.unwrap(), None);
    assert_eq!(apis::lookup(&mut session.conn(), &realm, nul).await.unwrap(), None);
    assert_eq!(realms::lookup(&mut session.conn(), &RealmId::new(nul)).await.unwrap(), None);
    assert_eq!(lockouts::lookup(&mut session.conn(), &client).await.unwrap(), Tries::default());
}

pub async fn a_client_of_no_institution_is_refused(db: &Db) {
    let realm = seed::realm(db, "clients-dangling").await;
    let client = Client { institution: Some(InstitutionId::new("absent")), ..a_client(&realm, "acme") };
    let mut session = session(db).await;
    assert!(matches!(clients::add(&mut session.conn(), &client).await, Err(StoreError::Refused("clients"))));
    let homeless = a_client(&RealmId::new("absent"), "acme");
    assert!(matches!(clients::add(&mut session.conn(), &homeless).await, Err(StoreError::Refused("clients"))));
}
