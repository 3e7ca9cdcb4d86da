//! One worker's part of one interval.

use super::totals::Totals;
use crate::measure::{Bank, Censored, Counters, Errors};

/// One worker's part of one interval of a run.
#[derive(Debug)]
pub struct IntervalShard {
    /// Which interval: 0 is the first of the window, those of the warm-up are negative.
    pub index: i64,
    /// Whether it is the worker's last one.
    pub last: bool,
    /// By cohort.
    pub cohorts: Vec<CohortShard>,
}

/// What one cohort's streams added to it.
#[derive(Debug, Clone, Default)]
pub struct CohortShard {
    /// Streams open at its end; those that the end of the run cuts off are.
    pub streams_open: u64,
    /// What was counted in it and inside the window.
    pub totals: Totals,
    /// What was counted in it; in the last one of a run also what was after the window.
    pub counters: Counters,
    /// Events that came after all, having been counted as lost in an earlier interval.
    pub(super) found: u64,
    /// Failures in it, by kind.
    pub errors: Errors,
    /// The figures recorded in it, likewise.
    pub bank: Bank,
    /// The waits among them that had not ended.
    pub censored: Censored,
    pub(super) streams_opened: u64,
    pub(super) streams_closed: u64,
}

impl IntervalShard {
    /// An empty one.
    pub(super) fn new(index: i64, cohorts: usize) -> Self {
        let empty = std::iter::repeat_with(CohortShard::default);
        Self {
            index,
            last: false,
            cohorts: empty.take(cohorts).collect(),
        }
    }

    /// Whether it is one of the warm-up.
    #[must_use]
    pub fn is_warmup(&self) -> bool {
        self.index < 0
    }

    /// Adds another worker's part of the same interval.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            index: _,
            last,
            cohorts,
        } = other;
        self.last &= last;
        for (mine, other) in self.cohorts.iter_mut().zip(cohorts) {
            mine.merge(other);
        }
    }
}

impl CohortShard {
    /// Adds another part of the same interval.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            streams_open,
            totals,
            counters,
            found,
            errors,
            bank,
            censored,
            streams_opened,
            streams_closed,
        } = other;
        self.streams_open += streams_open;
        self.totals.merge(*totals);
        self.counters.merge(counters);
        self.found += found;
        self.errors.merge(errors);
        self.bank.merge(bank);
        self.censored.merge(censored);
        self.streams_opened += streams_opened;
        self.streams_closed += streams_closed;
    }

    /// Adds what another part counted over the whole run, but nothing that belongs to the window alone.
    pub(crate) fn add_counts(&mut self, other: &Self) {
        self.counters.merge(&other.counters);
        self.found += other.found;
        self.errors.merge(&other.errors);
    }

    /// What was counted, without events lost that came after all.
    #[must_use]
    pub fn net_counters(&self) -> Counters {
        Counters {
            lost: self.counters.lost.saturating_sub(self.found),
            ..self.counters.clone()
        }
    }
}
