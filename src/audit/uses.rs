//! When each secret was last used: noted in memory, written down a few times a second, so that a use costs no write.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::{SecretId, Timestamp};

/// The last uses that are not yet written down.
#[derive(Debug, Default)]
pub(super) struct Uses(Mutex<BTreeMap<SecretId, Timestamp>>);

impl Uses {
    pub(super) fn note(&self, secret: &SecretId, at: Timestamp) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = uses.entry(secret.clone()).or_insert(at);
        *last = at.max(*last);
    }

    pub(super) fn all(&self) -> Vec<(SecretId, Timestamp)> {
        let uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        uses.iter().map(|(secret, at)| (secret.clone(), *at)).collect()
    }

    /// These are written down. One that was used again meanwhile is not.
    pub(super) fn forget(&self, written: &[(SecretId, Timestamp)]) {
        let mut uses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (secret, at) in written {
            if uses.get(secret) == Some(at) {
                uses.remove(secret);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_use_is_kept_until_it_is_written() {
        let (uses, secret) = (Uses::default(), SecretId::new("s1"));
        for at in [7, 9, 8] {
            uses.note(&secret, Timestamp::from_millis(at));
        }
        let noted = uses.all();
        assert_eq!(noted, [(secret.clone(), Timestamp::from_millis(9))]);
        uses.note(&secret, Timestamp::from_millis(10));
        uses.forget(&noted);
        assert_eq!(uses.all(), [(secret, Timestamp::from_millis(10))], "used while it was written");
        uses.forget(&uses.all());
        assert_eq!(uses.all(), []);
    }
}
