//! What nodes and their Postgres have to do for tokens, or for nobody: CPU time, transactions, rows, write-ahead log.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

use crate::Fallible;
use crate::postgres::Cluster;
use crate::sample::Measured;
use crate::stats::Spread;
use crate::usage::Processes;

/// $1: the name of the database. The log is that of the whole cluster, in which nobody else works.
const COUNTERS: &str = "\
SELECT xact_commit, tup_inserted, tup_updated, CAST(pg_current_wal_insert_lsn() - CAST('0/0' AS pg_lsn) AS BIGINT)
FROM pg_stat_database WHERE datname = $1";

/// Reads the counters, through a connection to another database than the one that is watched.
#[derive(Debug)]
pub(crate) struct Watch {
    connection: PgConnection,
    database: String,
    processes: Processes,
}

/// All that was used and written until now.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counters {
    at: Instant,
    nodes_cpu: Duration,
    postgres_cpu: Duration,
    transactions: i64,
    inserted: i64,
    updated: i64,
    wal_bytes: i64,
}

/// What came to it between two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spent {
    pub(crate) tokens: f64,
    seconds: f64,
    nodes_cpu: f64,
    postgres_cpu: f64,
    transactions: f64,
    inserted: f64,
    updated: f64,
    wal_bytes: f64,
}

/// One line of the tables.
#[derive(Debug, Serialize)]
pub(crate) struct Strain {
    name: &'static str,
    per_second: PerSecond,
    /// `None` where nobody asked.
    per_token: Option<PerToken>,
}

#[derive(Debug, Serialize)]
struct PerSecond {
    tokens: Spread,
    nodes_cores: Spread,
    postgres_cores: Spread,
    transactions: Spread,
    inserted: Spread,
    updated: Spread,
    wal_bytes: Spread,
}

#[derive(Debug, Serialize)]
struct PerToken {
    nodes_cpu_micros: Spread,
    postgres_cpu_micros: Spread,
    transactions: Spread,
    inserted: Spread,
    updated: Spread,
    wal_bytes: Spread,
}

impl Watch {
    /// `url` is that of a database of the cluster.
    pub(crate) async fn begin(cluster: &Cluster, url: &str) -> Fallible<Self> {
        let (_, database) =
            url.split_once('?').map_or(url, |(path, _)| path).rsplit_once('/').ok_or("a URL without a database")?;
        let connection = PgConnection::connect(&cluster.url("postgres")).await?;
        Ok(Self { connection, database: database.to_owned(), processes: Processes::of(cluster.pid()?) })
    }

    pub(crate) async fn read(&mut self, nodes: &[&dyn Measured]) -> Fallible<Counters> {
        let counters = sqlx::query_as(COUNTERS).bind(&self.database).fetch_one(&mut self.connection).await?;
        let (transactions, inserted, updated, wal_bytes): (i64, i64, i64, i64) = counters;
        let mut nodes_cpu = Duration::ZERO;
        for node in nodes {
            nodes_cpu += node.cpu()?.ok_or("a node whose CPU time nobody knows")?;
        }
        Ok(Counters {
            at: Instant::now(),
            nodes_cpu,
            postgres_cpu: self.processes.cpu()?,
            transactions,
            inserted,
            updated,
            wal_bytes,
        })
    }
}

impl Counters {
    /// For so many tokens.
    pub(crate) fn since(self, before: Self, tokens: f64) -> Spent {
        Spent {
            tokens,
            seconds: (self.at - before.at).as_secs_f64(),
            nodes_cpu: self.nodes_cpu.saturating_sub(before.nodes_cpu).as_secs_f64(),
            postgres_cpu: self.postgres_cpu.saturating_sub(before.postgres_cpu).as_secs_f64(),
            transactions: (self.transactions - before.transactions) as f64,
            inserted: (self.inserted - before.inserted) as f64,
            updated: (self.updated - before.updated) as f64,
            wal_bytes: (self.wal_bytes - before.wal_bytes) as f64,
        }
    }
}

impl Spent {
    /// Seconds of the nodes' CPU that a token takes.
    pub(crate) fn cpu_per_token(&self) -> f64 {
        self.nodes_cpu / self.tokens
    }
}

impl Strain {
    /// `spent` in each run.
    pub(crate) fn new(name: &'static str, spent: &[Spent]) -> Self {
        let spread = |figure: fn(&Spent) -> f64| Spread::of(spent.iter().map(figure));
        let per_second = PerSecond {
            tokens: spread(|it| it.tokens / it.seconds),
            nodes_cores: spread(|it| it.nodes_cpu / it.seconds),
            postgres_cores: spread(|it| it.postgres_cpu / it.seconds),
            transactions: spread(|it| it.transactions / it.seconds),
            inserted: spread(|it| it.inserted / it.seconds),
            updated: spread(|it| it.updated / it.seconds),
            wal_bytes: spread(|it| it.wal_bytes / it.seconds),
        };
        let per_token = spent.iter().all(|it| it.tokens > 0.0).then(|| PerToken {
            nodes_cpu_micros: spread(|it| it.cpu_per_token() * 1e6),
            postgres_cpu_micros: spread(|it| it.postgres_cpu / it.tokens * 1e6),
            transactions: spread(|it| it.transactions / it.tokens),
            inserted: spread(|it| it.inserted / it.tokens),
            updated: spread(|it| it.updated / it.tokens),
            wal_bytes: spread(|it| it.wal_bytes / it.tokens),
        });
        Self { name, per_second, per_token }
    }

    pub(crate) const PER_SECOND: [&str; 8] = [
        "per second",
        "tokens",
        "cores of the nodes",
        "cores of Postgres",
        "transactions",
        "rows inserted",
        "rows updated",
        "WAL bytes",
    ];
    pub(crate) const PER_TOKEN: [&str; 7] =
        ["per token", "CPU-µs of the nodes", "CPU-µs of Postgres", "transactions", "rows inserted", "rows updated", "WAL bytes"];

    pub(crate) fn per_second(&self) -> [String; 8] {
        let PerSecond { tokens, nodes_cores, postgres_cores, transactions, inserted, updated, wal_bytes } = &self.per_second;
        [
            self.name.to_owned(),
            tokens.shown(0),
            nodes_cores.shown(3),
            postgres_cores.shown(3),
            transactions.shown(1),
            inserted.shown(0),
            updated.shown(0),
            wal_bytes.shown(0),
        ]
    }

    /// `None` where nobody asked.
    pub(crate) fn per_token(&self) -> Option<[String; 7]> {
        let PerToken { nodes_cpu_micros, postgres_cpu_micros, transactions, inserted, updated, wal_bytes } =
            self.per_token.as_ref()?;
        Some([
            self.name.to_owned(),
            nodes_cpu_micros.shown(1),
            postgres_cpu_micros.shown(1),
            transactions.shown(4),
            inserted.shown(2),
            updated.shown(2),
            wal_bytes.shown(0),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Part;

    fn spent(tokens: f64) -> Spent {
        let at = Instant::now();
        let cpu = Duration::from_secs;
        let before = Counters {
            at,
            nodes_cpu: cpu(1),
            postgres_cpu: cpu(5),
            transactions: 10,
            inserted: 100,
            updated: 7,
            wal_bytes: 1000,
        };
        let after = Counters {
            at: at + Duration::from_secs(4),
            nodes_cpu: cpu(3),
            postgres_cpu: cpu(6),
            transactions: 50,
            inserted: 8100,
            updated: 407,
            wal_bytes: 1_601_000,
        };
        after.since(before, tokens)
    }

    #[test]
    fn what_came_between_two_readings_is_told_per_second_and_per_token() {
        let strain = Strain::new("both", &[spent(8000.0)]);
        let alone = |text: &str| format!("{text} ({text}..{text})");
        let [name, cells @ ..] = strain.per_second();
        assert_eq!(name, "both");
        assert_eq!(cells, ["2000", "0.500", "0.250", "10.0", "2000", "100", "400000"].map(alone));
        let [_, cells @ ..] = strain.per_token().unwrap();
        assert_eq!(cells, ["250.0", "125.0", "0.0050", "1.00", "0.05", "200"].map(alone));
    }

    #[test]
    fn where_nobody_asks_there_is_nothing_per_token() {
        let strains = vec![Strain::new("idle", &[spent(0.0)]), Strain::new("busy", &[spent(8000.0)])];
        assert!(strains.first().unwrap().per_token().is_none());
        let text = Part { strains, ..Part::default() }.to_string();
        let (second, token) = text.split_once("| per token |").unwrap();
        assert!(second.starts_with("\n| per second | tokens | ") && second.contains("\n| idle | 0 (0..0) |"), "{text}");
        assert!(token.contains("\n| busy | 250.0 (250.0..250.0) |") && !token.contains("idle"), "{text}");
        assert!(!text.contains("scenario") && !text.contains("limit"), "{text}");
    }
}
