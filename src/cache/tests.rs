use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use super::*;
use crate::clock::Clock;
use crate::model::Timestamp;
use crate::model::{InstitutionId, TokenId};
use crate::store::StoreError;
use crate::store::changes::{Change, ChangeKind};

const LIMIT: Duration = Duration::from_secs(1);
const START: Duration = Duration::from_secs(5);

fn fresh() -> Freshness {
    let freshness = Freshness::new(LIMIT);
    freshness.heard(START);
    freshness
}

/// A clock that stands still.
#[derive(Debug)]
struct Standing(Duration);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        Timestamp::from_seconds(0)
    }

    fn monotonic(&self) -> Duration {
        self.0
    }
}

const STANDING: Standing = Standing(START);

fn senses(freshness: &Freshness) -> Senses<'_> {
    Senses { freshness, clock: &STANDING }
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
    assert_eq!(cache.get(&1, senses(&freshness)), Some("one"));
    freshness.changed(Thing::Realm(&realm));
    assert_eq!(cache.get(&1, senses(&freshness)), None);
    assert!(cache.is_empty(), "what holds no more is let go of");
    cache.put(2, "not kept", None);
    (0..10_000).for_each(|key| cache.put(key, "many", watch()));
    assert!(cache.len() <= 100);
    let none = Cache::new(0);
    none.put(1, "one", watch());
    assert_eq!(none.get(&1, senses(&freshness)), None);
}

#[test]
fn a_denylist_knows_only_what_is_on_it_until_it_is_whole() {
    let (list, realm) = (Denylist::default(), realm());
    let (revoked, good) = (TokenId::new("revoked"), TokenId::new("good"));
    list.add(&realm, revoked.clone(), Timestamp::from_seconds(10));
    assert_eq!(list.contains(&realm, &revoked), Some(true));
    assert_eq!(list.contains(&realm, &good), None, "the database must be asked");
    assert_eq!(list.contains(&RealmId::new("other"), &revoked), None);
    list.prune(Timestamp::from_seconds(9));
    assert_eq!(list.len(), 1);
    list.prune(Timestamp::from_seconds(10));
    assert!(list.is_empty());
}

/// A cache in front of a reading that waits until it is let go, and counts how often it is run.
struct Crowd {
    cache: Arc<Cache<u8, u32>>,
    freshness: Arc<Freshness>,
    let_go: Arc<Notify>,
    runs: Arc<AtomicUsize>,
}

impl Crowd {
    fn new() -> Self {
        Self { cache: Arc::new(Cache::new(100)), freshness: Arc::new(fresh()), let_go: Arc::default(), runs: Arc::default() }
    }

    /// One more who asks. What is read is the number of the reading.
    fn ask(&self, keep: bool) -> tokio::task::JoinHandle<Result<Found<u32>, StoreError>> {
        let Self { cache, freshness, let_go, runs } = self;
        let (cache, freshness, let_go, runs) = (cache.clone(), freshness.clone(), let_go.clone(), runs.clone());
        tokio::spawn(async move {
            let read = async {
                let run = u32::try_from(runs.fetch_add(1, Ordering::SeqCst)).unwrap();
                let_go.notified().await;
                if run == 9 { Err(StoreError::Refused("nothing")) } else { Ok(Some(run)) }
            };
            let realm = realm();
            let watch = |moment, _: &u32| freshness.watch(moment, [Thing::Realm(&realm)]).filter(|_| keep);
            cache.get_or_read(1, senses(&freshness), read, watch).await
        })
    }

    async fn settle(&self) {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }
}

fn found(value: u32, from: Origin) -> Found<u32> {
    Found { value: Some(value), from }
}

#[tokio::test]
async fn a_crowd_costs_one_reading_and_then_none() {
    let crowd = Crowd::new();
    let first = crowd.ask(true);
    crowd.settle().await;
    let others: Vec<_> = (0..50).map(|_| crowd.ask(true)).collect();
    crowd.settle().await;
    assert_eq!(crowd.runs(), 1);
    crowd.let_go.notify_one();
    assert_eq!(first.await.unwrap().unwrap(), found(0, Origin::Own));
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), found(0, Origin::Shared));
    }
    assert_eq!(crowd.ask(true).await.unwrap().unwrap(), found(0, Origin::Shared), "remembered");
    assert_eq!((crowd.runs(), crowd.cache.readings()), (1, 0));
}

#[tokio::test]
async fn what_was_begun_before_news_is_not_for_those_who_come_after_them() {
    let crowd = Crowd::new();
    let before = crowd.ask(true);
    crowd.settle().await;
    crowd.freshness.changed(Thing::Realm(&realm()));
    let after = crowd.ask(true);
    crowd.settle().await;
    assert_eq!(crowd.runs(), 2, "the second reads for itself");
    crowd.let_go.notify_waiters();
    assert_eq!(before.await.unwrap().unwrap(), found(0, Origin::Own));
    assert_eq!(after.await.unwrap().unwrap(), found(1, Origin::Own));
    assert_eq!(crowd.ask(true).await.unwrap().unwrap(), found(1, Origin::Shared), "only the second is kept");
}

#[tokio::test]
async fn news_during_a_reading_sends_those_who_waited_to_read_themselves() {
    let crowd = Crowd::new();
    let (first, second) = (crowd.ask(true), crowd.ask(true));
    crowd.settle().await;
    assert_eq!(crowd.runs(), 1);
    crowd.freshness.changed(Thing::Realm(&realm()));
    crowd.let_go.notify_one();
    assert_eq!(first.await.unwrap().unwrap(), found(0, Origin::Own));
    crowd.settle().await;
    crowd.let_go.notify_one();
    assert_eq!(second.await.unwrap().unwrap(), found(1, Origin::Own));
}

#[tokio::test]
async fn when_the_one_that_reads_gives_up_another_reads_in_its_place() {
    let crowd = Crowd::new();
    let first = crowd.ask(true);
    crowd.settle().await;
    let second = crowd.ask(true);
    crowd.settle().await;
    first.abort();
    crowd.settle().await;
    assert_eq!(crowd.runs(), 2);
    crowd.let_go.notify_one();
    assert_eq!(second.await.unwrap().unwrap(), found(1, Origin::Own));
    assert_eq!(crowd.cache.readings(), 0);
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_still_read_once_for_a_crowd_and_a_failure_is_told_to_all() {
    let crowd = Crowd::new();
    let pair = (crowd.ask(false), crowd.ask(false));
    crowd.settle().await;
    crowd.let_go.notify_one();
    assert_eq!(pair.0.await.unwrap().unwrap().value, pair.1.await.unwrap().unwrap().value);
    assert_eq!((crowd.runs(), crowd.cache.len()), (1, 0));
    crowd.runs.store(9, Ordering::SeqCst);
    let pair = (crowd.ask(true), crowd.ask(true));
    crowd.settle().await;
    crowd.let_go.notify_one();
    for told in [pair.0.await.unwrap(), pair.1.await.unwrap()] {
        assert!(matches!(told, Err(StoreError::Refused("nothing"))));
    }
    assert_eq!(crowd.runs(), 10);
}

#[tokio::test]
async fn nobody_shares_a_reading_while_changes_are_not_heard() {
    let crowd = Crowd { freshness: Arc::new(Freshness::new(LIMIT)), ..Crowd::new() };
    let pair = (crowd.ask(true), crowd.ask(true));
    crowd.settle().await;
    assert_eq!(crowd.runs(), 2);
    crowd.let_go.notify_waiters();
    assert_eq!([pair.0.await.unwrap().unwrap().from, pair.1.await.unwrap().unwrap().from], [Origin::Own; 2]);
}
