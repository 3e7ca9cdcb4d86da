//! The window in steps of a second, put together from what the workers ship.

use std::collections::BTreeMap;

use crate::measure::{Bank, IntervalShard, Metric, Window};
use crate::report::{Encoded, Interval};
use crate::worker::INTERVAL_NS;

/// Intervals as they become complete.
pub(super) struct Intervals {
    workers: usize,
    /// By index: what has come of it, and of how many workers.
    pending: BTreeMap<u64, (IntervalShard, usize)>,
    /// The last interval of each worker that is done.
    finished: Vec<u64>,
    complete: Vec<Interval>,
    /// Latencies of all that has come.
    bank: Bank,
}

impl Intervals {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            workers,
            pending: BTreeMap::new(),
            finished: Vec::new(),
            complete: Vec::new(),
            bank: Bank::new(),
        }
    }

    /// Takes one worker's part, and gives the intervals that it completes.
    pub(super) fn take(&mut self, shard: IntervalShard) -> &[Interval] {
        let done = self.complete.len();
        self.bank.merge(&shard.bank);
        if shard.last {
            self.finished.push(shard.index);
        }
        let slot = self.pending.entry(shard.index);
        slot.and_modify(|(sum, parts)| {
            sum.merge(&shard);
            *parts += 1;
        })
        .or_insert((shard, 1));
        while let Some(entry) = self.pending.first_entry() {
            let (index, (sum, parts)) = (*entry.key(), entry.get());
            let absent = self.finished.iter().filter(|&&last| last < index).count();
            // An interval in which the whole run ended is as long as the run says: it waits for that.
            if sum.last || parts + absent < self.workers {
                break;
            }
            let (sum, _) = entry.remove();
            self.complete.push(interval(&sum, INTERVAL_NS));
        }
        &self.complete[done..]
    }

    /// All of them, the last ones as long as the window's end leaves them, and the latencies of the whole run.
    pub(super) fn finish(mut self, window: Window) -> (Vec<Interval>, Bank) {
        for (index, (sum, _)) in self.pending {
            let start_ns = window.start_ns + index * INTERVAL_NS;
            let length_ns = window.end_ns.saturating_sub(start_ns).min(INTERVAL_NS);
            if length_ns > 0 {
                self.complete.push(interval(&sum, length_ns));
            }
        }
        (self.complete, self.bank)
    }
}

fn interval(sum: &IntervalShard, length_ns: u64) -> Interval {
    let end_ns = sum.index * INTERVAL_NS + length_ns;
    let length_s = length_ns as f64 / 1e9;
    let quantile = |metric, quantile| {
        let histogram = sum.bank.get(metric);
        (!histogram.is_empty()).then(|| histogram.value_at_quantile(quantile))
    };
    let histograms = sum.bank.recorded();
    Interval {
        t_s: end_ns as f64 / 1e9,
        streams_open: sum.streams_open,
        events_per_s: sum.events as f64 / length_s,
        bytes_per_s: sum.bytes as f64 / length_s,
        gap_p50_ns: quantile(Metric::Gap, 0.5),
        gap_p99_ns: quantile(Metric::Gap, 0.99),
        delivery_p50_ns: quantile(Metric::Delivery, 0.5),
        delivery_p99_ns: quantile(Metric::Delivery, 0.99),
        client_lag_p99_ns: quantile(Metric::ClientLag, 0.99),
        errors: sum.errors,
        counters: sum.counters.clone(),
        target: None,
        histograms: histograms
            .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{EventMoments, Recorder};

    const START_NS: u64 = 5_000_000_000;
    const OPEN_END: Window = Window {
        start_ns: START_NS,
        end_ns: u64::MAX,
    };

    /// A worker that received `events[i]` events in second `i`, and then was done.
    fn shards(events: &[u64]) -> Vec<IntervalShard> {
        let mut recorder = Recorder::new(OPEN_END);
        let count = events.len();
        (0..)
            .zip(events)
            .map(|(second, &events)| {
                for _ in 0..events {
                    let rx_ns = START_NS + second * INTERVAL_NS;
                    recorder.event(EventMoments {
                        rx_ns,
                        previous_rx_ns: None,
                        due_ns: None,
                        sent_ns: None,
                        previous_sent_ns: None,
                    });
                }
                if second as usize + 1 == count {
                    recorder.last_interval()
                } else {
                    recorder.next_interval()
                }
            })
            .collect()
    }

    #[test]
    fn a_worker_that_is_done_early_is_not_waited_for() {
        let mut intervals = Intervals::new(2);
        let mut long = shards(&[10, 20, 30, 40]).into_iter();
        let mut short = shards(&[1, 2]).into_iter();
        assert!(intervals.take(long.next().unwrap()).is_empty());
        assert_eq!(intervals.take(short.next().unwrap()).len(), 1);
        assert!(intervals.take(short.next().unwrap()).is_empty());
        assert_eq!(intervals.take(long.next().unwrap()).len(), 1);
        assert_eq!(intervals.take(long.next().unwrap()).len(), 1);
        assert!(intervals.take(long.next().unwrap()).is_empty());
        let end_ns = START_NS + 3 * INTERVAL_NS + INTERVAL_NS / 2;
        let (all, _) = intervals.finish(Window { end_ns, ..OPEN_END });
        let rates: Vec<f64> = all.iter().map(|interval| interval.events_per_s).collect();
        assert_eq!(rates, [11.0, 22.0, 30.0, 80.0]);
        let ends: Vec<f64> = all.iter().map(|interval| interval.t_s).collect();
        assert_eq!(ends, [1.0, 2.0, 3.0, 3.5]);
    }

    #[test]
    fn a_run_that_ends_before_its_window_has_no_intervals() {
        let mut intervals = Intervals::new(1);
        intervals.take(shards(&[0]).remove(0));
        let end_ns = START_NS - 1;
        let (all, _) = intervals.finish(Window { end_ns, ..OPEN_END });
        assert!(all.is_empty());
    }
}
