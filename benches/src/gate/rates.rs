//! The comparisons of one case, counted.

use std::fmt;

use serde::Serialize;
use weir::analysis::compare::Answer;
use weir::analysis::compare::simulated::{Case, Found};

use crate::Share;

/// Runs that their deviation is taken from: it is known to 2 %.
const DEVIATION_RUNS: u32 = 1_000;

/// How often the gate answered what.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Rates {
    /// The noise's name.
    noise: &'static str,
    /// Standard deviation of the logarithm of a 99th percentile from run to run, to be held against that of real runs.
    deviation: f64,
    /// What was compared.
    case: Case,
    /// Answers that head is worse: false alarms where the sides are the same.
    regression: Share,
    /// Answers that it is not.
    pass: Share,
    /// Answers that there is not enough data.
    inconclusive: Share,
    /// Runs of each side until the answer: the median.
    runs_median: u32,
}

impl Rates {
    /// Above the columns.
    pub(super) const HEAD: &'static str = concat!(
        "noise                                   sd  head/base  margin  runs  looks",
        "            regression                  pass          inconclusive  runs, median"
    );

    /// Of as many comparisons, each with a seed of its own.
    pub(super) fn of(noise: &'static str, case: Case, comparisons: u64) -> Self {
        let found: Vec<Found> = (0..comparisons).map(|seed| case.compare(seed)).collect();
        let share = |answer| Share::of_those(&found, |found| found.answer == answer);
        let mut runs: Vec<u32> = found.iter().map(|found| found.runs).collect();
        runs.sort_unstable();
        Self {
            noise,
            deviation: case.noise.deviation(0.99, DEVIATION_RUNS),
            case,
            regression: share(Answer::Regression),
            pass: share(Answer::Pass),
            inconclusive: share(Answer::Inconclusive),
            runs_median: runs[runs.len() / 2],
        }
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Case {
            ratio,
            margin,
            runs,
            looks,
            ..
        } = self.case;
        let margin = format!("{:.0} %", margin.relative * 100.0);
        write!(
            f,
            "{:36}{:6.2}{ratio:11}{margin:>8}{runs:6}{looks:7}{:>22}{:>22}{:>22}{:14}",
            self.noise,
            self.deviation,
            self.regression,
            self.pass,
            self.inconclusive,
            self.runs_median
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::cases;

    #[test]
    fn every_comparison_is_counted_once() {
        let (name, case) = cases::all().next().unwrap();
        let rates = Rates::of(name, case, 5);
        let counts = [rates.regression, rates.pass, rates.inconclusive].map(|share| share.count);
        assert_eq!(counts.iter().sum::<u64>(), 5);
        assert_eq!(rates.runs_median, case.runs);
        let width = |line: &str| line.chars().count();
        assert_eq!(width(&rates.to_string()), width(Rates::HEAD));
    }
}
