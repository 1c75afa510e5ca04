//! Scenarios that take turns, so that what disturbs the machine for a while disturbs all of them alike; and, between them, the bare
//! rates of the cryptography.

use std::time::Duration;

use crate::limits::{Cryptography, Limits};
use crate::load::Workload;
use crate::machine::Machine;
use crate::sample::{Measured, Sample, Sampling};
use crate::stats::Spread;
use crate::{Fallible, Settings};

/// What goes before each run of a scenario, uncounted.
const WARM_UP: Duration = Duration::from_millis(500);
/// After so long it is the next scenario's turn.
const SLICE: Duration = Duration::from_millis(250);
const SLICES_PER_SECOND: u32 = 4;
/// How long each limit is measured after each second of every scenario.
const LIMIT_TIME: Duration = Duration::from_millis(50);

/// One line of the table: a load on a server, and its runs so far.
pub(crate) struct Scenario<'a> {
    pub(crate) name: &'static str,
    pub(crate) measured: &'a dyn Measured,
    pub(crate) workload: Workload,
    /// What else the server has to bear meanwhile.
    pub(crate) beside: Option<Workload>,
    pub(crate) samples: Vec<Sample>,
}

impl<'a> Scenario<'a> {
    pub(crate) fn new(name: &'static str, measured: &'a dyn Measured, workload: Workload) -> Self {
        Self { name, measured, workload, beside: None, samples: Vec::new() }
    }

    fn at_fault(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: {error}", self.name)
    }
}

/// Where and how long is measured.
#[derive(Debug)]
pub(crate) struct Stand<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) settings: &'a Settings,
    pub(crate) cryptography: Cryptography,
}

impl Stand<'_> {
    /// Runs each scenario as often as is set. The limits are those of each run.
    pub(crate) async fn take_turns(&self, what: &str, scenarios: &mut [Scenario<'_>]) -> Fallible<Vec<Limits>> {
        let mut limits = Vec::new();
        for run in 1..=self.settings.runs {
            eprintln!("{what}: run {run} of {}", self.settings.runs);
            limits.push(self.round(scenarios).await?);
        }
        Ok(limits)
    }

    async fn round(&self, scenarios: &mut [Scenario<'_>]) -> Fallible<Limits> {
        let mut samplings = Vec::with_capacity(scenarios.len());
        for it in &*scenarios {
            let begun = Sampling::begin(it.measured, &it.workload, it.beside.as_ref(), WARM_UP).await;
            samplings.push(begun.map_err(|error| it.at_fault(&error))?);
        }
        let mut limits = Vec::new();
        for _ in 0..self.settings.seconds {
            for _ in 0..SLICES_PER_SECOND {
                for (sampling, it) in samplings.iter_mut().zip(&*scenarios) {
                    sampling.slice(SLICE).await.map_err(|error| it.at_fault(&error))?;
                }
            }
            limits.push(self.machine.work_on_server_core(|| self.cryptography.measure(LIMIT_TIME))?);
        }
        for (sampling, scenario) in samplings.into_iter().zip(scenarios) {
            scenario.samples.push(sampling.end()?);
        }
        Ok(Limits::mean(&limits))
    }
}

/// The spread of a figure over all runs of all scenarios in which it is known.
pub(crate) fn over_all(scenarios: &[Scenario<'_>], figure: fn(&Sample) -> Option<f64>) -> Option<Spread> {
    Spread::known(scenarios.iter().flat_map(|scenario| &scenario.samples).filter_map(figure))
}
