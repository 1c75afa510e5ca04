//! What goes on beside the requests: hearing of changes that other nodes and the command line made, and clearing away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::store::changes::{self, ChangeKind, ChangeReader};
use crate::store::{StoreError, tokens};

/// How often changes are looked for.
const LISTEN: Duration = Duration::from_millis(250);
/// How often rows that have had their time are deleted.
const CLEAR: Duration = Duration::from_secs(60);
/// Rows deleted in one statement, so that no writer waits long.
const CLEAR_ROWS: u32 = 1000;
/// How long a change is remembered: many times what a node may be away.
const KEEP_CHANGES: Duration = Duration::from_secs(3600);

/// Runs until told to stop.
pub async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut ear = Ear::default();
    let mut listen = tokio::time::interval(LISTEN);
    let mut clear = tokio::time::interval(CLEAR);
    listen.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = listen.tick() => ear.hear(&app).await,
            _ = clear.tick() => clear_away(&app).await,
            _ = stopped.changed() => return,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the database did not answer in the background");
        }
    }
}

/// What this node has heard of, and what it has yet to do about it.
#[derive(Debug, Default)]
struct Ear {
    reader: ChangeReader,
    /// A realm changed, and has not been read again since.
    stale: bool,
}

impl Ear {
    /// Reads the realms again when one of them, an API or a key changed, and goes on trying until that succeeds: a change is
    /// told only once. Clients, secrets and users are read for each request.
    async fn hear(&mut self, app: &App) -> Result<(), StoreError> {
        let heard = {
            let mut session = app.db.read().await?;
            self.reader.read(&mut session.conn(), app.clock.monotonic()).await?
        };
        let concerns_realms = |kind: ChangeKind| matches!(kind, ChangeKind::Realm | ChangeKind::Api | ChangeKind::Key);
        let is_news = heard.iter().any(|change| concerns_realms(change.kind));
        self.stale |= is_news;
        if !self.stale {
            return Ok(());
        }
        match app.realms.reload(&app.db).await {
            Ok(()) => {
                self.stale = false;
                tracing::info!("realms read again after a change");
            }
            // Said once a change, not four times a second.
            Err(error) if is_news => tracing::error!(%error, "realms changed and cannot be read; what was in force stays"),
            Err(error) => tracing::debug!(%error, "the changed realms still cannot be read"),
        }
        Ok(())
    }
}

async fn clear_away(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut session = app.db.write().await?;
    tokens::prune(&mut session.conn(), now, CLEAR_ROWS).await?;
    changes::prune(&mut session.conn(), now.before(KEEP_CHANGES), CLEAR_ROWS).await?;
    Ok(())
}
