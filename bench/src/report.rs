//! What came of it: a table in Markdown for people, and JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::Settings;
use crate::machine::{Machine, Pinned};
use crate::sample::Sample;
use crate::stats::Spread;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) suite: &'static str,
    pub(crate) version: String,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) rows: Vec<Row>,
    pub(crate) limits: Vec<Limit>,
    /// Shares of the time in which the server had its core, over all runs.
    pub(crate) server_busy: Spread,
    /// Shares of the time in which the load generator had its own.
    pub(crate) load_busy: Spread,
    /// What the server held after the last run.
    pub(crate) resident_kib: u64,
}

/// One scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: &'static str,
    per_second: Spread,
    cpu_micros: Spread,
    /// By what they are ratios of. Per CPU-second of the server, so that a load that does not fill its core compares as well.
    ratios: BTreeMap<&'static str, Spread>,
    p50_micros: Spread,
    p99_micros: Spread,
}

/// A bare rate of the library.
#[derive(Debug, Serialize)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) per_cpu_second: Spread,
}

impl Row {
    pub(crate) fn new(name: &'static str, samples: &[Sample]) -> Self {
        let spread = |figure: fn(&Sample) -> f64| Spread::of(samples.iter().map(figure));
        Self {
            name,
            per_second: spread(Sample::per_second),
            cpu_micros: spread(|sample| sample.cpu() * 1e6),
            ratios: BTreeMap::new(),
            p50_micros: spread(|sample| sample.p50.as_secs_f64() * 1e6),
            p99_micros: spread(|sample| sample.p99.as_secs_f64() * 1e6),
        }
    }

    pub(crate) fn compare(&mut self, with: &'static str, ratios: impl IntoIterator<Item = f64>) {
        self.ratios.insert(with, Spread::of(ratios));
    }
}

/// As Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, machine, settings, .. } = self;
        let Settings { seconds, runs, connections, log_level } = settings;
        writeln!(f, "{version} on {} ({} cores); {}", machine.processor, machine.cores, placed(machine.pinned))?;
        writeln!(f, "{connections} connections, {runs} runs of {seconds} s each, log level `{log_level}`; median (min..max)\n")?;
        self.scenarios(f)?;
        writeln!(f, "\n| limit | per CPU-second |\n|---|---|")?;
        for Limit { name, per_cpu_second } in &self.limits {
            writeln!(f, "| {name} | {} |", shown(per_cpu_second, 0))?;
        }
        let (server, load) = (shown(&self.server_busy, 2), shown(&self.load_busy, 2));
        writeln!(f, "\nOf the time, the server was busy for {server}, the load generator for {load}.")?;
        write!(f, "The server held {} MiB after the last run.", self.resident_kib / 1024)
    }
}

impl Report {
    fn scenarios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios: BTreeSet<&str> = self.rows.iter().flat_map(|row| row.ratios.keys().copied()).collect();
        let ratios: Vec<&str> = ratios.into_iter().collect();
        let names = [&["scenario", "requests/s", "CPU-µs a request"], ratios.as_slice(), &["p50 µs", "p99 µs"]].concat();
        writeln!(f, "| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))?;
        for row in &self.rows {
            write!(f, "| {} | {} | {} |", row.name, shown(&row.per_second, 0), shown(&row.cpu_micros, 1))?;
            for name in &ratios {
                let ratio = row.ratios.get(name).map_or_else(String::new, |ratio| shown(ratio, 2));
                write!(f, " {ratio} |")?;
            }
            writeln!(f, " {} | {} |", shown(&row.p50_micros, 0), shown(&row.p99_micros, 0))?;
        }
        Ok(())
    }
}

fn placed(pinned: Option<Pinned>) -> String {
    match pinned {
        Some(Pinned { server, load }) => format!("server on core {server}, load on core {load}"),
        None => "server and load share the cores".to_owned(),
    }
}

fn shown(Spread { median, min, max }: &Spread, decimals: usize) -> String {
    format!("{median:.decimals$} ({min:.decimals$}..{max:.decimals$})")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row(name: &'static str, requests: f64) -> Row {
        let sample = Sample {
            requests,
            elapsed: Duration::from_secs(2),
            server_cpu: Duration::from_secs(1),
            load_cpu: Duration::from_millis(500),
            p50: Duration::from_micros(250),
            p99: Duration::from_micros(900),
        };
        Row::new(name, &[sample])
    }

    #[test]
    fn the_table_has_a_column_for_each_comparison() {
        let one = |value| Spread::of([value]);
        let mut second = row("second", 10_000.0);
        second.compare("of first", [0.4, 0.5, 0.7]);
        let report = Report {
            suite: "example",
            version: "countersign 1.2.3".into(),
            machine: Machine { processor: "Example 9000".into(), cores: 2, pinned: Some(Pinned { server: 0, load: 1 }) },
            settings: Settings { seconds: 2, runs: 1, connections: 16, log_level: "warn".into() },
            rows: vec![row("first", 20_000.0), second],
            limits: vec![Limit { name: "sign", per_cpu_second: one(2500.4) }],
            server_busy: one(0.5),
            load_busy: one(0.25),
            resident_kib: 20 * 1024,
        };
        let expected = "\
countersign 1.2.3 on Example 9000 (2 cores); server on core 0, load on core 1
16 connections, 1 runs of 2 s each, log level `warn`; median (min..max)

| scenario | requests/s | CPU-µs a request | of first | p50 µs | p99 µs |
|---|---|---|---|---|---|
| first | 10000 (10000..10000) | 50.0 (50.0..50.0) |  | 250 (250..250) | 900 (900..900) |
| second | 5000 (5000..5000) | 100.0 (100.0..100.0) | 0.50 (0.40..0.70) | 250 (250..250) | 900 (900..900) |

| limit | per CPU-second |
|---|---|
| sign | 2500 (2500..2500) |

Of the time, the server was busy for 0.50 (0.50..0.50), the load generator for 0.25 (0.25..0.25).
The server held 20 MiB after the last run.";
        assert_eq!(report.to_string(), expected);
    }
}
