//! The searches of one kind of target, counted.

use std::fmt;

use serde::Serialize;
use weir::analysis::capacity::simulated::{Found, Kind, Miss};

use crate::Share;

/// How often a search was right, and what it took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Rates {
    /// Of the targets.
    target: Kind,
    /// Right, but for the goal's width.
    hits: Share,
    /// Said to hold more than it does.
    too_high: Share,
    /// Said to hold less.
    too_low: Share,
    /// Right to the last digit: the capacity lies between the bounds.
    bracketed: Share,
    /// Searches that ran out of trials.
    unfinished: Share,
    /// Trials of a search: the median.
    trials_median: usize,
    /// The most.
    trials_max: usize,
    /// Seconds of trials of a search: the median.
    time_s_median: f64,
}

impl Rates {
    /// Above the columns.
    pub(super) const HEAD: &'static str = concat!(
        "target                         right                  too high                   too low",
        "   bracket  trials    most"
    );

    /// Of as many searches, each with a seed of its own.
    pub(super) fn of(kind: Kind, searches: u64) -> Self {
        let found: Vec<Found> = (0..searches)
            .map(|seed| kind.target(seed).search())
            .collect();
        let share = |is_counted: fn(&Found) -> bool| Share::of_those(&found, is_counted);
        let mut trials: Vec<usize> = found.iter().map(|found| found.trials.len()).collect();
        trials.sort_unstable();
        let seconds = |found: &Found| found.trials.iter().map(|trial| trial.took_s).sum();
        let mut times_s: Vec<f64> = found.iter().map(seconds).collect();
        times_s.sort_by(f64::total_cmp);
        Self {
            target: kind,
            hits: share(|found| found.miss() == Miss::Hit),
            too_high: share(|found| found.miss() == Miss::TooHigh),
            too_low: share(|found| found.miss() == Miss::TooLow),
            bracketed: share(Found::is_bracketed),
            unfinished: share(|found| !found.is_finished()),
            trials_median: trials[trials.len() / 2],
            trials_max: trials[trials.len() - 1],
            time_s_median: times_s[times_s.len() / 2],
        }
    }

    /// The target's name, as in the record.
    fn name(&self) -> &'static str {
        match self.target {
            Kind::Hard => "hard",
            Kind::Soft => "soft",
            Kind::Noisy => "noisy",
            Kind::Inverted => "inverted",
            Kind::Mm1 => "mm1",
            Kind::Growing => "growing",
            Kind::Starving => "starving",
            Kind::Sparse => "sparse",
        }
    }
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bracketed = format!("{:.1} %", self.bracketed.ratio * 100.0);
        write!(
            f,
            "{:<10}{:>26}{:>26}{:>26}{bracketed:>10}{:>8}{:>8}",
            self.name(),
            self.hits,
            self.too_high,
            self.too_low,
            self.trials_median,
            self.trials_max
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_search_is_counted_once() {
        let rates = Rates::of(Kind::Noisy, 50);
        let counts = [rates.hits, rates.too_high, rates.too_low].map(|share| share.count);
        assert_eq!(counts.iter().sum::<u64>(), 50);
        assert!(rates.hits.count > 40, "{rates:?}");
        assert!(
            rates.trials_median > 10 && rates.trials_max <= 60,
            "{rates:?}"
        );
        let width = |line: &str| line.chars().count();
        assert_eq!(width(&rates.to_string()), width(Rates::HEAD));
    }
}
