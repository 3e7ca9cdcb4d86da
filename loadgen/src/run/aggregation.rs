//! What all workers counted, added up.

use std::borrow::Cow;

use crate::load::{Load, Offered};
use crate::measure::{Bank, CohortShard, CpuTime, DueSource, SeenPeriods, SequenceSource, Truth};
use crate::worker::WorkerResult;

/// Counters and histograms of a run, by phase and cohort.
#[derive(Debug)]
pub(super) struct Aggregate {
    phases: Vec<Vec<CohortShard>>,
}

impl Aggregate {
    pub(super) fn new(load: &Load) -> Self {
        let cohorts = || load.cohorts().iter().map(|_| CohortShard::default());
        let phases = load.phases().iter().map(|_| cohorts().collect());
        Self {
            phases: phases.collect(),
        }
    }

    /// Adds an interval of a phase.
    pub(super) fn add(&mut self, phase: usize, cohorts: &[CohortShard]) {
        for (sum, part) in self.phases[phase].iter_mut().zip(cohorts) {
            sum.merge(part);
        }
    }

    /// Adds what was counted outside of the window.
    pub(super) fn add_counts(&mut self, cohorts: &[CohortShard]) {
        for (sum, part) in self.phases[0].iter_mut().zip(cohorts) {
            sum.add_counts(part);
        }
    }

    /// All of it.
    pub(super) fn whole(&self) -> CohortShard {
        sum(self.phases.iter().flatten())
    }

    /// The figures of all of it.
    pub(super) fn bank(&self) -> Cow<'_, Bank> {
        bank_of(self.phases.iter().flatten())
    }

    /// Of each cohort.
    pub(super) fn by_cohort(&self) -> impl Iterator<Item = CohortShard> {
        let cohorts = self.phases[0].len();
        (0..cohorts).map(|cohort| sum(self.phases.iter().map(|phase| &phase[cohort])))
    }

    /// Of each phase.
    pub(super) fn by_phase(&self) -> impl Iterator<Item = CohortShard> {
        self.phases.iter().map(sum)
    }
}

fn sum<'a>(parts: impl IntoIterator<Item = &'a CohortShard>) -> CohortShard {
    parts
        .into_iter()
        .fold(CohortShard::default(), |mut sum, part| {
            sum.merge(part);
            sum
        })
}

/// The figures of all parts: of one alone its own, which are some megabytes.
pub(super) fn bank_of<'a>(parts: impl IntoIterator<Item = &'a CohortShard>) -> Cow<'a, Bank> {
    let mut parts = parts.into_iter();
    let first = parts
        .next()
        .map_or_else(Cow::default, |part| Cow::Borrowed(&part.bank));
    parts.fold(first, |mut sum, part| {
        sum.to_mut().merge(&part.bank);
        sum
    })
}

/// What the workers of a run brought back beside their intervals, merged.
pub(super) struct Results {
    pub(super) sequence: SequenceSource,
    pub(super) due: DueSource,
    pub(super) seen_periods: SeenPeriods,
    pub(super) kernel_rx: bool,
    pub(super) server_ahead_ns: u64,
    pub(super) last_start_ns: u64,
    pub(super) truth: Option<Box<Truth>>,
    pub(super) offered: Offered,
    /// Of each worker.
    pub(super) cpu: Vec<CpuTime>,
    /// When the last of them ended; 0 without one.
    pub(super) ended_ns: u64,
}

impl Results {
    pub(super) fn of(workers: impl IntoIterator<Item = WorkerResult>) -> Self {
        let mut results = Self {
            sequence: SequenceSource::None,
            due: DueSource::None,
            seen_periods: SeenPeriods::NONE,
            kernel_rx: true,
            server_ahead_ns: 0,
            last_start_ns: 0,
            truth: None,
            offered: Offered::NOTHING,
            cpu: Vec::new(),
            ended_ns: 0,
        };
        for worker in workers {
            results.add(worker);
        }
        results
    }

    fn add(&mut self, worker: WorkerResult) {
        let WorkerResult {
            sequence,
            due,
            seen_periods,
            kernel_rx,
            server_ahead_ns,
            last_start_ns,
            truth,
            offered,
            cpu,
            ended_ns,
        } = worker;
        self.sequence = self.sequence.max(sequence);
        self.due = self.due.max(due);
        self.seen_periods.merge(seen_periods);
        self.kernel_rx &= kernel_rx;
        self.server_ahead_ns = self.server_ahead_ns.max(server_ahead_ns);
        self.last_start_ns = self.last_start_ns.max(last_start_ns);
        if let Some(truth) = &truth {
            self.truth.get_or_insert_default().merge(truth);
        }
        self.offered.merge(offered);
        self.cpu.push(cpu);
        self.ended_ns = self.ended_ns.max(ended_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Metric;

    fn part(events: u64) -> CohortShard {
        let mut part = CohortShard::default();
        part.counters.events = events;
        part.bank.record_n(Metric::Gap, 1_000_000, events);
        part
    }

    #[test]
    fn cohorts_and_phases_are_sums_of_the_same_parts() {
        let mut aggregate = Aggregate {
            phases: vec![vec![CohortShard::default(); 2]; 2],
        };
        aggregate.add(0, &[part(1), part(10)]);
        aggregate.add(1, &[part(2), part(20)]);
        aggregate.add(1, &[part(4), part(40)]);
        let events = |part: CohortShard| (part.counters.events, part.bank.get(Metric::Gap).len());
        let by_cohort: Vec<_> = aggregate.by_cohort().map(events).collect();
        assert_eq!(by_cohort, [(7, 7), (70, 70)]);
        let by_phase: Vec<_> = aggregate.by_phase().map(events).collect();
        assert_eq!(by_phase, [(11, 11), (66, 66)]);
        assert_eq!(events(aggregate.whole()), (77, 77));
        assert_eq!(aggregate.bank().get(Metric::Gap).len(), 77);
    }
}
