//! A whole Countersign in the test's own process: the real router behind real listeners, on a fixed clock and seeded chance,
//! with the demo's realms, on either database.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::admin::provision::Document;
use countersign::admin::service::{NewKey, Ops};
use countersign::app::{App, Parts};
use countersign::audit::Actor;
use countersign::config::Config;
use countersign::dialect::Dialects;
use countersign::keys::MasterKey;
use countersign::model::{Algorithm, KeyId, LockoutPolicy, Realm, RealmId, Unlock};
use countersign::rules::Rules;
use countersign::secret::Secret;
use countersign::server::serve;
use countersign::store::{Db, DbOptions, Durability, realms};
use ipnet::IpNet;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::JoinHandle;

use super::clock::{BEGINNING, TestClock, TestEntropy};
use super::http::{Request, Response, send};
use super::postgres::Cluster;

pub const DEMO: &str = include_str!("../../../config/demo.toml");
pub const REALMS: [&str; 5] = ["loanstreet", "lc", "crossriver", "uphold", "main"];

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A running server and what a test does with it. Dropped, it is gone.
pub struct Server {
    pub app: Arc<App>,
    pub clock: Arc<TestClock>,
    pub public: SocketAddr,
    pub admin: SocketAddr,
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    home: Option<TempDir>,
}

/// Writes a test once and runs it on both databases: `on_both! { async fn name(server) { … } }`. The Postgres half is skipped,
/// loudly, where no Postgres is installed.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($server:ident $(, $tweak:expr)?) $body:block)+) => { $(
        mod $name {
            use super::*;
            $(#[$meta])*
            async fn test($server: $crate::harness::server::Server) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test($crate::harness::server::Server::start($crate::harness::server::Backend::Sqlite, on_both!(@tweak $($tweak)?)).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(server) = $crate::harness::server::Server::start($crate::harness::server::Backend::Postgres, on_both!(@tweak $($tweak)?)).await {
                    test(server).await;
                }
            }
        }
    )+ };
    (@tweak) => { |_| {} };
    (@tweak $tweak:expr) => { $tweak };
}
pub(crate) use on_both;

/// The master key of every test.
pub fn master() -> MasterKey {
    MasterKey::from_text("the tests", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8").unwrap()
}

/// The settings of every test: loopback counts as a proxy, so that a test can choose its address.
pub fn config(url: &str) -> Config {
    let mut config = Config::default();
    config.database.url = countersign::config::SecretText::Value(Secret::new(url.to_owned()));
    config.database.durability = Durability::Crash;
    config.server.trusted_proxies = vec!["127.0.0.0/8".parse::<IpNet>().unwrap()];
    config.server.public_url = Some("http://127.0.0.1:8080".to_owned());
    config.server.drain_seconds = 2;
    config
}

pub async fn connect(url: &str, max_connections: u32) -> Db {
    let options = DbOptions {
        url: Secret::new(url.to_owned()),
        max_connections,
        acquire_timeout: Duration::from_millis(1500),
        durability: Durability::Crash,
    };
    Db::connect(&options).await.unwrap()
}

impl Server {
    /// A server on a database of its own, or `None` where no Postgres is installed.
    pub async fn start(backend: Backend, tweak: impl FnOnce(&mut Config)) -> Option<Self> {
        let (url, home) = database(backend).await?;
        let mut server = Self::on(&url, tweak).await;
        server.home = home;
        Some(server)
    }

    /// One more server on the same database.
    pub async fn on(url: &str, tweak: impl FnOnce(&mut Config)) -> Self {
        Self::seeded(url, 7, tweak).await
    }

    /// The same with other chance, so that it makes no token that another server made before it.
    pub async fn seeded(url: &str, seed: u64, tweak: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(TestClock::new());
        let mut config = config(url);
        tweak(&mut config);
        let dialects = Dialects::load(config.dialects.dir.as_deref()).unwrap();
        let rules = match config.resources.dir.as_deref() {
            Some(dir) => Rules::load(Some(dir), &dialects).unwrap(),
            None => Rules::builtin(&dialects).unwrap(),
        };
        let db = connect(url, 8).await;
        let entropy = Arc::new(TestEntropy::new(seed));
        let parts = Parts { config, db, master: master(), clock: clock.clone(), entropy, dialects, rules };
        let app = App::build(parts).await.unwrap();
        let [public, admin] = [listener().await, listener().await];
        let addresses = (public.local_addr().unwrap(), admin.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = serve(app.clone(), public, admin, async { stopped.await.unwrap_or_default() });
        let task = tokio::spawn(async { serving.await.unwrap() });
        Self { app, clock, public: addresses.0, admin: addresses.1, url: url.to_owned(), stop: Some(stop), task, home: None }
    }

    /// One request on the public listener.
    pub async fn send(&self, request: &Request) -> Response {
        send(self.public, request).await
    }

    /// One request on the operations' listener.
    pub async fn operate(&self, request: &Request) -> Response {
        send(self.admin, request).await
    }

    /// The operations, as the command line has them.
    pub fn ops(&self) -> Ops {
        let App { db, clock, entropy, config, .. } = &*self.app;
        Ops::new(db.clone(), &master(), config.secrets.clone(), clock.clone(), entropy.clone())
    }

    /// Makes this node see what was changed behind its back, without waiting until it hears of it.
    pub async fn refresh(&self) {
        self.app.hear_changes().await.unwrap();
    }

    /// Stops as an operator would, and waits until all is written.
    pub async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
            (&mut self.task).await.unwrap();
        }
    }

    /// Stops, and starts again on the same data.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        let mut fresh = Self::on(&self.url, |_| {}).await;
        fresh.home = self.home.take();
        fresh
    }
}

async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// A database of its own, provisioned: a copy of one that was provisioned once.
pub async fn database(backend: Backend) -> Option<(String, Option<TempDir>)> {
    static SQLITE: OnceCell<Vec<u8>> = OnceCell::const_new();
    static POSTGRES: OnceCell<String> = OnceCell::const_new();
    match backend {
        Backend::Sqlite => {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("countersign.db");
            let template = SQLITE.get_or_init(|| async {
                let home = tempfile::tempdir().unwrap();
                let path = home.path().join("template.db");
                provision(&format!("sqlite:{}", path.display())).await;
                std::fs::read(path).unwrap()
            });
            std::fs::write(&path, template.await).unwrap();
            Some((format!("sqlite:{}", path.display()), Some(home)))
        }
        Backend::Postgres => {
            let cluster = Cluster::get()?;
            let template = POSTGRES.get_or_init(|| async {
                let url = cluster.database().await;
                provision(&url).await;
                url
            });
            Some((cluster.database_from(template.await).await, None))
        }
    }
}

/// The demo's realms, with signing keys that are the same in every run.
async fn provision(url: &str) {
    let db = connect(url, 2).await;
    db.migrate().await.unwrap();
    let ops = Ops::new(db.clone(), &master(), config(url).secrets, Arc::new(TestClock::new()), Arc::new(TestEntropy::new(1)));
    for realm in REALMS.map(RealmId::new) {
        // The first key of a realm and algorithm signs at once, so that provisioning has none to make.
        realms::add(&mut db.write().await.unwrap().conn(), &bare(&realm)).await.unwrap();
        for algorithm in Algorithm::ALL.iter().copied() {
            let kid = Some(KeyId::new(format!("{realm}-{algorithm}")));
            let key = NewKey { kid, pem: Some(pem(algorithm)), ..NewKey::generated(algorithm) };
            ops.prepare_key(&Actor::Shell, &realm, key).await.unwrap();
        }
    }
    Document::parse("demo.toml", DEMO).unwrap().apply(&ops, &Actor::Shell).await.unwrap();
    db.close().await;
}

fn bare(id: &RealmId) -> Realm {
    Realm {
        id: id.clone(),
        issuer: None,
        host: None,
        algorithm: Algorithm::Rs256,
        lockout: LockoutPolicy { threshold: 0, unlock: Unlock::Manual },
        max_token_ttl: Duration::from_secs(86400),
        jwks_max_age: Duration::from_secs(300),
        created_at: BEGINNING,
    }
}

fn pem(algorithm: Algorithm) -> Secret<String> {
    let text = match algorithm {
        Algorithm::Rs256 => include_str!("../fixtures/rs256.pem"),
        Algorithm::Ps256 => include_str!("../fixtures/ps256.pem"),
        Algorithm::Es256 => include_str!("../fixtures/es256.pem"),
        Algorithm::EdDsa => include_str!("../fixtures/eddsa.pem"),
    };
    Secret::new(text.to_owned())
}
