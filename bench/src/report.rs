//! What came of it: tables in Markdown for people, and JSON for programs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::Settings;
use crate::aim::Figure;
use crate::machine::{Machine, Pinned};
use crate::sample::Sample;
use crate::stats::Spread;
use crate::strain::Strain;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) suite: &'static str,
    /// What was measured.
    pub(crate) version: String,
    pub(crate) machine: Machine,
    pub(crate) settings: Settings,
    pub(crate) parts: Vec<Part>,
}

/// What was measured together.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Part {
    /// On which database, in a suite that has several.
    pub(crate) title: Option<&'static str>,
    pub(crate) figures: Vec<Figure>,
    pub(crate) rows: Vec<Row>,
    /// What nodes and their database had to do, in a suite that asks for it.
    pub(crate) strains: Vec<Strain>,
    pub(crate) limits: Vec<Limit>,
    /// Shares of the time in which the server had its core, over all runs.
    pub(crate) server_busy: Option<Spread>,
    /// Shares of the time in which the load generator had its own.
    pub(crate) load_busy: Option<Spread>,
    /// What the server held after the last run.
    pub(crate) resident_kib: Option<u64>,
}

/// One scenario.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    name: &'static str,
    per_second: Spread,
    /// Requests of the load that disturbed it.
    beside_per_second: Option<Spread>,
    cpu_micros: Option<Spread>,
    /// By what they are ratios of. Per CPU-second of the server, so that a load that does not fill its core compares as well.
    ratios: BTreeMap<&'static str, Spread>,
    p50_micros: Spread,
    p99_micros: Spread,
    p999_micros: Spread,
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
        // What the server does for those who disturb is not told apart.
        let cpu = samples.iter().filter(|sample| sample.disturbances == 0.0).filter_map(Sample::cpu);
        let beside = samples.iter().map(|sample| sample.disturbances / sample.elapsed.as_secs_f64()).filter(|&rate| rate > 0.0);
        Self {
            name,
            per_second: spread(Sample::per_second),
            beside_per_second: Spread::known(beside),
            cpu_micros: Spread::known(cpu.map(|cpu| cpu * 1e6)),
            ratios: BTreeMap::new(),
            p50_micros: spread(|sample| sample.p50.as_secs_f64() * 1e6),
            p99_micros: spread(|sample| sample.p99.as_secs_f64() * 1e6),
            p999_micros: spread(|sample| sample.p999.as_secs_f64() * 1e6),
        }
    }

    pub(crate) fn compare(&mut self, with: &'static str, ratios: impl IntoIterator<Item = f64>) {
        self.ratios.extend(Spread::known(ratios).map(|spread| (with, spread)));
    }

    fn cells(&self, disturbed: bool, ratios: &[&str]) -> Vec<String> {
        let optional = |spread: Option<&Spread>, decimals| spread.map_or_else(String::new, |spread| spread.shown(decimals));
        let mut cells = vec![self.name.to_owned(), self.per_second.shown(0)];
        cells.extend(disturbed.then(|| optional(self.beside_per_second.as_ref(), 0)));
        cells.push(optional(self.cpu_micros.as_ref(), 1));
        cells.extend(ratios.iter().map(|name| optional(self.ratios.get(name), 2)));
        cells.extend([&self.p50_micros, &self.p99_micros, &self.p999_micros].map(|micros| micros.shown(0)));
        cells
    }
}

/// As Markdown.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, machine, settings, .. } = self;
        let Settings { seconds, runs, connections, log_level } = settings;
        writeln!(f, "{version} on {} ({} cores); {}", machine.processor, machine.cores, placed(machine.pinned))?;
        write!(f, "{connections} connections, {runs} runs of {seconds} s each, log level `{log_level}`; median (min..max)")?;
        self.parts.iter().try_for_each(|part| write!(f, "\n{part}"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(title) = self.title {
            writeln!(f, "\n### {title}")?;
        }
        if !self.figures.is_empty() {
            let cells = self.figures.iter().map(Figure::cells).collect::<Vec<_>>();
            table(f, &["figure", "aim", "measured", ""], &cells)?;
        }
        self.scenarios(f)?;
        self.strains(f)?;
        let limits: Vec<_> = self.limits.iter().map(|limit| vec![limit.name.to_owned(), limit.per_cpu_second.shown(0)]).collect();
        if !limits.is_empty() {
            table(f, &["limit", "per CPU-second"], &limits)?;
        }
        if let (Some(server), Some(load)) = (&self.server_busy, &self.load_busy) {
            let (server, load) = (server.shown(2), load.shown(2));
            writeln!(f, "\nOf the time, the server was busy for {server}, the load generator for {load}.")?;
        }
        match self.resident_kib {
            Some(kib) => writeln!(f, "The server held {} MiB after the last run.", kib / 1024),
            None => Ok(()),
        }
    }
}

impl Part {
    fn strains(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.strains.is_empty() {
            return Ok(());
        }
        table(f, &Strain::PER_SECOND, &self.strains.iter().map(Strain::per_second).collect::<Vec<_>>())?;
        table(f, &Strain::PER_TOKEN, &self.strains.iter().filter_map(Strain::per_token).collect::<Vec<_>>())
    }

    fn scenarios(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        let ratios: BTreeSet<&str> = self.rows.iter().flat_map(|row| row.ratios.keys().copied()).collect();
        let ratios: Vec<&str> = ratios.into_iter().collect();
        let disturbed = self.rows.iter().any(|row| row.beside_per_second.is_some());
        let mut names = vec!["scenario", "requests/s"];
        names.extend(disturbed.then_some("beside it/s"));
        names.push("CPU-µs a request");
        names.extend(&ratios);
        names.extend(["p50 µs", "p99 µs", "p99.9 µs"]);
        let cells: Vec<_> = self.rows.iter().map(|row| row.cells(disturbed, &ratios)).collect();
        table(f, &names, &cells)
    }
}

fn table<S: AsRef<str>>(f: &mut fmt::Formatter<'_>, names: &[&str], rows: &[impl AsRef<[S]>]) -> fmt::Result {
    writeln!(f, "\n| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))?;
    for row in rows {
        let cells: Vec<&str> = row.as_ref().iter().map(AsRef::as_ref).collect();
        writeln!(f, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn placed(pinned: Option<Pinned>) -> String {
    match pinned {
        Some(Pinned { server, load }) => format!("server on core {server}, load on core {load}"),
        None => "server and load share the cores".to_owned(),
    }
}

#[cfg(test)]
mod tests;
