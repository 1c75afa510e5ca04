//! Time and chance as values: the only place that reads the system's.

use std::fmt::Debug;
use std::time::Duration;

use crate::model::Timestamp;

/// Where the time comes from.
pub trait Clock: Debug + Send + Sync {
    /// Wall-clock time, milliseconds since the Unix epoch.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary fixed origin; never steps back. For measuring durations only.
    fn monotonic(&self) -> Duration;
}

/// Where unpredictable bytes come from.
pub trait Entropy: Debug + Send + Sync {
    /// Fills the whole buffer. A generator that cannot do so must not return.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` unpredictable bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// A version 4 UUID (RFC 9562, section 5.4): 122 unpredictable bits.
pub fn random_uuid(entropy: &dyn Entropy) -> uuid::Uuid {
    uuid::Builder::from_random_bytes(random(entropy)).into_uuid()
}

/// The operating system's clock.
#[derive(Debug)]
pub struct SystemClock {
    origin: std::time::Instant,
}

impl SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn new() -> Self {
        Self { origin: std::time::Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// The operating system's generator, through aws-lc.
#[derive(Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's generator")]
    fn fill(&self, bytes: &mut [u8]) {
        // A machine without entropy can issue nothing safely, so nothing goes on without it.
        if aws_lc_rs::rand::fill(bytes).is_err() {
            std::process::abort();
        }
    }
}
