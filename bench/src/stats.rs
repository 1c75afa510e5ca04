//! Many measurements, few numbers.

use std::time::Duration;

use serde::Serialize;

/// The median of several runs, and how far the others are from it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of no runs: zeros.
    pub(crate) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.into_iter().collect();
        values.sort_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or_default();
        let half = values.len() / 2;
        let median = if values.len().is_multiple_of(2) { f64::midpoint(at(half.saturating_sub(1)), at(half)) } else { at(half) };
        Self { median, min: at(0), max: at(values.len().saturating_sub(1)) }
    }

    /// `None` where nothing is known.
    pub(crate) fn known(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut values = values.into_iter().peekable();
        values.peek()?;
        Some(Self::of(values))
    }

    pub(crate) fn shown(&self, decimals: usize) -> String {
        let Self { median, min, max } = self;
        format!("{median:.decimals$} ({min:.decimals$}..{max:.decimals$})")
    }
}

/// How long requests took, each of them: a quantile is exact.
#[derive(Debug, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    pub(crate) fn record(&mut self, took: Duration) {
        self.0.push(took);
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The time within which so many per mille of the requests were answered.
    pub(crate) fn per_mille(&mut self, share: usize) -> Duration {
        self.0.sort_unstable();
        let rank = (self.0.len() * share).div_ceil(1000);
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_and_both_ends() {
        assert_eq!(Spread::of([3.0, 1.0, 9.0]), Spread { median: 3.0, min: 1.0, max: 9.0 });
        assert_eq!(Spread::of([4.0, 1.0, 9.0, 2.0]), Spread { median: 3.0, min: 1.0, max: 9.0 });
        assert_eq!(Spread::of([]), Spread { median: 0.0, min: 0.0, max: 0.0 });
        assert_eq!(Spread::known([3.0]), Some(Spread { median: 3.0, min: 3.0, max: 3.0 }));
        assert_eq!(Spread::known([]), None);
    }

    #[test]
    fn a_quantile_is_a_time_that_was_measured() {
        let mut latencies = Latencies::default();
        assert_eq!(latencies.per_mille(500), Duration::ZERO);
        (1..=200).rev().map(Duration::from_micros).for_each(|took| latencies.record(took));
        let micros = [0, 500, 990, 999, 1000].map(|share| latencies.per_mille(share).as_micros());
        assert_eq!(micros, [1, 100, 198, 200, 200]);
    }
}
