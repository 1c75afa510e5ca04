//! What commands work with: the configuration, the master key, the database, and the operations over them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{CliError, Globals};
use crate::admin::service::Ops;
use crate::app;
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{Config, DatabaseConfig, SecretText, Source};
use crate::keys::MasterKey;
use crate::store::{Db, DbOptions};

/// Where the demo keeps its data, and where the defaults of the configuration look for it.
pub(super) const DATA_DIR: &str = "countersign-data";
/// The master key's file in the data directory.
pub(super) const MASTER_KEY_FILE: &str = "master.key";
/// How long a command or request waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_millis(1500);

pub(super) struct Context {
    pub config: Config,
    pub master: MasterKey,
    pub db: Db,
}

pub(super) fn load(globals: &Globals) -> Result<Config, CliError> {
    Source::of_process(globals.config.as_deref()).load().map_err(CliError::new)
}

impl Context {
    /// Opens the installation that the configuration describes.
    pub(super) async fn open(globals: &Globals) -> Result<Self, CliError> {
        let config = load(globals)?;
        let master = master_key(&config)?;
        Self::with(config, master).await
    }

    /// Connects, brings the schema up to date where the configuration says so, and checks that it is this master key's.
    pub(super) async fn with(config: Config, master: MasterKey) -> Result<Self, CliError> {
        let db = connect(&config.database).await?;
        if config.database.migrate {
            migrate(&db).await?;
        } else if !db.is_migrated().await.map_err(CliError::new)? {
            let why = "the database's schema is not that of this version";
            return Err(CliError::new(format_args!("{why}; run `countersign migrate`, or set database.migrate = true")));
        }
        app::recognise_master_key(&db, &master).await.map_err(CliError::new)?;
        Ok(Self { config, master, db })
    }

    pub(super) fn ops(&self) -> Ops {
        let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
        Ops::new(self.db.clone(), &self.master, self.config.secrets.clone(), clock, entropy)
    }
}

pub(super) async fn connect(config: &DatabaseConfig) -> Result<Db, CliError> {
    let options = DbOptions {
        url: config.url.read().map_err(|fault| CliError::new(format_args!("database.url: {fault}")))?,
        max_connections: config.max_connections,
        acquire_timeout: ACQUIRE_TIMEOUT,
        durability: config.durability,
    };
    let db = Db::connect(&options).await;
    db.map_err(|error| CliError::new(format_args!("{error}; see database.url, and `countersign demo` for a database to try")))
}

pub(super) async fn migrate(db: &Db) -> Result<(), CliError> {
    db.migrate().await.map_err(|error| CliError::new(format_args!("the schema cannot be brought up to date: {error}")))
}

/// The master key that the configuration names; a file is read only if nobody else can.
pub(super) fn master_key(config: &Config) -> Result<MasterKey, CliError> {
    match &config.master_key {
        Some(SecretText::File { file }) => MasterKey::load_file(file).map_err(CliError::new),
        Some(text) => {
            let text = text.read().map_err(|fault| CliError::new(format_args!("master_key: {fault}")))?;
            MasterKey::from_text("master_key", text.expose()).map_err(CliError::new)
        }
        None => MasterKey::load_file(&default_master_key()).map_err(|error| {
            CliError::new(format_args!(
                "{error}; name the file in the configuration (master_key = {{ file = \"…\" }}), and create one with \
                 `countersign config create-master-key FILE`"
            ))
        }),
    }
}

pub(super) fn default_master_key() -> PathBuf {
    Path::new(DATA_DIR).join(MASTER_KEY_FILE)
}
