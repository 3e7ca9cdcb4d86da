//! A histogram's figures.

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Count, moments and percentiles of one metric, in nanoseconds; quantiles as HdrHistogram gives them, 3 significant
/// digits, the largest value of their bucket.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the fields are what their names say; the type says the rest"
)]
pub struct Latency {
    pub count: u64,
    pub min_ns: u64,
    pub mean_ns: f64,
    pub stddev_ns: f64,
    pub p50_ns: u64,
    pub p75_ns: u64,
    pub p90_ns: u64,
    pub p95_ns: u64,
    pub p99_ns: u64,
    pub p99_9_ns: u64,
    pub p99_99_ns: u64,
    pub max_ns: u64,
    /// The quantile above which values are lower bounds, since they reach into waits that had not ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lower_bound_above: Option<f64>,
}

impl Latency {
    /// The figures, or `None` of an empty histogram.
    #[must_use]
    pub fn of(histogram: &Histogram<u64>) -> Option<Self> {
        let at = |quantile| histogram.value_at_quantile(quantile);
        (!histogram.is_empty()).then(|| Self {
            count: histogram.len(),
            min_ns: histogram.min(),
            mean_ns: histogram.mean(),
            stddev_ns: histogram.stdev(),
            p50_ns: at(0.5),
            p75_ns: at(0.75),
            p90_ns: at(0.9),
            p95_ns: at(0.95),
            p99_ns: at(0.99),
            p99_9_ns: at(0.999),
            p99_99_ns: at(0.9999),
            max_ns: histogram.max(),
            lower_bound_above: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::new_histogram;

    #[test]
    fn an_even_spread_has_the_percentiles_it_should() {
        let mut histogram = new_histogram();
        for value_us in 1..=10_000u64 {
            histogram.record(value_us * 1_000).unwrap();
        }
        let latency = Latency::of(&histogram).unwrap();
        assert_eq!(latency.count, 10_000);
        // Three significant digits: within a thousandth.
        let about = |figure_ns: u64, us: u64| figure_ns.abs_diff(us * 1_000) <= us;
        assert!(
            about(latency.p50_ns, 5_000)
                && about(latency.p75_ns, 7_500)
                && about(latency.p90_ns, 9_000)
        );
        assert!(
            about(latency.p99_ns, 9_900)
                && about(latency.p99_9_ns, 9_990)
                && about(latency.max_ns, 10_000)
        );
        assert!((latency.mean_ns / 5_000_500.0 - 1.0).abs() < 0.001);
    }

    #[test]
    fn nothing_has_no_figures() {
        assert_eq!(Latency::of(&new_histogram()), None);
    }
}
