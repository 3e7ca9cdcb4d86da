//! Histograms added, and latencies made of the sums.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::measure::{Bank, Metric};
use crate::report::{Encoded, Latency, Part, Report};

/// What a shard, or a part of it, says of its metrics.
#[derive(Clone, Copy)]
pub(super) struct Figures<'a> {
    latency: &'a BTreeMap<Metric, Latency>,
    histograms: &'a BTreeMap<Metric, Encoded>,
}

impl<'a> Figures<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            latency: &report.latency,
            histograms: &report.histograms,
        }
    }

    pub(super) fn of_part(part: &'a Part) -> Self {
        Self {
            latency: &part.latency,
            histograms: &part.histograms,
        }
    }
}

/// The sum of every metric.
pub(super) fn histograms(shards: &[Figures<'_>]) -> Bank {
    let mut bank = Bank::new();
    for (metric, encoded) in shards.iter().flat_map(|shard| shard.histograms) {
        bank.add(*metric, &encoded.decode());
    }
    bank
}

pub(super) fn encoded(bank: &Bank) -> BTreeMap<Metric, Encoded> {
    bank.recorded()
        .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
        .collect()
}

pub(super) fn merge(shards: &[Figures<'_>], bank: &Bank) -> BTreeMap<Metric, Latency> {
    let latency = |(metric, histogram)| {
        let latency = Latency {
            lower_bound_above: known_to(shards, metric, histogram),
            ..Latency::of(histogram)?
        };
        Some((metric, latency))
    };
    bank.recorded().filter_map(latency).collect()
}

/// The quantile above which values are lower bounds, if there is one: where the first value stands from which a shard has only
/// bounds. The waits themselves that had not ended are not in a report, so this may be lower than the whole would have said.
fn known_to(shards: &[Figures<'_>], metric: Metric, sum: &Histogram<u64>) -> Option<f64> {
    let from_ns = |shard: &Figures<'_>| {
        let known_to = shard.latency.get(&metric)?.lower_bound_above?;
        let histogram = shard.histograms.get(&metric)?.decode();
        Some(histogram.value_at_quantile(known_to))
    };
    let from_ns = shards.iter().filter_map(from_ns).min()?;
    let known_to = sum.quantile_below(from_ns);
    (known_to < 1.0).then_some(known_to)
}
