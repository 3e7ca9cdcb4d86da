//! Whether a latency grew through a trial, as that of a queue does which takes more than it is served.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::measure::{Metric, new_histogram, samples_needed};
use crate::report::{Interval, Report};

/// A latency that grew from third to third of a trial: that load is not carried, whatever was lost of it meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// Which.
    pub metric: Metric,
    /// Of which quantile.
    pub quantile: f64,
    /// In the first third.
    pub from_ns: u64,
    /// In the last.
    pub to_ns: u64,
}

/// What grows where a queue does. What is lost for ever is counted elsewhere.
const METRICS: [Metric; 3] = [Metric::Delivery, Metric::Ttfe, Metric::Gap];

/// Quantiles, with the least factor between the first third and the last. A queue that began empty, a fifth of the trial before it,
/// has tripled by the last third; the higher a quantile the more it differs from third to third where nothing grows.
const QUANTILES: [(f64, f64); 3] = [(0.5, 1.5), (0.9, 1.5), (0.99, 2.0)];

/// A queue grows evenly, half of it from the first to the second third; a burst in one of them does not.
const STEP: f64 = 0.25;

/// What is below is the machine's noise.
const LEAST_NS: u64 = 1_000_000;

impl Growth {
    /// Of the run's seconds; those that are over before there are three of them have no thirds.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        METRICS
            .into_iter()
            .find_map(|metric| Self::between(metric, &thirds(&report.intervals, metric)?))
    }

    /// Of the samples of three thirds.
    #[must_use]
    pub fn between(metric: Metric, thirds: &[Histogram<u64>; 3]) -> Option<Self> {
        let fewest = thirds.iter().map(Histogram::len).min()?;
        QUANTILES
            .into_iter()
            .filter(|(quantile, _)| fewest >= samples_needed(*quantile))
            .find_map(|(quantile, factor)| {
                let [from_ns, middle_ns, to_ns] = thirds
                    .each_ref()
                    .map(|third| third.value_at_quantile(quantile));
                let grown_ns = to_ns.checked_sub(from_ns)?;
                let first_ns = middle_ns.checked_sub(from_ns)?;
                let second_ns = to_ns.checked_sub(middle_ns)?;
                let is_even = first_ns.min(second_ns) as f64 >= STEP * grown_ns as f64;
                let is_much = grown_ns >= LEAST_NS && to_ns as f64 >= factor * from_ns as f64;
                (is_even && is_much).then_some(Self {
                    metric,
                    quantile,
                    from_ns,
                    to_ns,
                })
            })
    }
}

/// The first and the last third are equally many intervals, the second is what is between them.
fn thirds(intervals: &[Interval], metric: Metric) -> Option<[Histogram<u64>; 3]> {
    let third = intervals.len() / 3;
    let (first, rest) = intervals.split_at(third);
    let (middle, last) = rest.split_at(rest.len() - third);
    (third > 0).then(|| [first, middle, last].map(|part| samples(part, metric)))
}

fn samples(intervals: &[Interval], metric: Metric) -> Histogram<u64> {
    let mut all = new_histogram();
    for encoded in intervals
        .iter()
        .filter_map(|interval| interval.histograms.get(&metric))
    {
        all.add(encoded.decode())
            .expect("all histograms here have the same bounds");
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::super::measurement::tests::{histogram_ms, report};
    use super::*;

    /// A run whose every second has deliveries around so many milliseconds.
    fn seconds(means_ms: &[u64]) -> Option<Growth> {
        let interval = |(t_s, &mean_ms): (u32, &u64)| Interval {
            t_s: t_s.into(),
            histograms: [(
                Metric::Delivery,
                histogram_ms((0..1_000).map(|k| mean_ms / 2 + mean_ms * k / 1_000)),
            )]
            .into(),
            ..Interval::default()
        };
        let report = Report {
            intervals: (1..).zip(means_ms).map(interval).collect(),
            ..report(10)
        };
        Growth::of(&report)
    }

    #[test]
    fn a_queue_that_grows_is_seen() {
        let growth = seconds(&[15, 25, 35, 45, 55]).unwrap();
        assert_eq!((growth.metric, growth.quantile), (Metric::Delivery, 0.5));
        assert!((14_000_000..16_000_000).contains(&growth.from_ns));
        assert!((54_000_000..56_000_000).contains(&growth.to_ns));
    }

    #[test]
    fn a_burst_a_recovery_and_what_is_too_short_or_too_small_are_none() {
        for quiet in [
            &[15, 15, 15, 15, 15][..],
            &[15, 15, 15, 15, 60],
            &[60, 40, 30, 20, 10],
            &[15, 60, 60, 60, 20],
            &[15, 55],
            &[],
        ] {
            assert_eq!(seconds(quiet), None, "{quiet:?}");
        }
        let of_us = |us: u64| {
            let mut histogram = new_histogram();
            histogram.record_n(us * 1_000, 1_000).unwrap();
            histogram
        };
        let small = [100, 200, 400].map(of_us);
        assert_eq!(Growth::between(Metric::Delivery, &small), None);
    }

    #[test]
    fn a_queue_of_a_fifth_of_the_streams_is_seen_too() {
        let third = |queue_ms: u64| {
            histogram_ms((0..1_000).map(|k| if k % 5 > 0 { 5 } else { queue_ms })).decode()
        };
        let growth = Growth::between(Metric::Delivery, &[10, 30, 50].map(third)).unwrap();
        assert_eq!(growth.quantile, 0.9);
    }
}
