//! What operations see: log lines and metrics. Labels come from closed sets only, so that no caller can make a new series.

mod log;

pub use log::{Flush, start_logging};

use std::sync::Mutex;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::closed;
use crate::error::{About, ErrorKind, OAuthError, Reason};
use crate::model::{Algorithm, DialectName, GrantKind};

closed! {
    /// What a request asked for, as far as logs and metrics tell requests apart.
    pub enum EndpointLabel {
        Token = "token",
        Test = "test",
        Jwks = "jwks",
        Metadata = "metadata",
        Verify = "verify",
        Introspect = "introspect",
        Revoke = "revoke",
        Health = "health",
        Metrics = "metrics",
        Admin = "admin",
        Unmatched = "unmatched",
    }
}

closed! {
    /// The hundreds of an HTTP status.
    pub enum StatusClass {
        Informational = "1xx",
        Success = "2xx",
        Redirection = "3xx",
        ClientError = "4xx",
        ServerError = "5xx",
    }
}

impl From<http::StatusCode> for StatusClass {
    fn from(status: http::StatusCode) -> Self {
        match status.as_u16() / 100 {
            1 => Self::Informational,
            2 => Self::Success,
            3 => Self::Redirection,
            4 => Self::ClientError,
            _ => Self::ServerError,
        }
    }
}

/// What an endpoint adds to the log line of its request. Nothing in it was merely written by the caller.
#[derive(Clone, Debug)]
pub struct LogFields {
    pub endpoint: EndpointLabel,
    pub dialect: Option<DialectName>,
    pub about: About,
    pub kind: Option<ErrorKind>,
    pub reason: Option<Reason>,
    /// The private detail and causes of a refusal.
    pub detail: Option<String>,
}

impl LogFields {
    pub fn new(endpoint: EndpointLabel, about: &About, refusal: Option<&OAuthError>) -> Self {
        Self {
            endpoint,
            dialect: None,
            about: about.clone(),
            kind: refusal.map(|refusal| refusal.kind),
            reason: refusal.and_then(|refusal| refusal.reason),
            detail: refusal.and_then(|refusal| match (&refusal.detail, &refusal.source) {
                (Some(detail), _) => Some(detail.to_string()),
                (None, Some(source)) => Some(source.to_string()),
                (None, None) => None,
            }),
        }
    }

    /// Of an endpoint that knows nobody.
    pub fn bare(endpoint: EndpointLabel) -> Self {
        Self::new(endpoint, &About::default(), None)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct HttpLabels {
    endpoint: EndpointLabel,
    status: StatusClass,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct GrantLabels {
    grant: GrantKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    kind: ErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabels {
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlgorithmLabels {
    algorithm: Algorithm,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MemoryLabels {
    remembered: bool,
}

/// Counters of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Family<HttpLabels, Counter>,
    durations: Histogram,
    issued: Family<GrantLabels, Counter>,
    reused: Family<GrantLabels, Counter>,
    refused: Family<RefusalLabels, Counter>,
    bad_credentials: Family<ReasonLabels, Counter>,
    signatures: Family<AlgorithmLabels, Counter>,
    verifications: Family<AlgorithmLabels, Counter>,
    token_checks: Family<MemoryLabels, Counter>,
    panics: Counter,
    hash_runs: Gauge,
    hash_comparisons: Gauge,
    hash_waiting: Gauge,
    audit_written: Gauge,
    audit_waiting: Gauge,
    audit_dropped: Gauge,
}

/// Figures that other rooms count for themselves, read at the moment of the scrape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings {
    pub hash_runs: u64,
    pub hash_comparisons: u64,
    pub hash_waiting: u64,
    pub audit_written: u64,
    pub audit_waiting: u64,
    pub audit_dropped: u64,
}

impl Metrics {
    pub fn new() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("countersign")),
            requests: Family::default(),
            durations: Histogram::new(exponential_buckets(0.000_25, 2.0, 15)),
            issued: Family::default(),
            reused: Family::default(),
            refused: Family::default(),
            bad_credentials: Family::default(),
            signatures: Family::default(),
            verifications: Family::default(),
            token_checks: Family::default(),
            panics: Counter::default(),
            hash_runs: Gauge::default(),
            hash_comparisons: Gauge::default(),
            hash_waiting: Gauge::default(),
            audit_written: Gauge::default(),
            audit_waiting: Gauge::default(),
            audit_dropped: Gauge::default(),
        };
        if let Ok(mut registry) = metrics.registry.lock() {
            metrics.register(&mut registry);
        }
        metrics
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests answered", self.requests.clone());
        registry.register_with_unit("http_request", "Time from head to answer", Unit::Seconds, self.durations.clone());
        registry.register("tokens_issued", "Tokens issued", self.issued.clone());
        registry.register("tokens_reused", "Tokens handed out again within their reuse window", self.reused.clone());
        registry.register("tokens_refused", "Requests for tokens and about them refused, by kind", self.refused.clone());
        registry.register("bad_credentials", "Why credentials were bad", self.bad_credentials.clone());
        registry.register("signatures", "Signatures made", self.signatures.clone());
        registry.register("verifications", "Signatures checked", self.verifications.clone());
        registry.register("token_checks", "Tokens checked, by whether they were remembered", self.token_checks.clone());
        registry.register("panics", "Handlers that panicked: each one is a bug", self.panics.clone());
        registry.register("hash_runs", "Slow hashes run since the start", self.hash_runs.clone());
        registry.register("hash_comparisons", "Tries run against a stored hash since the start", self.hash_comparisons.clone());
        registry.register("hash_waiting", "Requests that wait for a slow hash", self.hash_waiting.clone());
        registry.register("audit_written", "Audit records written from the queue since the start", self.audit_written.clone());
        registry.register("audit_waiting", "Audit records that wait to be written", self.audit_waiting.clone());
        registry.register("audit_dropped", "Refusals that found the audit queue full", self.audit_dropped.clone());
    }

    pub fn request(&self, endpoint: EndpointLabel, status: http::StatusCode, took: std::time::Duration) {
        self.requests.get_or_create(&HttpLabels { endpoint, status: status.into() }).inc();
        self.durations.observe(took.as_secs_f64());
    }

    /// A token is counted as issued once, however often it is handed out again.
    pub fn issued(&self, grant: GrantKind, is_reused: bool) {
        let handed_out = if is_reused { &self.reused } else { &self.issued };
        handed_out.get_or_create(&GrantLabels { grant }).inc();
    }

    pub fn refused(&self, kind: ErrorKind, reason: Option<Reason>) {
        self.refused.get_or_create(&RefusalLabels { kind }).inc();
        if let Some(reason) = reason {
            self.bad_credentials.get_or_create(&ReasonLabels { reason }).inc();
        }
    }

    pub fn signed(&self, algorithm: Algorithm) {
        self.signatures.get_or_create(&AlgorithmLabels { algorithm }).inc();
    }

    pub fn verified(&self, algorithm: Algorithm) {
        self.verifications.get_or_create(&AlgorithmLabels { algorithm }).inc();
    }

    pub fn token_checked(&self, remembered: bool) {
        self.token_checks.get_or_create(&MemoryLabels { remembered }).inc();
    }

    pub fn client_looked_up(&self, _remembered: bool) {}

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// The OpenMetrics text of all counters.
    pub fn encode(&self, readings: Readings) -> String {
        let gauge = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        gauge(&self.hash_runs, readings.hash_runs);
        gauge(&self.hash_comparisons, readings.hash_comparisons);
        gauge(&self.hash_waiting, readings.hash_waiting);
        gauge(&self.audit_written, readings.audit_written);
        gauge(&self.audit_waiting, readings.audit_waiting);
        gauge(&self.audit_dropped, readings.audit_dropped);
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Writing to a `String` cannot fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
