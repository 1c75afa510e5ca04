//! What goes on beside the requests: hearing of changes that other nodes and the command line made, and clearing away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::{App, KEEP_CHANGES};
use crate::store::{StoreError, changes, revocations, tokens};

/// How often changes are looked for.
const LISTEN: Duration = Duration::from_millis(250);
/// How often rows that have had their time are deleted.
const CLEAR: Duration = Duration::from_secs(60);
/// Rows deleted in one statement, so that no writer waits long.
const CLEAR_ROWS: u32 = 1000;

/// Runs until told to stop.
pub async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut listen = tokio::time::interval(LISTEN);
    let mut clear = tokio::time::interval(CLEAR);
    listen.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = listen.tick() => app.hear_changes().await,
            _ = clear.tick() => clear_away(&app).await,
            _ = stopped.changed() => return,
        };
        if let Err(error) = done {
            tracing::warn!(%error, "the database did not answer in the background");
        }
    }
}

async fn clear_away(app: &App) -> Result<(), StoreError> {
    let now = app.now();
    let mut session = app.db.write().await?;
    tokens::prune(&mut session.conn(), now, CLEAR_ROWS).await?;
    revocations::prune(&mut session.conn(), now, CLEAR_ROWS).await?;
    app.caches.denylist.prune(now);
    changes::prune(&mut session.conn(), now.before(KEEP_CHANGES), CLEAR_ROWS).await?;
    Ok(())
}
