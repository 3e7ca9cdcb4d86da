//! The searches of one kind of target, counted.

use serde::Serialize;
use weir::analysis::capacity::simulated::{Found, Kind, Miss};

use crate::Share;

/// How often a search was right, and what it took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rates {
    /// Of the targets.
    pub target: Kind,
    /// Right, but for the goal's width.
    pub hits: Share,
    /// Said to hold more than it does.
    pub too_high: Share,
    /// Said to hold less.
    pub too_low: Share,
    /// Right to the last digit: the capacity lies between the bounds.
    pub bracketed: Share,
    /// Searches that ran out of trials.
    pub unfinished: Share,
    /// Trials of a search: the median.
    pub trials_median: usize,
    /// The most.
    pub trials_max: usize,
    /// Seconds of trials of a search: the median.
    pub time_s_median: f64,
}

impl Rates {
    /// Of as many searches, each with a seed of its own.
    #[must_use]
    pub fn of(kind: Kind, searches: u64) -> Self {
        let found: Vec<Found> = (0..searches)
            .map(|seed| kind.target(seed).search())
            .collect();
        let share = |is_counted: &dyn Fn(&Found) -> bool| {
            let counted = found.iter().filter(|found| is_counted(found)).count();
            Share::of(counted as u64, searches)
        };
        let mut trials: Vec<usize> = found.iter().map(|found| found.trials.len()).collect();
        trials.sort_unstable();
        let seconds = |found: &Found| found.trials.iter().map(|trial| trial.took_s).sum();
        let mut times_s: Vec<f64> = found.iter().map(seconds).collect();
        times_s.sort_by(f64::total_cmp);
        Self {
            target: kind,
            hits: share(&|found| found.miss() == Miss::Hit),
            too_high: share(&|found| found.miss() == Miss::TooHigh),
            too_low: share(&|found| found.miss() == Miss::TooLow),
            bracketed: share(&Found::is_bracketed),
            unfinished: share(&|found| !found.is_finished()),
            trials_median: trials[trials.len() / 2],
            trials_max: trials[trials.len() - 1],
            time_s_median: times_s[times_s.len() / 2],
        }
    }

    /// The target's name, as in the record.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.target {
            Kind::Hard => "hard",
            Kind::Soft => "soft",
            Kind::Noisy => "noisy",
            Kind::Inverted => "inverted",
            Kind::Mm1 => "mm1",
        }
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
    }
}
