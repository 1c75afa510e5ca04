//! One value that holds what every request needs, built the same way in production and in tests.

mod hearing;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use hearing::Ear;
pub use hearing::KEEP_CHANGES;

use crate::audit::AuditWriter;
use crate::cache::{Caches, Senses};
use crate::clock::{Clock, Entropy};
use crate::config::Config;
use crate::credential::pool::HashPool;
use crate::credential::{CheckerParts, CredentialChecker, hash::HashError};
use crate::dialect::{Dialects, Fault};
use crate::error::{ErrorKind, OAuthError};
use crate::guard::{Limiter, Throttle};
use crate::keys::{MasterKey, Sealer};
use crate::model::{RealmId, Timestamp};
use crate::realms::{RealmContext, Realms, RealmsError};
use crate::rules::Rules;
use crate::store::{Db, StoreError, meta};
use crate::telemetry::{Metrics, Readings};

/// Keys of rate limits held in memory at most.
const LIMITER_CAPACITY: usize = 100_000;

/// The server without its listeners.
#[derive(Debug)]
pub struct App {
    pub config: Config,
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub realms: Realms,
    pub credentials: CredentialChecker,
    pub limiter: Limiter,
    pub throttle: Throttle,
    pub audit: AuditWriter,
    pub metrics: Metrics,
    pub caches: Caches,
    ear: tokio::sync::Mutex<Ear>,
    /// Readings of changes that have begun.
    readings: AtomicU64,
    dialects: RwLock<Arc<Dialects>>,
    rules: RwLock<Arc<Rules>>,
    draining: AtomicBool,
}

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    pub config: Config,
    pub db: Db,
    pub master: MasterKey,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub dialects: Dialects,
    pub rules: Rules,
}

/// Why an [`App`] could not be built.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("the database did not answer: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Realms(#[from] RealmsError),
    #[error(
        "realm `{realm}` has the issuer `{issuer}`, which is not https, while the server can be reached by others; give the realm an \
         https issuer (or set server.insecure_http = true on a test network)"
    )]
    InsecureIssuer { realm: RealmId, issuer: String },
    #[error("secrets cannot be hashed as configured: {0}")]
    Hash(#[from] HashError),
    #[error(
        "the database was written under another master key; give the key that it began with (master_key), or start with an empty \
         database"
    )]
    ForeignMasterKey,
}

impl App {
    /// Checks the master key against the database, loads the realms and starts the audit writer.
    pub async fn build(parts: Parts) -> Result<Arc<Self>, AppError> {
        let Parts { config, db, master, clock, entropy, dialects, rules } = parts;
        recognise_master_key(&db, &master).await?;
        let realms = Realms::load(&db, Sealer::new(&master), config.server.public_url()).await?;
        if let Some(realm) = realms.all().iter().find(|realm| !config.server.may_issue_as(&realm.issuer)) {
            return Err(AppError::InsecureIssuer { realm: realm.id().clone(), issuer: realm.issuer.to_string() });
        }
        let pool = HashPool::new(config.secrets.hash_workers(), config.secrets.hash_wait());
        let credentials = CredentialChecker::new(CheckerParts {
            db: db.clone(),
            clock: clock.clone(),
            entropy: entropy.clone(),
            master: &master,
            pool,
            params: config.secrets.argon2(),
            stored_as: config.secrets.hash,
        })?;
        let audit = AuditWriter::start(db.clone(), config.audit.issuance);
        let throttle = Throttle::new(&config.guard, LIMITER_CAPACITY);
        let caches = Caches::new(&config.cache);
        Ok(Arc::new(Self {
            config,
            db,
            clock,
            entropy,
            realms,
            credentials,
            limiter: Limiter::new(LIMITER_CAPACITY),
            throttle,
            audit,
            metrics: Metrics::new(),
            caches,
            ear: tokio::sync::Mutex::default(),
            readings: AtomicU64::new(0),
            dialects: RwLock::new(Arc::new(dialects)),
            rules: RwLock::new(Arc::new(rules)),
            draining: AtomicBool::new(false),
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What tells whether something remembered is still so.
    pub fn senses(&self) -> Senses<'_> {
        Senses { freshness: &self.caches.freshness, clock: &*self.clock }
    }

    /// The dialects in force.
    pub fn dialects(&self) -> Arc<Dialects> {
        self.dialects.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The rules of the APIs in force.
    pub fn rules(&self) -> Arc<Rules> {
        self.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the dialect and resource files again. With a fault in one of them, what was in force stays.
    pub fn reload(&self) -> Result<(), Vec<Fault>> {
        let dialects = Dialects::load(self.config.dialects.dir.as_deref())?;
        let dir = self.config.resources.dir.as_deref();
        let rules = dir.map(|dir| Rules::load(Some(dir), &dialects)).transpose()?;
        *self.dialects.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(dialects);
        if let Some(rules) = rules {
            *self.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
        }
        Ok(())
    }

    /// The realm of this name, or the refusal that names no other.
    pub fn realm(&self, name: &str) -> Result<Arc<RealmContext>, OAuthError> {
        self.realms.get(name).ok_or_else(|| OAuthError::new(ErrorKind::UnknownRealm).hint("Unknown realm"))
    }

    /// A shutdown has begun: nothing new should be sent here.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Figures that other rooms count for themselves.
    pub fn readings(&self) -> Readings {
        let pool = self.credentials.pool();
        let audit = self.audit.counts();
        Readings {
            statements: self.db.statements(),
            hash_runs: pool.runs(),
            hash_comparisons: self.credentials.comparisons(),
            hash_waiting: pool.waiting(),
            audit_written: audit.written,
            audit_waiting: audit.depth as u64,
            audit_dropped: audit.dropped,
            cached_tokens: self.caches.tokens.len() as u64,
            cached_clients: self.caches.client_accounts.len() as u64,
            cached_users: self.caches.users.len() as u64,
            cached_standings: self.caches.clients.len() as u64,
            cached_reusable: self.caches.reusable.len() as u64,
        }
    }
}

/// A database is bound to its first master key, so that a wrong one is told at the start instead of at the first signature.
pub async fn recognise_master_key(db: &Db, master: &MasterKey) -> Result<(), AppError> {
    const NAME: &str = "master_key_check";
    let mut session = db.write().await?;
    meta::add(&mut session.conn(), NAME, &master.check_value()).await?;
    let known = meta::lookup(&mut session.conn(), NAME).await?;
    if known == Some(master.check_value()) { Ok(()) } else { Err(AppError::ForeignMasterKey) }
}
