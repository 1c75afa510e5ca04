//! Stamps: every thing that can change has one, and a change raises it. What was learnt under an older stamp is not believed.
//!
//! There is a fixed number of stamps; things share them by their hash, so that memory is bounded and a change costs two
//! additions. Sharing only makes a node forget a little more than it must.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use crate::model::{ClientId, InstitutionId, RealmId, TokenId, UserId};
use crate::store::changes::{Change, ChangeKind};

/// How many stamps there are: 64 KiB of them.
const STAMPS: usize = 8192;
/// Changes have not been heard yet.
const NEVER: i64 = -1;

/// Hears of changes, and says whether what was learnt before is still so.
#[derive(Debug)]
pub struct Freshness {
    stamps: Box<[AtomicU64]>,
    /// How many changes there were, whatever they were of.
    changes: AtomicU64,
    /// Raised when changes may have been missed: nothing of before is believed.
    era: AtomicU64,
    /// When changes were last heard, in milliseconds of the monotonic clock.
    heard_at: AtomicI64,
    max_staleness: Duration,
    hasher: RandomState,
}

/// A thing that something learnt can depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Thing<'a> {
    /// The realm itself, its APIs and keys.
    Realm(&'a RealmId),
    Institution(&'a RealmId, &'a InstitutionId),
    /// A client and its secrets.
    Client(&'a RealmId, &'a ClientId),
    User(&'a RealmId, &'a UserId),
    Token(&'a RealmId, &'a TokenId),
}

/// Before something was read. What changed after it makes the reading worthless for keeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    changes: u64,
    era: u64,
}

/// The stamps of what something learnt depends on, as they were.
#[derive(Clone, Debug)]
pub struct Watch {
    era: u64,
    stamps: Box<[(usize, u64)]>,
}

impl Freshness {
    pub fn new(max_staleness: Duration) -> Self {
        Self {
            stamps: (0..STAMPS).map(|_| AtomicU64::new(0)).collect(),
            changes: AtomicU64::new(0),
            era: AtomicU64::new(0),
            heard_at: AtomicI64::new(NEVER),
            max_staleness,
            hasher: RandomState::new(),
        }
    }

    /// To be taken before reading what shall be kept.
    pub fn moment(&self) -> Moment {
        Moment { changes: self.changes.load(Ordering::SeqCst), era: self.era.load(Ordering::SeqCst) }
    }

    /// The watch over what was read since `moment`; `None` if anything has changed meanwhile, so that it is not kept.
    pub fn watch<'a>(&self, moment: Moment, things: impl IntoIterator<Item = Thing<'a>>) -> Option<Watch> {
        let stamp = |thing| {
            let slot = self.slot(thing);
            (slot, self.stamp(slot))
        };
        let stamps = things.into_iter().map(stamp).collect();
        // In this order, for a change raises the count before the stamp: whoever reads a raised stamp sees the raised count.
        (self.changes.load(Ordering::SeqCst) == moment.changes).then_some(Watch { era: moment.era, stamps })
    }

    /// Is what was learnt under this watch still so? `now` is the monotonic time.
    pub fn holds(&self, watch: &Watch, now: Duration) -> bool {
        self.is_trusted(now)
            && watch.era == self.era.load(Ordering::Acquire)
            && watch.stamps.iter().all(|(slot, stamp)| self.stamp(*slot) == *stamp)
    }

    /// Have changes been heard lately?
    pub fn is_trusted(&self, now: Duration) -> bool {
        self.silence(now).is_some_and(|silence| silence <= self.max_staleness)
    }

    /// For how long no changes were heard; `None`: never yet.
    pub fn silence(&self, now: Duration) -> Option<Duration> {
        let heard_at = u64::try_from(self.heard_at.load(Ordering::Acquire)).ok()?;
        Some(now.saturating_sub(Duration::from_millis(heard_at)))
    }

    /// Every change until `began`, when the reading of them began, has been told to [`Freshness::changed`].
    pub fn heard(&self, began: Duration) {
        self.heard_at.store(i64::try_from(began.as_millis()).unwrap_or(i64::MAX), Ordering::Release);
    }

    pub fn changed(&self, thing: Thing<'_>) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        if let Some(stamp) = self.stamps.get(self.slot(thing)) {
            stamp.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The same as the `changes` table tells it.
    pub fn told(&self, change: &Change) {
        let (Some(realm), Some(id)) = (&change.realm, &change.id) else {
            return match &change.realm {
                Some(realm) if change.kind.concerns_realm() => self.changed(Thing::Realm(realm)),
                _ => self.everything_changed(),
            };
        };
        match change.kind {
            ChangeKind::Realm | ChangeKind::Api | ChangeKind::Key => self.changed(Thing::Realm(realm)),
            ChangeKind::Institution => self.changed(Thing::Institution(realm, &InstitutionId::new(id))),
            ChangeKind::Client | ChangeKind::Secret => self.changed(Thing::Client(realm, &ClientId::new(id))),
            ChangeKind::User => self.changed(Thing::User(realm, &UserId::new(id))),
            ChangeKind::Token => self.changed(Thing::Token(realm, &TokenId::new(id))),
        }
    }

    /// Changes may have been missed.
    pub fn everything_changed(&self) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        self.era.fetch_add(1, Ordering::SeqCst);
    }

    fn slot(&self, thing: Thing<'_>) -> usize {
        usize::try_from(self.hasher.hash_one(thing) % STAMPS as u64).unwrap_or_default()
    }

    fn stamp(&self, slot: usize) -> u64 {
        self.stamps.get(slot).map_or(0, |stamp| stamp.load(Ordering::SeqCst))
    }
}
