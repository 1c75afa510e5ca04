//! `[secrets]`, `[guard]`, `[audit]` and `[log]`: how careful, how patient, how talkative.

use std::time::Duration;

use crate::audit::AuditMode;
use crate::closed;
use crate::credential::StoredAs;
use crate::credential::hash::Argon2Params;
use crate::model::RateLimit;

/// `[secrets]`: how secrets and passwords are kept and checked.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SecretsConfig {
    /// How a generated secret is stored; chosen secrets and passwords are always Argon2id.
    pub hash: StoredAs,
    /// Secrets of one client that may be live at once.
    pub max_live: u32,
    /// Argon2id memory, in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes over the memory.
    pub argon2_iterations: u32,
    /// Argon2id lanes.
    pub argon2_lanes: u32,
    /// Slow hashes that may run at once; 0 means one less than the processors, and at least one.
    pub hash_workers: u32,
    /// Milliseconds that a request waits for a slow hash to begin before it is answered 503.
    pub hash_wait_ms: u64,
}

impl Default for SecretsConfig {
    fn default() -> Self {
        let owasp = Argon2Params::default();
        Self {
            hash: StoredAs::Digest,
            max_live: 5,
            argon2_memory_kib: owasp.memory_kib,
            argon2_iterations: owasp.iterations,
            argon2_lanes: owasp.lanes,
            hash_workers: 0,
            hash_wait_ms: 1000,
        }
    }
}

impl SecretsConfig {
    pub fn argon2(&self) -> Argon2Params {
        Argon2Params { memory_kib: self.argon2_memory_kib, iterations: self.argon2_iterations, lanes: self.argon2_lanes }
    }

    pub fn hash_workers(&self) -> u32 {
        match self.hash_workers {
            0 => std::thread::available_parallelism()
                .map_or(1, |all| u32::try_from(all.get()).unwrap_or(1).saturating_sub(1).max(1)),
            given => given,
        }
    }

    pub fn hash_wait(&self) -> Duration {
        Duration::from_millis(self.hash_wait_ms)
    }

    pub(super) fn check(&self, faults: &mut Vec<String>) {
        if self.max_live < 2 {
            faults.push("secrets.max_live: give at least 2, or no secret can be rotated without downtime".into());
        }
        if self.argon2_memory_kib < 7168 || self.argon2_iterations == 0 || self.argon2_lanes == 0 {
            faults.push("secrets: Argon2id needs argon2_memory_kib of at least 7168 and one iteration and lane (OWASP)".into());
        }
    }
}

/// `[guard]`: what slows guessing down.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GuardConfig {
    /// Wrong credentials for one client or account from one address; more are answered 429 unread.
    pub failed_tries: RateLimit,
    /// Wrong credentials from one address, whomever they name.
    pub failed_tries_per_address: RateLimit,
    /// Seconds by which another machine's clock may be ahead in `iat` and `nbf`; `exp` has none.
    pub clock_leeway_seconds: u64,
}

impl GuardConfig {
    pub fn leeway(&self) -> Duration {
        Duration::from_secs(self.clock_leeway_seconds)
    }
}

impl Default for GuardConfig {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            failed_tries: RateLimit { count: 20, per: minute },
            failed_tries_per_address: RateLimit { count: 300, per: minute },
            clock_leeway_seconds: 30,
        }
    }
}

/// `[audit]`: what becomes of the record of issuance and refusals; changes of state are always recorded with the change.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    pub issuance: AuditMode,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { issuance: AuditMode::Buffered }
    }
}

closed! {
    /// How log lines look.
    pub enum LogFormat {
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

/// `[log]`: what is told on standard error.
#[derive(Clone, Debug, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    pub format: LogFormat,
    /// A `tracing` filter: `info`, `countersign=debug,info`.
    pub level: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { format: LogFormat::Json, level: "info,sqlx=warn".into() }
    }
}
