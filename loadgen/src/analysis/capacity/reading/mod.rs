//! What a trial's report says of the target beside its latencies.

mod growth;
mod little;
mod streams;
mod unusable;

use hdrhistogram::Histogram;

pub use growth::Growth;
pub use little::Little;
pub use streams::LostStreams;
pub use unusable::Unusable;

use crate::measure::Metric;
use crate::report::Report;

/// Of a metric, in the whole run; `None` without a sample.
pub(super) fn histogram(report: &Report, metric: Metric) -> Option<Histogram<u64>> {
    let encoded = report.histograms.get(&metric)?;
    Some(encoded.decode()).filter(|histogram| !histogram.is_empty())
}

/// Samples from `from_ns` on, as far as buckets tell: the whole of the one that it lies in.
pub(super) fn samples_from(histogram: &Histogram<u64>, from_ns: u64) -> u64 {
    let samples = histogram.iter_recorded();
    samples
        .filter(|sample| sample.value_iterated_to() >= from_ns)
        .map(|sample| sample.count_since_last_iteration())
        .sum()
}
