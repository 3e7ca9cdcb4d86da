//! Histograms added, and latencies made of the sums.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use crate::measure::{Bank, Metric};
use crate::report::{Encoded, Latency, Report};

/// The sum of every metric.
pub(super) fn histograms(reports: &[&Report]) -> Bank {
    let mut bank = Bank::new();
    for (metric, encoded) in reports.iter().flat_map(|report| &report.histograms) {
        bank.add(*metric, &encoded.decode());
    }
    bank
}

pub(super) fn encoded(bank: &Bank) -> BTreeMap<Metric, Encoded> {
    bank.recorded()
        .map(|(metric, histogram)| (metric, Encoded::of(histogram)))
        .collect()
}

pub(super) fn merge(reports: &[&Report], bank: &Bank) -> BTreeMap<Metric, Latency> {
    let latency = |(metric, histogram)| {
        let latency = Latency {
            lower_bound_above: known_to(reports, metric, histogram),
            ..Latency::of(histogram)?
        };
        Some((metric, latency))
    };
    bank.recorded().filter_map(latency).collect()
}

/// The quantile above which values are lower bounds, if there is one: where the first value stands from which a shard has only
/// bounds. The waits themselves that had not ended are not in a report, so this may be lower than the whole would have said.
fn known_to(reports: &[&Report], metric: Metric, sum: &Histogram<u64>) -> Option<f64> {
    let from_ns = |report: &&Report| {
        let known_to = report.latency.get(&metric)?.lower_bound_above?;
        Some(
            report
                .histograms
                .get(&metric)?
                .decode()
                .value_at_quantile(known_to),
        )
    };
    let from_ns = reports.iter().filter_map(from_ns).min()?;
    let known_to = sum.quantile_below(from_ns);
    (known_to < 1.0).then_some(known_to)
}
