//! A figure, what it shall be, and whether it is.

use serde::Serialize;

use crate::stats::Spread;

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    AtLeast(f64),
    AtMost(f64),
    Below(f64),
    /// None: the figure is for information.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Ratio,
    Mebibytes,
    Milliseconds,
    Percent,
}

#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    name: &'static str,
    aim: Aim,
    unit: Unit,
    measured: Spread,
    met: Option<bool>,
}

impl Figure {
    /// The median is what counts.
    pub(crate) fn new(name: &'static str, aim: Aim, unit: Unit, measured: impl IntoIterator<Item = f64>) -> Self {
        let measured = Spread::of(measured);
        Self { name, aim, unit, measured, met: aim.met_by(measured.median) }
    }

    /// The columns of the table.
    pub(crate) fn cells(&self) -> [String; 4] {
        let verdict = match self.met {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "",
        };
        let measured = format!("{}{}", self.measured.shown(self.unit.decimals()), self.unit.suffix());
        [self.name.to_owned(), self.aim.shown(self.unit), measured, verdict.to_owned()]
    }
}

impl Aim {
    fn met_by(self, median: f64) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(median >= least),
            Self::AtMost(most) => Some(median <= most),
            Self::Below(bound) => Some(median < bound),
            Self::None => None,
        }
    }

    fn shown(self, unit: Unit) -> String {
        let (sign, value) = match self {
            Self::AtLeast(least) => ('≥', least),
            Self::AtMost(most) => ('≤', most),
            Self::Below(bound) => ('<', bound),
            Self::None => return String::new(),
        };
        let decimals = if unit == Unit::Ratio { 2 } else { 0 };
        format!("{sign} {value:.decimals$}{}", unit.suffix())
    }
}

impl Unit {
    fn decimals(self) -> usize {
        if self == Self::Ratio { 2 } else { 1 }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Ratio => "",
            Self::Mebibytes => " MiB",
            Self::Milliseconds => " ms",
            Self::Percent => " %",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(aim: Aim, unit: Unit, measured: [f64; 3]) -> [[String; 3]; 3] {
        measured.map(|measured| {
            let [_, aim, measured, verdict] = Figure::new("figure", aim, unit, [measured]).cells();
            [aim, measured, verdict]
        })
    }

    #[test]
    fn a_bound_that_is_reached_is_kept_unless_it_must_be_undercut() {
        let least = verdicts(Aim::AtLeast(0.9), Unit::Ratio, [0.89, 0.9, 0.91]);
        assert_eq!(least.each_ref().map(|[.., verdict]| verdict.as_str()), ["**missed**", "met", "met"]);
        let most = verdicts(Aim::AtMost(15.0), Unit::Mebibytes, [14.0, 15.0, 15.1]);
        assert_eq!(most.each_ref().map(|[.., verdict]| verdict.as_str()), ["met", "met", "**missed**"]);
        let below = verdicts(Aim::Below(2.0), Unit::Percent, [1.9, 2.0, 2.1]);
        assert_eq!(below.each_ref().map(|[.., verdict]| verdict.as_str()), ["met", "**missed**", "**missed**"]);
        assert_eq!(below[0][..2], ["< 2 %", "1.9 (1.9..1.9) %"]);
    }

    #[test]
    fn the_median_is_what_counts_and_without_an_aim_nothing_is_missed() {
        assert_eq!(Figure::new("figure", Aim::AtMost(40.0), Unit::Milliseconds, [30.0, 39.0, 80.0]).cells()[3], "met");
        assert_eq!(Figure::new("figure", Aim::None, Unit::Ratio, [30.0]).cells()[3], "");
    }
}
