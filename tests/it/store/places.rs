//! Realms, APIs, institutions, and facts about the installation.

use std::time::Duration;

use countersign::model::{Algorithm, Api, ClientId, LockoutPolicy, Realm, RealmId, ScopeSet, Unlock};
use countersign::store::{Db, Page, StoreError, apis, institutions, meta, realms};

use super::seed::{self, NOW, a_realm, an_institution, at, session};

pub async fn a_realm_is_found_by_id(db: &Db) {
    let mut session = session(db).await;
    let realm = Realm { issuer: Some("/here".into()), host: Some("found.example".into()), ..a_realm("found") };
    realms::add(&mut session.conn(), &realm).await.unwrap();
    assert_eq!(realms::lookup(&mut session.conn(), &realm.id).await.unwrap().as_ref(), Some(&realm));
    assert_eq!(realms::lookup(&mut session.conn(), &RealmId::new("Found")).await.unwrap(), None, "ids are compared by bytes");
    assert!(realms::list(&mut session.conn()).await.unwrap().contains(&realm));
    assert!(matches!(realms::add(&mut session.conn(), &realm).await, Err(StoreError::Conflict("realms"))));
}

pub async fn a_realm_can_be_changed(db: &Db) {
    let mut session = session(db).await;
    let before = a_realm("changed");
    realms::add(&mut session.conn(), &before).await.unwrap();
    let after = Realm {
        issuer: Some("https://elsewhere.example/".into()),
        host: Some("changed.example".into()),
        algorithm: Algorithm::EdDsa,
        lockout: LockoutPolicy { threshold: 10, unlock: Unlock::After(Duration::from_secs(900)) },
        max_token_ttl: Duration::from_secs(600),
        jwks_max_age: Duration::from_secs(60),
        ..before
    };
    assert!(realms::update(&mut session.conn(), &after).await.unwrap());
    assert_eq!(realms::lookup(&mut session.conn(), &after.id).await.unwrap().as_ref(), Some(&after));
    assert!(!realms::update(&mut session.conn(), &a_realm("absent")).await.unwrap());
}

pub async fn a_host_belongs_to_one_realm(db: &Db) {
    let mut session = session(db).await;
    let on = |id: &str| Realm { host: Some("one.example".into()), ..a_realm(id) };
    realms::add(&mut session.conn(), &on("host-first")).await.unwrap();
    assert!(matches!(realms::add(&mut session.conn(), &on("host-second")).await, Err(StoreError::Conflict("realms"))));
}

pub async fn an_api_is_put_over_itself(db: &Db) {
    let realm = seed::realm(db, "apis").await;
    let mut session = session(db).await;
    let bare = Api {
        audience: "https://api.example/".into(),
        scopes: ScopeSet::default(),
        ttl: None,
        token_reuse: None,
        algorithm: None,
        owners: Vec::new(),
    };
    let full = Api {
        scopes: ScopeSet::parse("b a").unwrap(),
        ttl: Some(Duration::from_secs(60)),
        token_reuse: Some(Duration::from_secs(20)),
        algorithm: Some(Algorithm::Es256),
        owners: vec![ClientId::new("gateway"), ClientId::new("\"A\", b")],
        ..bare.clone()
    };
    let other = Api { audience: "another".into(), ..bare.clone() };
    for api in [&bare, &full, &other] {
        apis::put(&mut session.conn(), &realm, api).await.unwrap();
    }
    assert_eq!(apis::lookup(&mut session.conn(), &realm, &full.audience).await.unwrap().as_ref(), Some(&full));
    assert_eq!(apis::lookup(&mut session.conn(), &RealmId::new("absent"), &full.audience).await.unwrap(), None);
    assert_eq!(apis::list(&mut session.conn(), &realm).await.unwrap(), [other, full]);
}

pub async fn an_institution_keeps_all_it_is(db: &Db) {
    let realm = seed::realm(db, "institutions").await;
    let mut session = session(db).await;
    let bare = an_institution(&realm, "i1");
    institutions::add(&mut session.conn(), &bare).await.unwrap();
    assert_eq!(institutions::lookup(&mut session.conn(), &realm, &bare.id).await.unwrap().as_ref(), Some(&bare));
    let mut full = an_institution(&realm, "i1");
    full.name = "Crédit \"Réel\" 🏦".into();
    full.scopes = Some(ScopeSet::parse("z a").unwrap());
    full.claims.insert("tier".into(), serde_json::json!({ "level": 3, "of": ["a", null] }));
    full.networks = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
    full.quota = Some("100/m".parse().unwrap());
    assert!(institutions::update(&mut session.conn(), &full).await.unwrap());
    let second = an_institution(&realm, "i2");
    institutions::add(&mut session.conn(), &second).await.unwrap();
    let page = Page { after: None, limit: 10 };
    assert_eq!(institutions::list(&mut session.conn(), &realm, &page).await.unwrap(), [full, second]);
    assert!(!institutions::update(&mut session.conn(), &an_institution(&realm, "absent")).await.unwrap());
}

pub async fn an_institution_is_switched_off_once(db: &Db) {
    let realm = seed::realm(db, "institution-switch").await;
    let id = seed::institution(db, &realm, "i1").await;
    let mut session = session(db).await;
    assert!(institutions::set_disabled(&mut session.conn(), &realm, &id, Some(at(NOW + 1))).await.unwrap());
    assert!(!institutions::set_disabled(&mut session.conn(), &realm, &id, Some(at(NOW + 2))).await.unwrap());
    let off = institutions::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap();
    assert_eq!(off.disabled_at, Some(at(NOW + 1)), "the first time stays");
    assert!(institutions::set_disabled(&mut session.conn(), &realm, &id, None).await.unwrap());
    assert!(!institutions::set_disabled(&mut session.conn(), &realm, &id, None).await.unwrap());
    assert_eq!(institutions::lookup(&mut session.conn(), &realm, &id).await.unwrap().unwrap().disabled_at, None);
}

pub async fn meta_is_written_once_or_over(db: &Db) {
    let mut session = session(db).await;
    assert_eq!(meta::lookup(&mut session.conn(), "fact").await.unwrap(), None);
    assert!(meta::add(&mut session.conn(), "fact", "first").await.unwrap());
    assert!(!meta::add(&mut session.conn(), "fact", "second").await.unwrap());
    assert_eq!(meta::lookup(&mut session.conn(), "fact").await.unwrap().as_deref(), Some("first"));
    meta::put(&mut session.conn(), "fact", "third").await.unwrap();
    assert_eq!(meta::lookup(&mut session.conn(), "fact").await.unwrap().as_deref(), Some("third"));
}
