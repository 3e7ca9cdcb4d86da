//! What a comparison can be fooled by, counted.

use std::fmt;

use serde::Serialize;
use weir::analysis::compare::Answer;
use weir::analysis::compare::simulated::Trouble;

use crate::Share;

/// How often the gate answered what, of whole reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct TroubleRates {
    trouble: Trouble,
    /// In a few words.
    name: &'static str,
    /// Whether head is worse: a pass is then wrong, and else a regression.
    is_worse: bool,
    /// Answers that head is worse.
    regression: Share,
    /// Answers that it is not.
    pass: Share,
    /// Answers that there is not enough data.
    inconclusive: Share,
    /// Those that were not compared.
    refused: Share,
}

impl TroubleRates {
    /// Above the columns.
    pub(super) const HEAD: &'static str = concat!(
        "whole reports, eight runs a side, no margin    head is",
        "            regression                  pass          inconclusive               refused"
    );

    /// Of as many comparisons, each with a seed of its own.
    pub(super) fn of(trouble: Trouble, comparisons: u64) -> Self {
        let found: Vec<Option<Answer>> =
            (0..comparisons).map(|seed| trouble.compare(seed)).collect();
        let share = |answer| Share::of_those(&found, |found| *found == answer);
        Self {
            trouble,
            name: trouble.name(),
            is_worse: trouble.is_worse(),
            regression: share(Some(Answer::Regression)),
            pass: share(Some(Answer::Pass)),
            inconclusive: share(Some(Answer::Inconclusive)),
            refused: share(None),
        }
    }
}

impl fmt::Display for TroubleRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = if self.is_worse { "worse" } else { "the same" };
        write!(
            f,
            "{:43}{head:>11}{:>22}{:>22}{:>22}{:>22}",
            self.name, self.regression, self.pass, self.inconclusive, self.refused
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_comparison_is_counted_once() {
        let rates = TroubleRates::of(Trouble::Copies, 2);
        assert_eq!((rates.refused.count, rates.regression.count), (2, 0));
        let width = |line: &str| line.chars().count();
        assert_eq!(width(&rates.to_string()), width(TroubleRates::HEAD));
    }
}
