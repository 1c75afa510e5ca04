//! `countersign serve`: the server, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::context::Context;
use super::{CliError, Globals, context};
use crate::app::{App, Parts};
use crate::clock::{SystemClock, SystemEntropy};
use crate::config::{DialectsConfig, ResourcesConfig};
use crate::dialect::{Dialects, Fault};
use crate::rules::Rules;
use crate::{server, telemetry};

pub(super) async fn run(globals: &Globals) -> Result<(), CliError> {
    let config = context::load(globals)?;
    let _flush = telemetry::start_logging(&config.log).map_err(CliError::new)?;
    let (listen, admin_listen) = (config.server.listen, config.server.admin_listen);
    let master = context::master_key(&config)?;
    let context = Context::with(config, master).await?;
    let dialects = dialects(&context.config.dialects)?;
    let rules = rules(&context.config.resources, &dialects)?;
    let app = build(context, dialects, rules).await?;
    let (public, admin) = (bind(listen, "server.listen").await?, bind(admin_listen, "server.admin_listen").await?);
    tracing::info!(version = env!("CARGO_PKG_VERSION"), %listen, %admin_listen, public_url = app.config.server.public_url(), "serving");
    until_stopped(app, public, admin).await
}

/// The server without its listeners.
pub(super) async fn build(context: Context, dialects: Dialects, rules: Rules) -> Result<Arc<App>, CliError> {
    let Context { config, master, db } = context;
    let (clock, entropy) = (Arc::new(SystemClock::new()), Arc::new(SystemEntropy));
    App::build(Parts { config, db, master, clock, entropy, dialects, rules }).await.map_err(CliError::new)
}

pub(super) fn dialects(config: &DialectsConfig) -> Result<Dialects, CliError> {
    Dialects::load(config.dir.as_deref()).map_err(|faults| CliError::new(listed(&faults)))
}

pub(super) fn rules(config: &ResourcesConfig, dialects: &Dialects) -> Result<Rules, CliError> {
    Rules::load(config.dir.as_deref(), dialects).map_err(|faults| CliError::new(listed(&faults)))
}

pub(super) fn listed(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

pub(super) async fn bind(address: SocketAddr, setting: &str) -> Result<TcpListener, CliError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| CliError::new(format_args!("cannot listen on {address}: {error}; set {setting} to another address")))
}

/// Serves until SIGTERM or SIGINT, then drains. SIGHUP reads the dialect and resource files again.
pub(super) async fn until_stopped(app: Arc<App>, public: TcpListener, admin: TcpListener) -> Result<(), CliError> {
    let on = |kind| signal(kind).map_err(|error| CliError::new(format_args!("signals cannot be heard: {error}")));
    let (mut terminate, mut interrupt) = (on(SignalKind::terminate())?, on(SignalKind::interrupt())?);
    let reloading = tokio::spawn(reload(app.clone(), on(SignalKind::hangup())?));
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let served = server::serve(app, public, admin, stop).await;
    reloading.abort();
    served.map_err(CliError::new)
}

async fn reload(app: Arc<App>, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match app.reload() {
            Ok(()) => tracing::info!("dialects and resource files read again"),
            Err(faults) => {
                for fault in faults {
                    tracing::error!(%fault, "dialects or resource files have faults; those that were in force stay");
                }
            }
        }
    }
}
