use std::time::Duration;

use super::*;
use crate::model::{InstitutionId, TokenId};
use crate::store::changes::{Change, ChangeKind};

const LIMIT: Duration = Duration::from_secs(1);
const START: Duration = Duration::from_secs(5);

fn fresh() -> Freshness {
    let freshness = Freshness::new(LIMIT);
    freshness.heard(START);
    freshness
}

fn realm() -> RealmId {
    RealmId::new("lc")
}

#[test]
fn nothing_is_believed_before_changes_were_heard() {
    let freshness = Freshness::new(LIMIT);
    let (realm, moment) = (realm(), freshness.moment());
    let watch = freshness.watch(moment, [Thing::Realm(&realm)]).unwrap();
    assert!(!freshness.holds(&watch, START));
    freshness.heard(START);
    assert!(freshness.holds(&watch, START));
}

#[test]
fn silence_for_longer_than_allowed_ends_all_trust_until_changes_are_heard_again() {
    let freshness = fresh();
    let realm = realm();
    let watch = freshness.watch(freshness.moment(), [Thing::Realm(&realm)]).unwrap();
    assert!(freshness.holds(&watch, START + LIMIT));
    let late = START + LIMIT + Duration::from_millis(1);
    assert!(!freshness.holds(&watch, late));
    freshness.heard(late);
    assert!(freshness.holds(&watch, late));
}

#[test]
fn a_change_ends_what_depends_on_the_thing_and_leaves_the_rest() {
    let freshness = fresh();
    let (realm, acme, other) = (realm(), ClientId::new("acme"), ClientId::new("other"));
    let of = |client| freshness.watch(freshness.moment(), [Thing::Realm(&realm), Thing::Client(&realm, client)]).unwrap();
    let (acmes, others) = (of(&acme), of(&other));
    freshness.told(&Change { realm: Some(realm.clone()), kind: ChangeKind::Secret, id: Some("acme".into()) });
    assert!(!freshness.holds(&acmes, START));
    assert!(freshness.holds(&others, START));
    freshness.told(&Change { realm: Some(realm.clone()), kind: ChangeKind::Key, id: Some("k1".into()) });
    assert!(!freshness.holds(&others, START));
}

#[test]
fn things_of_different_kinds_are_told_apart() {
    let freshness = fresh();
    let realm = realm();
    let (user, institution) = (UserId::new("a"), InstitutionId::new("a"));
    let watch = freshness.watch(freshness.moment(), [Thing::User(&realm, &user)]).unwrap();
    freshness.changed(Thing::Institution(&realm, &institution));
    assert!(freshness.holds(&watch, START));
    freshness.changed(Thing::User(&realm, &user));
    assert!(!freshness.holds(&watch, START));
}

#[test]
fn what_was_read_while_something_changed_is_not_kept() {
    let freshness = fresh();
    let realm = realm();
    let moment = freshness.moment();
    freshness.changed(Thing::Client(&realm, &ClientId::new("acme")));
    assert!(freshness.watch(moment, [Thing::Realm(&realm)]).is_none());
}

#[test]
fn a_change_that_names_nothing_ends_everything() {
    let freshness = fresh();
    let realm = realm();
    let watch = freshness.watch(freshness.moment(), [Thing::Realm(&realm)]).unwrap();
    freshness.told(&Change { realm: Some(realm.clone()), kind: ChangeKind::Client, id: None });
    assert!(!freshness.holds(&watch, START));
}

#[test]
fn a_cache_gives_only_what_still_holds_and_keeps_its_bound() {
    let (freshness, realm) = (fresh(), realm());
    let watch = || freshness.watch(freshness.moment(), [Thing::Realm(&realm)]);
    let cache = Cache::new(100);
    cache.put(1, "one", watch());
    assert_eq!(cache.get(&1, &freshness, START), Some("one"));
    freshness.changed(Thing::Realm(&realm));
    assert_eq!(cache.get(&1, &freshness, START), None);
    assert!(cache.is_empty(), "what holds no more is let go of");
    cache.put(2, "not kept", None);
    (0..10_000).for_each(|key| cache.put(key, "many", watch()));
    assert!(cache.len() <= 100);
    let none = Cache::new(0);
    none.put(1, "one", watch());
    assert_eq!(none.get(&1, &freshness, START), None);
}

#[test]
fn a_denylist_knows_only_what_is_on_it_until_it_is_whole() {
    let (list, realm) = (Denylist::default(), realm());
    let (revoked, good) = (TokenId::new("revoked"), TokenId::new("good"));
    list.add(&realm, revoked.clone(), crate::model::Timestamp::from_seconds(10));
    assert_eq!(list.contains(&realm, &revoked), Some(true));
    assert_eq!(list.contains(&realm, &good), None, "the database must be asked");
    assert_eq!(list.contains(&RealmId::new("other"), &revoked), None);
    list.prune(crate::model::Timestamp::from_seconds(9));
    assert_eq!(list.len(), 1);
    list.prune(crate::model::Timestamp::from_seconds(10));
    assert!(list.is_empty());
}
