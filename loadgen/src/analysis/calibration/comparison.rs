//! One metric of one run, held against the truth.

use serde::Serialize;

use crate::measure::Metric;
use crate::report::{Latency, Report};

/// What the server's stamps say, what weir reported, and how far that is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Events or streams behind the reported figures.
    pub samples: u64,
    /// Those behind the true ones: the same, if every event carries a stamp.
    pub truth_samples: u64,
    /// By the stamps.
    pub truth: Percentiles,
    /// By weir.
    pub reported: Percentiles,
    /// Reported less true.
    pub error: Shift,
}

/// In nanoseconds, to three digits, as histograms have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// The median.
    pub p50_ns: u64,
    /// The 99th percentile.
    pub p99_ns: u64,
}

/// Differences of percentiles, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Shift {
    /// Of the medians.
    pub p50_ns: i64,
    /// Of the 99th percentiles.
    pub p99_ns: i64,
}

impl Comparison {
    /// Of a metric of a calibration's run; `None` without samples.
    #[must_use]
    pub fn of(report: &Report, metric: Metric) -> Option<Self> {
        let reported = report.latency.get(&metric)?;
        let truth = Latency::of(report.truth.as_ref()?.of(metric)?)?;
        Some(Self::between(reported, &truth))
    }

    fn between(reported: &Latency, truth: &Latency) -> Self {
        let error =
            |reported_ns: u64, true_ns: u64| reported_ns.cast_signed() - true_ns.cast_signed();
        Self {
            samples: reported.count,
            truth_samples: truth.count,
            truth: Percentiles::of(truth),
            reported: Percentiles::of(reported),
            error: Shift {
                p50_ns: error(reported.p50_ns, truth.p50_ns),
                p99_ns: error(reported.p99_ns, truth.p99_ns),
            },
        }
    }

    /// How far the 99th percentile is off, in nanoseconds.
    #[must_use]
    pub fn p99_error_ns(&self) -> u64 {
        self.error.p99_ns.unsigned_abs()
    }

    /// How far the 99th percentile is off, as a part of the true one.
    #[must_use]
    pub fn p99_error_ratio(&self) -> f64 {
        self.p99_error_ns() as f64 / self.truth.p99_ns.max(1) as f64
    }
}

impl Percentiles {
    fn of(latency: &Latency) -> Self {
        Self {
            p50_ns: latency.p50_ns,
            p99_ns: latency.p99_ns,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::new_histogram;

    /// A thousand values, all of them but the last 20 the same.
    fn latency(most_us: u64, last_us: u64) -> Latency {
        let mut histogram = new_histogram();
        histogram.record_n(most_us * 1_000, 980).unwrap();
        histogram.record_n(last_us * 1_000, 20).unwrap();
        Latency::of(&histogram).unwrap()
    }

    #[test]
    fn an_error_is_positive_where_more_was_reported_than_was_true() {
        let comparison = Comparison::between(&latency(120, 900), &latency(100, 1_000));
        // Three digits of a figure.
        let about = |shift_ns: i64, us: i64| (shift_ns - us * 1_000).abs() <= 1_000;
        assert!(about(comparison.error.p50_ns, 20), "{comparison:?}");
        assert!(about(comparison.error.p99_ns, -100), "{comparison:?}");
        assert!((comparison.p99_error_ratio() - 0.1).abs() < 0.001);
        assert_eq!(
            (comparison.samples, comparison.truth_samples),
            (1_000, 1_000)
        );
    }

    #[test]
    fn what_is_right_has_no_error() {
        let comparison = Comparison::between(&latency(10_000, 60_000), &latency(10_000, 60_000));
        assert_eq!((comparison.error.p50_ns, comparison.error.p99_ns), (0, 0));
        assert_eq!(comparison.truth, comparison.reported);
    }
}
