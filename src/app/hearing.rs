//! Hearing of changes that other nodes and the command line made, and forgetting what they make untrue.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::App;
use crate::model::{RealmId, TokenId};
use crate::store::StoreError;
use crate::store::changes::{Change, ChangeKind, ChangeReader};

/// How long a change is remembered in the database: many times what a node may be away.
pub const KEEP_CHANGES: Duration = Duration::from_secs(3600);

/// What a node has heard of, and what it has yet to do about it.
#[derive(Debug, Default)]
pub(super) struct Ear {
    reader: ChangeReader,
    /// A realm changed, and has not been read again since.
    stale: bool,
    /// The number of the last reading that succeeded.
    read: u64,
}

impl App {
    /// Reads what changed since the last time, and forgets what is no longer so. It goes on trying to read a changed realm
    /// until that succeeds: a change is told only once.
    ///
    /// Who comes while somebody reads waits for that reading and the next, which it shares with all others who came meanwhile.
    pub async fn hear_changes(&self) -> Result<(), StoreError> {
        let begun = self.readings.load(Ordering::SeqCst);
        let mut ear = self.ear.lock().await;
        if ear.read > begun {
            return Ok(());
        }
        let number = self.readings.fetch_add(1, Ordering::SeqCst) + 1;
        let began = self.clock.monotonic();
        // Whoever was away for so long may have missed what has been cleared away since.
        let silence = self.caches.freshness.silence(began);
        let was_away = silence.is_none_or(|silence| silence > KEEP_CHANGES / 2);
        if was_away {
            self.caches.denylist.load(&self.db, self.now()).await?;
        }
        let mut session = self.db.read().await?;
        // From here on nothing gives up: what was told once is not told again.
        let heard = ear.reader.read(&mut session.conn(), began).await?;
        drop(session);
        let is_news = heard.iter().any(|change| change.kind.concerns_realm());
        ear.stale |= is_news || (was_away && silence.is_some());
        if ear.stale {
            ear.stale = !self.read_realms(is_news).await;
        }
        // After the realms: what was checked under the keys of before is not to be kept as checked under those of now.
        for change in &heard {
            self.forget(change);
        }
        if was_away {
            self.caches.freshness.everything_changed();
        }
        self.caches.freshness.heard(began);
        ear.read = number;
        Ok(())
    }

    /// Forgets what a change makes untrue: one that was heard of, or one that this node has just made.
    pub fn forget(&self, change: &Change) {
        if let (ChangeKind::Token, Some(realm), Some(id)) = (change.kind, &change.realm, &change.id) {
            self.caches.denylist.add(realm, TokenId::new(id), self.now().after(self.longest_life(realm)));
        }
        self.caches.freshness.told(change);
    }

    /// The longest that a token of the realm can live; of one that this node does not know, for ever.
    fn longest_life(&self, realm: &RealmId) -> Duration {
        self.realms.get(realm.as_str()).map_or(Duration::MAX, |realm| realm.realm.max_token_ttl)
    }

    async fn read_realms(&self, is_news: bool) -> bool {
        match self.realms.reload(&self.db).await {
            Ok(()) => {
                tracing::info!("realms read again after a change");
                return true;
            }
            // Said once a change, not four times a second.
            Err(error) if is_news => tracing::error!(%error, "realms changed and cannot be read; what was in force stays"),
            Err(error) => tracing::debug!(%error, "the changed realms still cannot be read"),
        }
        false
    }
}
