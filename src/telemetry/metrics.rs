//! The figures of one server, in OpenMetrics.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use super::counts::{Counts, Durations, labels};
use super::{EndpointLabel, StatusClass};
use crate::error::{ErrorKind, Reason};
use crate::model::{Algorithm, GrantKind};

labels!(Algorithm, EndpointLabel, ErrorKind, GrantKind, Reason, StatusClass);

/// Counters of one server.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    requests: Counts<(EndpointLabel, StatusClass)>,
    durations: Durations,
    issued: Counts<GrantKind>,
    reused: Counts<GrantKind>,
    refused: Counts<ErrorKind>,
    bad_credentials: Counts<Reason>,
    signatures: Counts<Algorithm>,
    verifications: Counts<Algorithm>,
    token_checks: Counts<bool>,
    client_lookups: Counts<bool>,
    panics: Counter,
    read: Read,
}

/// Figures that other rooms count for themselves, read at the moment of the scrape.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings {
    pub statements: u64,
    pub hash_runs: u64,
    pub hash_comparisons: u64,
    pub hash_waiting: u64,
    pub audit_written: u64,
    pub audit_waiting: u64,
    pub audit_dropped: u64,
    pub cached_tokens: u64,
    pub cached_clients: u64,
    pub cached_users: u64,
    pub cached_standings: u64,
    pub cached_reusable: u64,
}

/// [`Readings`] as they were last read.
#[derive(Debug, Default)]
struct Read {
    statements: Counter,
    hash_runs: Counter,
    hash_comparisons: Counter,
    hash_waiting: Gauge,
    audit_written: Counter,
    audit_waiting: Gauge,
    audit_dropped: Counter,
    cached_tokens: Gauge,
    cached_clients: Gauge,
    cached_users: Gauge,
    cached_standings: Gauge,
    cached_reusable: Gauge,
}

impl Metrics {
    pub fn new() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix("countersign")),
            requests: Counts::by(&["endpoint", "status"]),
            durations: Durations::new(),
            issued: Counts::by(&["grant"]),
            reused: Counts::by(&["grant"]),
            refused: Counts::by(&["kind"]),
            bad_credentials: Counts::by(&["reason"]),
            signatures: Counts::by(&["algorithm"]),
            verifications: Counts::by(&["algorithm"]),
            token_checks: Counts::by(&["remembered"]),
            client_lookups: Counts::by(&["remembered"]),
            panics: Counter::default(),
            read: Read::default(),
        };
        if let Ok(mut registry) = metrics.registry.lock() {
            metrics.register(&mut registry);
            metrics.read.register(&mut registry);
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
        registry.register("client_lookups", "Clients looked up, by whether they were remembered", self.client_lookups.clone());
        registry.register("panics", "Handlers that panicked: each one is a bug", self.panics.clone());
    }

    pub fn request(&self, endpoint: EndpointLabel, status: http::StatusCode, took: Duration) {
        self.requests.count((endpoint, status.into()));
        self.durations.observe(took);
    }

    /// A token is counted as issued once, however often it is handed out again.
    pub fn issued(&self, grant: GrantKind, is_reused: bool) {
        let handed_out = if is_reused { &self.reused } else { &self.issued };
        handed_out.count(grant);
    }

    pub fn refused(&self, kind: ErrorKind, reason: Option<Reason>) {
        self.refused.count(kind);
        if let Some(reason) = reason {
            self.bad_credentials.count(reason);
        }
    }

    pub fn signed(&self, algorithm: Algorithm) {
        self.signatures.count(algorithm);
    }

    pub fn verified(&self, algorithm: Algorithm) {
        self.verifications.count(algorithm);
    }

    pub fn token_checked(&self, remembered: bool) {
        self.token_checks.count(remembered);
    }

    pub fn client_looked_up(&self, remembered: bool) {
        self.client_lookups.count(remembered);
    }

    pub fn panicked(&self) {
        self.panics.inc();
    }

    /// The OpenMetrics text of all counters.
    pub fn encode(&self, readings: Readings) -> String {
        self.read.take(readings);
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
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

impl Read {
    fn register(&self, registry: &mut Registry) {
        registry.register("statements", "Statements sent to the database", self.statements.clone());
        registry.register("hash_runs", "Slow hashes run", self.hash_runs.clone());
        registry.register("hash_comparisons", "Tries run against a stored hash", self.hash_comparisons.clone());
        registry.register("hash_waiting", "Requests that wait for a slow hash", self.hash_waiting.clone());
        registry.register("audit_written", "Audit records written from the queue", self.audit_written.clone());
        registry.register("audit_waiting", "Audit records that wait to be written", self.audit_waiting.clone());
        registry.register("audit_dropped", "Refusals that found the audit queue full", self.audit_dropped.clone());
        registry.register("cached_tokens", "Tokens that are remembered as good", self.cached_tokens.clone());
        registry.register("cached_clients", "Clients that are remembered for their next token", self.cached_clients.clone());
        registry.register("cached_users", "Accounts that are remembered", self.cached_users.clone());
        registry.register(
            "cached_standings",
            "Clients whose standing is remembered for their tokens",
            self.cached_standings.clone(),
        );
        registry.register("cached_reusable", "Tokens that are kept for their reuse window", self.cached_reusable.clone());
    }

    fn take(&self, readings: Readings) {
        // None of them ever falls.
        let counter = |counter: &Counter, value: u64| counter.inner().store(value, Ordering::Relaxed);
        let gauge = |gauge: &Gauge, value: u64| gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        counter(&self.statements, readings.statements);
        counter(&self.hash_runs, readings.hash_runs);
        counter(&self.hash_comparisons, readings.hash_comparisons);
        gauge(&self.hash_waiting, readings.hash_waiting);
        counter(&self.audit_written, readings.audit_written);
        gauge(&self.audit_waiting, readings.audit_waiting);
        counter(&self.audit_dropped, readings.audit_dropped);
        gauge(&self.cached_tokens, readings.cached_tokens);
        gauge(&self.cached_clients, readings.cached_clients);
        gauge(&self.cached_users, readings.cached_users);
        gauge(&self.cached_standings, readings.cached_standings);
        gauge(&self.cached_reusable, readings.cached_reusable);
    }
}
