//! The search for the highest rate that can be measured.

use serde::Serialize;

use crate::report::Report;
use crate::verdict::{Code, Status};

/// Part of what was offered that must have come: with less the run measured another rate.
const ACHIEVED: f64 = 0.99;

/// Where a search looks: at rates that double until one fails, and then between the highest valid rate and the next
/// one above it that is not; if none is valid, between those that are invalid and those that are not.
#[derive(Debug, Clone, Copy)]
pub struct Search {
    /// The first rate, of all streams together.
    pub from_events_per_s: u64,
    /// No rate above this is tried.
    pub to_events_per_s: u64,
    /// Rates tried between the two.
    pub bisections: usize,
}

/// What became of one rate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trial {
    /// What the server was asked for, of all streams together.
    pub offered_events_per_s: u64,
    /// What came.
    pub achieved_events_per_s: f64,
    /// Of the verdict.
    pub status: Status,
    /// Its reasons.
    pub codes: Vec<Code>,
}

/// Every rate that was tried, in that order, and what it comes to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rates {
    /// The highest whose verdict was valid, and of which 99 % came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest_valid_events_per_s: Option<u64>,
    /// The highest whose verdict was valid or suspect, and of which 99 % came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub highest_not_invalid_events_per_s: Option<u64>,
    /// All of them.
    #[serde(rename = "rates")]
    pub trials: Vec<Trial>,
}

impl Search {
    /// The rate to try next, if there is one left.
    ///
    /// Rates go up as long as they come and their verdict is not invalid: what makes a run suspect on one machine with its
    /// server (processors that both share, time that a hypervisor took) may be gone at the next rate, or not matter.
    #[must_use]
    pub fn next(self, trials: &[Trial]) -> Option<u64> {
        let climbed = self.climbed(trials);
        let (climb, between) = trials.split_at(climbed);
        if between.is_empty() && climb.iter().all(Trial::is_not_invalid) {
            let above = self.step(climbed);
            if above <= self.to_events_per_s {
                return Some(above);
            }
        }
        if between.len() == self.bisections {
            return None;
        }
        let (good, bad) = [Trial::is_valid, Trial::is_not_invalid]
            .into_iter()
            .find_map(|is_good| Some((highest(trials, is_good)?, first_above(trials, is_good)?)))?;
        Some(u64::midpoint(good, bad.offered_events_per_s))
    }

    /// How many of the trials are of the rates that double.
    fn climbed(self, trials: &[Trial]) -> usize {
        let is_step =
            |(number, trial): &(usize, &Trial)| trial.offered_events_per_s == self.step(*number);
        (0..).zip(trials).take_while(is_step).count()
    }

    fn step(self, number: usize) -> u64 {
        self.from_events_per_s << number
    }
}

impl Trial {
    /// What a run at this rate came to.
    #[must_use]
    pub fn of(offered_events_per_s: u64, report: &Report) -> Self {
        let reasons = report.verdict.reasons.iter();
        Self {
            offered_events_per_s,
            achieved_events_per_s: report.throughput.events_per_s,
            status: report.verdict.status,
            codes: reasons.map(|reason| reason.code).collect(),
        }
    }

    /// What came of what was offered.
    #[must_use]
    pub fn achieved_ratio(&self) -> f64 {
        self.achieved_events_per_s / self.offered_events_per_s as f64
    }

    /// Whether it came, but for a hundredth.
    #[must_use]
    pub fn is_achieved(&self) -> bool {
        self.achieved_ratio() >= ACHIEVED
    }

    fn is_valid(&self) -> bool {
        self.is_achieved() && self.status == Status::Valid
    }

    fn is_not_invalid(&self) -> bool {
        self.is_achieved() && self.status != Status::Invalid
    }
}

impl Rates {
    /// What these trials come to.
    #[must_use]
    pub fn of(trials: Vec<Trial>) -> Self {
        Self {
            highest_valid_events_per_s: highest(&trials, Trial::is_valid),
            highest_not_invalid_events_per_s: highest(&trials, Trial::is_not_invalid),
            trials,
        }
    }

    /// The lowest rate above every valid one: what was the matter with it.
    #[must_use]
    pub fn first_not_valid(&self) -> Option<&Trial> {
        first_above(&self.trials, Trial::is_valid)
    }
}

fn highest(trials: &[Trial], is_good: fn(&Trial) -> bool) -> Option<u64> {
    let good = trials.iter().filter(|trial| is_good(trial));
    good.map(|trial| trial.offered_events_per_s).max()
}

/// The lowest rate above every good one.
fn first_above(trials: &[Trial], is_good: fn(&Trial) -> bool) -> Option<&Trial> {
    let good = highest(trials, is_good);
    trials
        .iter()
        .filter(|trial| Some(trial.offered_events_per_s) > good)
        .min_by_key(|trial| trial.offered_events_per_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEARCH: Search = Search {
        from_events_per_s: 10_000,
        to_events_per_s: 80_000,
        bisections: 2,
    };

    fn trial(offered_events_per_s: u64, achieved: f64, status: Status) -> Trial {
        Trial {
            offered_events_per_s,
            achieved_events_per_s: achieved * offered_events_per_s as f64,
            status,
            codes: Vec::new(),
        }
    }

    /// The rates that a search tries on a machine where `run` is what happens, and what they come to.
    fn search(run: impl Fn(u64) -> (f64, Status)) -> (Vec<u64>, Rates) {
        let mut trials = Vec::new();
        while let Some(rate) = SEARCH.next(&trials) {
            let (achieved, status) = run(rate);
            trials.push(trial(rate, achieved, status));
        }
        let tried = trials.iter().map(|trial| trial.offered_events_per_s);
        (tried.collect(), Rates::of(trials))
    }

    #[test]
    fn the_limit_is_found_between_the_last_good_and_the_first_bad_rate() {
        let (tried, rates) = search(|rate| match rate {
            ..=33_000 => (1.0, Status::Valid),
            _ => (1.0, Status::Invalid),
        });
        assert_eq!(tried, [10_000, 20_000, 40_000, 30_000, 35_000]);
        assert_eq!(rates.highest_valid_events_per_s, Some(30_000));
        assert_eq!(rates.highest_not_invalid_events_per_s, Some(30_000));
        assert_eq!(
            rates.first_not_valid().unwrap().offered_events_per_s,
            35_000
        );
    }

    #[test]
    fn a_rate_that_does_not_come_is_as_bad_as_an_invalid_one() {
        let (tried, rates) = search(|rate| match rate {
            ..=10_000 => (0.99, Status::Valid),
            _ => (0.98, Status::Valid),
        });
        assert_eq!(tried, [10_000, 20_000, 15_000, 12_500]);
        assert_eq!(rates.highest_valid_events_per_s, Some(10_000));
    }

    #[test]
    fn suspect_rates_are_climbed_past_but_are_not_valid() {
        let (tried, rates) = search(|rate| match rate {
            ..=20_000 => (1.0, Status::Valid),
            20_001..=40_000 => (1.0, Status::Suspect),
            _ => (1.0, Status::Invalid),
        });
        assert_eq!(tried, [10_000, 20_000, 40_000, 80_000, 30_000, 25_000]);
        assert_eq!(rates.highest_valid_events_per_s, Some(20_000));
        assert_eq!(rates.highest_not_invalid_events_per_s, Some(40_000));
        let (tried, rates) = search(|rate| match rate {
            ..=20_000 => (1.0, Status::Suspect),
            _ => (1.0, Status::Invalid),
        });
        assert_eq!(tried, [10_000, 20_000, 40_000, 30_000, 25_000]);
        assert_eq!(rates.highest_valid_events_per_s, None);
        assert_eq!(rates.highest_not_invalid_events_per_s, Some(20_000));
        // A rate that was suspect by chance stands below one that was valid.
        let (_, by_chance) = search(|rate| match rate {
            10_000 => (1.0, Status::Suspect),
            _ => (1.0, Status::Valid),
        });
        assert_eq!(by_chance.highest_valid_events_per_s, Some(80_000));
        assert_eq!(by_chance.first_not_valid(), None);
    }

    #[test]
    fn a_search_stops_at_its_bound_and_where_nothing_is_good() {
        let (tried, rates) = search(|_| (1.0, Status::Valid));
        assert_eq!(tried, [10_000, 20_000, 40_000, 80_000]);
        assert_eq!(rates.highest_valid_events_per_s, Some(80_000));
        let (tried, rates) = search(|_| (1.0, Status::Invalid));
        assert_eq!(tried, [10_000]);
        assert_eq!(rates.highest_not_invalid_events_per_s, None);
        assert_eq!(
            rates.first_not_valid().unwrap().offered_events_per_s,
            10_000
        );
    }
}
