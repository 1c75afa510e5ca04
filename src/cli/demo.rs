//! `countersign demo`: every partner contract served with public example credentials, from nothing.

use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::context::{Context, DATA_DIR, MASTER_KEY_FILE};
use super::{CliError, out, serve};
use crate::admin::provision::{Document, Fault};
use crate::audit::Actor;
use crate::clock::SystemEntropy;
use crate::config::{Config, LogFormat, SecretText};
use crate::keys::MasterKey;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::telemetry;

mod tour;

/// What the demo provisions.
pub(super) const PROVISIONED: &str = include_str!("../../config/demo.toml");

#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Where its database and its master key are kept
    #[arg(long, value_name = "DIR", default_value = DATA_DIR)]
    data_dir: PathBuf,
    /// Where it answers partners
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where it answers operations
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    admin_listen: SocketAddr,
    /// Listen where others can reach it, although everybody knows its secrets
    #[arg(long)]
    i_know_this_is_a_demo: bool,
}

pub(super) async fn run(demo: Demo) -> Result<(), CliError> {
    demo.check()?;
    create_data_dir(&demo.data_dir)?;
    let master = master_key(&demo.data_dir.join(MASTER_KEY_FILE))?;
    let public = serve::bind(demo.listen, "--listen").await?;
    let admin = serve::bind(demo.admin_listen, "--admin-listen").await?;
    let bound = |listener: &tokio::net::TcpListener| listener.local_addr().map_err(CliError::new);
    let config = demo.config(bound(&public)?, bound(&admin)?);
    let _flush = telemetry::start_logging(&config.log).map_err(CliError::new)?;
    let context = Context::with(config, master).await?;
    let document = Document::parse("config/demo.toml", PROVISIONED).map_err(|faults| listed(&faults))?;
    let report = document.apply(&context.ops(), &Actor::Shell).await.map_err(CliError::new)?;
    let dialects = serve::dialects(&context.config.dialects)?;
    let rules = Rules::builtin(&dialects).map_err(|faults| CliError::new(serve::listed(&faults)))?;
    let app = serve::build(context, dialects, rules).await?;
    out::line(format_args!("countersign demo: {report}, in {}\n", demo.data_dir.display()))?;
    out::line(tour::text(&app.config.server.public_url(), &format!("http://{}", app.config.server.admin_listen)))?;
    serve::until_stopped(app, public, admin).await
}

fn listed(faults: &[Fault]) -> CliError {
    CliError::new(faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n"))
}

impl Demo {
    pub(super) fn check(&self) -> Result<(), CliError> {
        for address in [self.listen, self.admin_listen] {
            if !address.ip().is_loopback() && !self.i_know_this_is_a_demo {
                return Err(CliError::new(format_args!(
                    "others can reach {address}, and everybody knows the demo's secrets: listen on 127.0.0.1, or add \
                     --i-know-this-is-a-demo"
                )));
            }
        }
        Ok(())
    }

    fn config(&self, listen: SocketAddr, admin_listen: SocketAddr) -> Config {
        let mut config = Config::default();
        config.server.listen = listen;
        config.server.admin_listen = admin_listen;
        config.server.insecure_http = true;
        let url = format!("sqlite:{}", self.data_dir.join("countersign.db").display());
        config.database.url = SecretText::Value(Secret::new(url));
        config.log.format = LogFormat::Text;
        config
    }
}

/// For its owner alone: the database holds what partners would call secret.
fn create_data_dir(dir: &Path) -> Result<(), CliError> {
    let created = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir);
    created.map_err(|error| CliError::new(format_args!("cannot create {}: {error}; choose another --data-dir", dir.display())))
}

fn master_key(path: &Path) -> Result<MasterKey, CliError> {
    let key = if path.exists() { MasterKey::load_file(path) } else { MasterKey::create(path, &SystemEntropy) };
    key.map_err(CliError::new)
}
