//! What the groups of scenarios find out, on one database.

use crate::aim::{Aim, Figure, Unit};
use crate::limits::Limits;
use crate::report::{Limit, Part, Row};
use crate::sample::Sample;
use crate::scenario::Scenario;
use crate::stats::Spread;

#[derive(Debug, Default)]
pub(super) struct Findings {
    figures: Vec<Figure>,
    rows: Vec<Row>,
    limits: Vec<Limits>,
    server_busy: Vec<f64>,
    load_busy: Vec<f64>,
}

impl Findings {
    /// A figure of the table of aims.
    pub(super) fn figure(&mut self, name: &'static str, aim: Aim, unit: Unit, measured: impl IntoIterator<Item = f64>) {
        self.figures.push(Figure::new(name, aim, unit, measured));
    }

    /// Scenarios at full load that sign nothing.
    pub(super) fn plain(&mut self, scenarios: &[Scenario<'_>]) {
        self.rows.extend(scenarios.iter().map(|it| Row::new(it.name, &it.samples)));
        self.count_busy(scenarios);
    }

    /// Scenarios at full load that sign, and what could have been signed in each of their runs.
    pub(super) fn signing(&mut self, scenarios: &[Scenario<'_>], limits: &[Limits]) {
        self.paced(scenarios, limits);
        self.count_busy(scenarios);
    }

    /// Scenarios that sign, and leave the server and the load time to wait.
    pub(super) fn paced(&mut self, scenarios: &[Scenario<'_>], limits: &[Limits]) {
        self.rows.extend(scenarios.iter().map(|it| {
            let mut row = Row::new(it.name, &it.samples);
            // What the server does for those who disturb is not told apart.
            if it.beside.is_none() {
                row.compare("of the RSA limit", of_rsa(&it.samples, limits));
            }
            row
        }));
    }

    fn count_busy(&mut self, scenarios: &[Scenario<'_>]) {
        let samples = || scenarios.iter().flat_map(|it| &it.samples);
        self.server_busy.extend(samples().filter_map(Sample::server_busy));
        self.load_busy.extend(samples().filter_map(Sample::load_busy));
    }

    pub(super) fn limits(&mut self, limits: Vec<Limits>) {
        self.limits.extend(limits);
    }

    pub(super) fn into_part(self, title: Option<&'static str>) -> Part {
        let limit = |name, rate: fn(&Limits) -> f64| Limit { name, per_cpu_second: Spread::of(self.limits.iter().map(rate)) };
        let limits = vec![
            limit("RS256 sign (RSA-2048): the RSA limit", |limits| limits.sign),
            limit("ES256 sign", |limits| limits.sign_es256),
            limit("EdDSA sign (Ed25519)", |limits| limits.sign_eddsa),
        ];
        let (server_busy, load_busy) = (Spread::known(self.server_busy), Spread::known(self.load_busy));
        Part { title, figures: self.figures, rows: self.rows, limits, server_busy, load_busy, ..Part::default() }
    }
}

/// Tokens over the RS256 signatures that the same CPU time has room for, in each run.
pub(super) fn of_rsa(samples: &[Sample], limits: &[Limits]) -> Vec<f64> {
    samples.iter().zip(limits).filter_map(|(it, limit)| Some(it.per_cpu_second()? / limit.sign)).collect()
}

/// One scenario over another, in each run.
pub(super) fn over(samples: &[Sample], others: &[Sample], ratio: impl Fn(&Sample, &Sample) -> Option<f64>) -> Vec<f64> {
    samples.iter().zip(others).filter_map(|(it, other)| ratio(it, other)).collect()
}
