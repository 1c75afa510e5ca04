//! The operations on a database of their own, on a clock that stands.

mod clients;
mod keys;
mod secrets;
mod users;

use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::audit::Actor;
use crate::clock::SystemEntropy;
use crate::model::{ClientId, LockoutPolicy, MAIN_REALM, Realm, Scope, ScopeSet, Unlock};
use crate::secret::Secret;
use crate::store::audit::{AuditFilter, AuditRow};
use crate::store::{DbOptions, Durability};

const NOW: i64 = 1_800_000_000_000;

/// A clock that goes when it is told to.
#[derive(Debug)]
struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> std::time::Duration {
        self.now().since(Timestamp::from_millis(NOW))
    }
}

/// One installation.
struct House {
    ops: Ops,
    clock: Arc<StandingClock>,
    _dir: tempfile::TempDir,
}

/// An administrator of the main realm.
fn actor() -> Actor {
    Actor::Admin { realm: RealmId::new("main"), client: ClientId::new("root") }
}

fn lc() -> RealmId {
    RealmId::new("lc")
}

fn acme() -> ClientId {
    ClientId::new("acme")
}

fn scopes(text: &str) -> ScopeSet {
    ScopeSet::parse(text).unwrap()
}

impl House {
    /// An installation with the realm `lc`, which locks after three wrong secrets, and its client `acme`.
    async fn new() -> Self {
        Self::with(SecretsConfig::default()).await
    }

    async fn with(secrets: SecretsConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = Secret::new(format!("sqlite:{}", dir.path().join("db").display()));
        let acquire_timeout = std::time::Duration::from_secs(5);
        let options = DbOptions { url, max_connections: 2, acquire_timeout, durability: Durability::Crash };
        let db = Db::connect(&options).await.unwrap();
        db.migrate().await.unwrap();
        let clock = Arc::new(StandingClock(AtomicI64::new(NOW)));
        let master = MasterKey::from_text("the test", &"A".repeat(43)).unwrap();
        // Cheap, and of the same kind.
        let secrets = SecretsConfig { argon2_memory_kib: 64, argon2_iterations: 1, ..secrets };
        let ops = Ops::new(db, &master, secrets, clock.clone(), Arc::new(SystemEntropy));
        let house = Self { ops, clock, _dir: dir };
        let lockout = LockoutRule { threshold: 3, unlock: "manual".into() };
        let realm = NewRealm { lockout, algorithm: crate::model::Algorithm::EdDsa, ..NewRealm::named(lc()) };
        assert_eq!(house.ops.put_realm(&actor(), &realm).await.unwrap(), Put::Created);
        house.ops.create_client(&actor(), &lc(), NewClient::machine(acme(), scopes("oob"))).await.unwrap();
        house
    }

    fn wait(&self, time: std::time::Duration) {
        self.clock.0.store(self.clock.now().after(time).millis(), Ordering::Relaxed);
    }

    async fn audit(&self) -> Vec<AuditRow> {
        let filter = AuditFilter { limit: 1000, ..AuditFilter::default() };
        let rows = store::audit::list(&mut self.ops.db.read().await.unwrap().conn(), &filter).await.unwrap();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    async fn events(&self) -> Vec<String> {
        self.audit().await.into_iter().map(|row| row.event).collect()
    }

    async fn changes(&self) -> usize {
        store::changes::since(&mut self.ops.db.read().await.unwrap().conn(), 0).await.unwrap().len()
    }
}

#[test]
fn a_page_is_cut_where_the_next_begins() {
    let cut = |rows: &[&str]| Listing::cut(rows.iter().map(ToString::to_string).collect(), 2, |row: &String| row.as_str());
    assert_eq!(cut(&["a", "b", "c"]), Listing { items: vec!["a".into(), "b".into()], next: Some("b".into()) });
    assert_eq!(cut(&["a", "b"]), Listing { items: vec!["a".into(), "b".into()], next: None });
    assert_eq!(cut(&[]), Listing { items: vec![], next: None });
}

#[tokio::test]
async fn what_is_done_is_recorded_and_told_and_what_is_refused_is_not() {
    let house = House::new().await;
    assert_eq!(house.events().await, ["realm_created", "key_prepared", "key_activated", "client_created"]);
    assert_eq!(house.changes().await, 4);
    let audit = house.audit().await;
    let created = audit.last().unwrap();
    assert_eq!(
        (created.actor.as_str(), created.realm.clone(), created.client.clone()),
        ("admin:main/root", Some(lc()), Some(acme()))
    );
    let nowhere =
        NewClient { institution: Some(InstitutionId::new("none")), ..NewClient::machine(ClientId::new("b"), scopes("oob")) };
    let refused = house.ops.create_client(&actor(), &lc(), nowhere).await.unwrap_err();
    assert!(matches!(refused, OpsError::Invalid(Invalid { field: "institution", .. })), "{refused}");
    assert!(matches!(house.ops.client(&lc(), &ClientId::new("b")).await, Err(OpsError::NotFound(_))));
    assert_eq!(house.events().await.len(), 4);
    assert_eq!(house.changes().await, 4);
}

#[tokio::test]
async fn a_realm_is_made_as_described_and_only_then_changed() {
    let house = House::new().await;
    let lockout = LockoutRule { threshold: 3, unlock: "manual".into() };
    let same = NewRealm { lockout, algorithm: crate::model::Algorithm::EdDsa, ..NewRealm::named(lc()) };
    house.wait(std::time::Duration::from_secs(60));
    assert_eq!(house.ops.put_realm(&actor(), &same).await.unwrap(), Put::Unchanged);
    let lockout = LockoutRule { threshold: 5, unlock: "15m".into() };
    assert_eq!(house.ops.put_realm(&actor(), &NewRealm { lockout, ..same.clone() }).await.unwrap(), Put::Updated);
    let Realm { lockout, created_at, .. } = house.ops.realm(&lc()).await.unwrap();
    let unlock = Unlock::After(std::time::Duration::from_secs(900));
    assert_eq!((lockout, created_at), (LockoutPolicy { threshold: 5, unlock }, Timestamp::from_millis(NOW)));
    let events = house.events().await;
    assert_eq!(events.last().unwrap(), "realm_updated");
}

#[tokio::test]
async fn an_issuer_belongs_to_one_realm() {
    let house = House::new().await;
    let with_issuer = |name: &str| NewRealm { issuer: Some("https://iss.example".into()), ..NewRealm::named(RealmId::new(name)) };
    house.ops.put_realm(&actor(), &with_issuer("a")).await.unwrap();
    assert!(matches!(house.ops.put_realm(&actor(), &with_issuer("b")).await, Err(OpsError::Conflict(_))));
}

#[test]
fn a_realm_is_checked() {
    let faults = |realm: NewRealm| realm.check().into_iter().map(|fault| fault.field).collect::<Vec<_>>();
    assert_eq!(faults(NewRealm::named(lc())), Vec::<&str>::new());
    for name in ["", "LC", "a/b", "-a", &"a".repeat(64)] {
        assert_eq!(faults(NewRealm::named(RealmId::new(name))), ["name"], "{name}");
    }
    for issuer in ["realms/lc", "ftp://x", "https://x/?y", "https://x/#y", "https://x y"] {
        assert_eq!(faults(NewRealm { issuer: Some(issuer.into()), ..NewRealm::named(lc()) }), ["issuer"], "{issuer}");
    }
    for unlock in ["never", "0s", ""] {
        let lockout = LockoutRule { threshold: 3, unlock: unlock.into() };
        assert_eq!(faults(NewRealm { lockout, ..NewRealm::named(lc()) }), ["lockout"], "{unlock}");
    }
}

#[tokio::test]
async fn an_api_brings_the_key_that_it_needs() {
    let house = House::new().await;
    let api = NewApi {
        audience: "https://api.example.com".into(),
        scopes: scopes("read"),
        ttl: None,
        token_reuse: None,
        algorithm: Some(crate::model::Algorithm::Es256),
        owners: Vec::new(),
    };
    assert_eq!(house.ops.put_api(&actor(), &lc(), &api).await.unwrap(), Put::Created);
    assert_eq!(house.ops.put_api(&actor(), &lc(), &api).await.unwrap(), Put::Unchanged);
    let mut algorithms: Vec<_> = house.ops.keys(&lc()).await.unwrap().into_iter().map(|key| key.algorithm.as_str()).collect();
    algorithms.sort_unstable();
    assert_eq!(algorithms, ["ES256", "EdDSA"]);
    let long = NewApi { ttl: Some("30d".parse().unwrap()), ..api.clone() };
    let refused = house.ops.put_api(&actor(), &lc(), &long).await.unwrap_err();
    assert!(matches!(refused, OpsError::Invalid(Invalid { field: "ttl", .. })), "{refused}");
    let owned = NewApi { owners: vec![acme(), ClientId::new("yet-to-come")], ..api.clone() };
    assert_eq!(house.ops.put_api(&actor(), &lc(), &owned).await.unwrap(), Put::Updated);
    assert_eq!(house.ops.apis(&lc()).await.unwrap()[0].owners, owned.owners);
    let impossible = NewApi { owners: vec![ClientId::new("a b")], ..api };
    assert_eq!(impossible.check().iter().map(|fault| fault.field).collect::<Vec<_>>(), ["owners"]);
}

#[tokio::test]
async fn an_installation_is_bootstrapped_once() {
    let house = House::new().await;
    let main = RealmId::new(MAIN_REALM);
    let made = house.ops.bootstrap(&Actor::Shell, &main, false).await.unwrap();
    assert_eq!(made.realm, Put::Created);
    let admin = house.ops.client(&main, &made.client).await.unwrap();
    assert_eq!(admin.scopes, scopes(ADMIN_SCOPE));
    assert!(house.ops.has_secret(&main, &made.client, made.secret.secret.as_ref().unwrap()).await.unwrap());
    assert_eq!(house.events().await.last().unwrap(), "admin_bootstrapped");
    assert!(matches!(house.ops.bootstrap(&Actor::Shell, &main, false).await, Err(OpsError::Refused { .. })));
    let again = house.ops.bootstrap(&Actor::Shell, &main, true).await.unwrap();
    assert_eq!(again.realm, Put::Unchanged);
    assert_eq!(house.ops.secrets(&main, &made.client).await.unwrap().len(), 2);
}

#[tokio::test]
async fn bootstrapping_makes_nobody_an_administrator_by_name() {
    let house = House::new().await;
    house.ops.create_client(&actor(), &lc(), NewClient::machine(ClientId::new("admin"), scopes("oob"))).await.unwrap();
    assert!(matches!(house.ops.bootstrap(&Actor::Shell, &lc(), true).await, Err(OpsError::Refused { .. })));
    assert!(house.ops.secrets(&lc(), &ClientId::new("admin")).await.unwrap().is_empty());
    assert!(Scope::new(ADMIN_SCOPE).is_ok());
}
