//! What an answer says of a token that whoever asks the same again is given too: one structured field (RFC 9651, section 3.3).

use std::fmt;
use std::time::Duration;

/// Where a token stands in its reuse window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reuse {
    /// How long ago it was issued, if it is handed out again; `None`: it is new.
    pub age: Option<Duration>,
    /// After how long another one is issued, at the latest.
    pub next: Duration,
}

/// `issued;next=300` or `reused;age=37;next=263`. Both count in whole seconds: the age down, the rest up, so that whoever waits
/// for it gets another token.
impl fmt::Display for Reuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.age {
            None => f.write_str("issued")?,
            Some(age) => write!(f, "reused;age={}", age.as_secs())?,
        }
        write!(f, ";next={}", self.next.as_secs() + u64::from(self.next.subsec_nanos() > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_counted_so_that_nothing_too_much_is_promised() {
        let said =
            |age: Option<u64>, next| Reuse { age: age.map(Duration::from_millis), next: Duration::from_millis(next) }.to_string();
        assert_eq!(said(None, 300_000), "issued;next=300");
        assert_eq!(said(None, 299_001), "issued;next=300");
        assert_eq!(said(None, 0), "issued;next=0");
        assert_eq!(said(Some(0), 300_000), "reused;age=0;next=300");
        assert_eq!(said(Some(37_999), 262_001), "reused;age=37;next=263");
    }
}
