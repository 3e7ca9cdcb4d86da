//! The run second by second, put together from what the workers ship.

use std::collections::BTreeMap;

use super::aggregation::{Aggregate, bank_of};
use super::observer::Tick;
use crate::load::Load;
use crate::measure::{Bank, CohortShard, INTERVAL_NS, IntervalShard, Window};
use crate::report::{Interval, Series};

/// Intervals as they become complete.
pub(super) struct Intervals {
    workers: usize,
    load: Load,
    /// By index: what has come of it, and of how many workers.
    pending: BTreeMap<i64, (IntervalShard, usize)>,
    /// The last interval of each worker that is done.
    finished: Vec<i64>,
    /// What was counted in the warm-up, which the first second of the window has as well.
    warmup: Vec<CohortShard>,
    series: Series,
    aggregate: Aggregate,
}

impl Intervals {
    pub(super) fn new(workers: usize, load: &Load) -> Self {
        Self {
            workers,
            load: *load,
            pending: BTreeMap::new(),
            finished: Vec::new(),
            warmup: Vec::new(),
            series: Series::new(),
            aggregate: Aggregate::new(load),
        }
    }

    /// Takes one worker's part, and calls `tick` for each interval that it completes.
    pub(super) fn take(&mut self, shard: IntervalShard, mut tick: impl FnMut(&Tick<'_>)) {
        if shard.last {
            self.finished.push(shard.index);
        }
        match self.pending.get_mut(&shard.index) {
            Some((sum, parts)) => {
                sum.merge(&shard);
                *parts += 1;
            }
            None => {
                self.pending.insert(shard.index, (shard, 1));
            }
        }
        while let Some(entry) = self.pending.first_entry() {
            let (index, (sum, parts)) = (*entry.key(), entry.get());
            let absent = self.finished.iter().filter(|&&last| last < index).count();
            // An interval in which the whole run ended is as long as the run says: it waits for that.
            if sum.last || parts + absent < self.workers {
                break;
            }
            let (sum, _) = entry.remove();
            self.complete(sum, INTERVAL_NS, &mut tick);
        }
    }

    /// What all of them come to, the last ones as long as the window's end leaves them.
    pub(super) fn finish(
        mut self,
        window: Window,
        mut tick: impl FnMut(&Tick<'_>),
    ) -> (Vec<Interval>, Aggregate) {
        for (index, (sum, _)) in std::mem::take(&mut self.pending) {
            let start_ns = window.interval_start_ns(index);
            let length_ns = window.end_ns.saturating_sub(start_ns).min(INTERVAL_NS);
            self.complete(sum, length_ns, &mut tick);
        }
        // Of a run that ended before its window began.
        self.aggregate.add_counts(&self.warmup);
        (self.series.into_intervals(), self.aggregate)
    }

    fn complete(
        &mut self,
        mut sum: IntervalShard,
        length_ns: u64,
        tick: &mut impl FnMut(&Tick<'_>),
    ) {
        let is_warmup = sum.is_warmup();
        if is_warmup {
            self.count_warmup(&sum.cohorts);
        } else {
            for (part, before) in sum.cohorts.iter_mut().zip(self.warmup.drain(..)) {
                part.add_counts(&before);
            }
            let phase = self.load.phase_of(sum.index.unsigned_abs());
            self.aggregate.add(phase, &sum.cohorts);
        }
        let second = bank_of(&sum.cohorts);
        let Some(interval) = interval(&sum, &second, length_ns) else {
            return;
        };
        tick(&Tick {
            is_warmup,
            interval: &interval,
            second: &second,
            whole: &self.aggregate.bank(),
        });
        if !is_warmup {
            self.series.push(interval);
        }
    }

    fn count_warmup(&mut self, cohorts: &[CohortShard]) {
        self.warmup.resize_with(cohorts.len(), CohortShard::default);
        for (sum, part) in self.warmup.iter_mut().zip(cohorts) {
            sum.add_counts(part);
        }
    }
}

/// An interval as it stands in a report, with these figures; `None` of one that has no length.
fn interval(sum: &IntervalShard, bank: &Bank, length_ns: u64) -> Option<Interval> {
    if length_ns == 0 {
        return None;
    }
    let begin_s = sum.index as f64 * (INTERVAL_NS as f64 / 1e9);
    let length_s = length_ns as f64 / 1e9;
    let mut interval = Interval {
        t_s: begin_s + length_s,
        ..Interval::default()
    };
    for part in &sum.cohorts {
        interval.streams_open += part.streams_open;
        interval.events_per_s += part.totals.events as f64 / length_s;
        interval.bytes_per_s += part.totals.bytes as f64 / length_s;
        interval.errors += part.totals.streams_failed;
        interval.counters.merge(&part.counters);
    }
    Some(interval.with_figures_of(bank))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    use crate::measure::{Cohort, EventMoments, Metric, Recorder};

    const START_NS: u64 = 5_000_000_000;
    const ALL: Cohort = Cohort::FIRST;

    fn intervals(workers: usize) -> Intervals {
        Intervals::new(workers, &Load::closed(1, Duration::ZERO))
    }

    fn window(end_ns: u64) -> Window {
        Window {
            start_ns: START_NS,
            end_ns,
        }
    }

    /// What a worker ships that received `events[i]` events in second `i`, the first of which is one of the warm-up, and then
    /// was done.
    fn shards(events: &[u64]) -> Vec<IntervalShard> {
        let begin_ns = START_NS - INTERVAL_NS;
        let end_ns = begin_ns + events.len() as u64 * INTERVAL_NS;
        let mut recorder = Recorder::new(begin_ns, window(end_ns), 1);
        for (second, &events) in (0..).zip(events) {
            for event in 0..events {
                let rx_ns = begin_ns + second * INTERVAL_NS + event;
                let moments = EventMoments {
                    rx_ns,
                    previous_rx_ns: Some(rx_ns - 1_000_000),
                    due_ns: None,
                    sent_ns: None,
                    previous_sent_ns: None,
                };
                recorder.event(ALL, moments);
            }
        }
        recorder.finish()
    }

    /// The ends of the intervals that a part completes.
    fn ends_s(intervals: &mut Intervals, shard: IntervalShard) -> Vec<f64> {
        let mut ends_s = Vec::new();
        intervals.take(shard, |tick| ends_s.push(tick.interval.t_s));
        ends_s
    }

    #[test]
    fn a_worker_that_is_done_early_is_not_waited_for() {
        let mut intervals = intervals(2);
        let mut long = shards(&[5, 10, 20, 30, 40]).into_iter();
        let mut short = shards(&[5, 1, 2]).into_iter();
        let mut from = |worker: &mut std::vec::IntoIter<IntervalShard>| {
            ends_s(&mut intervals, worker.next().unwrap())
        };
        assert!(from(&mut long).is_empty());
        assert_eq!(from(&mut short), [0.0]);
        assert!(from(&mut short).is_empty());
        assert_eq!(from(&mut long), [1.0]);
        assert!(from(&mut short).is_empty());
        assert_eq!(from(&mut long), [2.0]);
        assert_eq!(from(&mut long), [3.0]);
        assert!(from(&mut long).is_empty());
        let end_ns = START_NS + 3 * INTERVAL_NS + INTERVAL_NS / 2;
        let (all, aggregate) = intervals.finish(window(end_ns), |_| {});
        let rates: Vec<f64> = all.iter().map(|interval| interval.events_per_s).collect();
        assert_eq!(rates, [11.0, 22.0, 30.0, 80.0]);
        let ends: Vec<f64> = all.iter().map(|interval| interval.t_s).collect();
        assert_eq!(ends, [1.0, 2.0, 3.0, 3.5]);
        // The warm-up is counted, and measured by nothing.
        assert_eq!(all[0].counters.events, 21);
        let whole = aggregate.whole();
        assert_eq!((whole.counters.events, whole.totals.events), (113, 103));
        assert_eq!(whole.bank.get(Metric::Gap).len(), 103);
    }

    #[test]
    fn a_run_that_ends_before_its_window_has_no_intervals_and_its_counts() {
        let mut intervals = intervals(1);
        for shard in shards(&[7]) {
            assert!(ends_s(&mut intervals, shard).is_empty());
        }
        let (all, aggregate) = intervals.finish(window(START_NS - 1), |_| {});
        assert!(all.is_empty());
        let whole = aggregate.whole();
        assert_eq!((whole.counters.events, whole.totals.events), (7, 0));
        assert!(whole.bank.get(Metric::Gap).is_empty());
    }

    #[test]
    fn who_listens_hears_of_the_warm_up_too() {
        let mut intervals = intervals(1);
        let mut heard = Vec::new();
        for shard in shards(&[5, 10, 20, 1]) {
            intervals.take(shard, |tick| {
                let gaps = |bank: &Bank| bank.get(Metric::Gap).len();
                heard.push((tick.is_warmup, gaps(tick.second), gaps(tick.whole)));
            });
        }
        assert_eq!(heard, [(true, 5, 0), (false, 10, 10), (false, 20, 30)]);
    }
}
