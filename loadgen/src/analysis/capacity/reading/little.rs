//! Little's law: streams open = arrivals x lifetime (Little, 1961).

use serde::{Deserialize, Serialize};

use super::histogram;
use crate::measure::Metric;
use crate::report::Report;

/// Both sides of the law, for a trial whose streams arrive and end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Little {
    /// Streams that were open, the mean over the window's seconds.
    pub streams_open: f64,
    /// Streams established a second.
    pub arrivals_per_s: f64,
    /// How long those lived that ended, the mean; absent if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifetime_s: Option<f64>,
}

/// The sides may differ by this part: a trial is a few lifetimes long, and begins and ends within some.
const TOLERANCE: f64 = 0.25;

/// And by so many standard deviations of as many streams as arrive by chance.
const DEVIATIONS: f64 = 3.0;

impl Little {
    /// `None` where no stream arrived in the window, or there are no seconds of it.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let counters = &report.counters;
        let seconds = report.intervals.len();
        let established = counters.streams_established as f64 / counters.streams_started as f64;
        let arrivals_per_s = report.throughput.started_streams_per_s * established;
        let open = report.intervals.iter().map(|second| second.streams_open);
        (seconds > 0 && arrivals_per_s > 0.0).then(|| Self {
            streams_open: open.sum::<u64>() as f64 / seconds as f64,
            arrivals_per_s,
            lifetime_s: histogram(report, Metric::Lifetime).map(|lived| lived.mean() / 1e9),
        })
    }

    /// Streams that should be open by it.
    #[must_use]
    pub fn expected(&self) -> f64 {
        self.arrivals_per_s * self.lifetime_s.unwrap_or(0.0)
    }

    /// Whether both sides agree: a load whose streams pile up is not in its steady state.
    #[must_use]
    pub fn holds(&self) -> bool {
        let expected = self.expected();
        let by_chance = DEVIATIONS * expected.max(1.0).sqrt();
        (self.streams_open - expected).abs() <= by_chance.max(TOLERANCE * expected)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::measurement::tests::{histogram_ms, report};
    use super::*;
    use crate::report::Interval;

    fn little(open: u64, arrivals_per_s: f64, lifetimes_ms: &[u64]) -> Option<Little> {
        let mut report = report(1_000);
        report.throughput.started_streams_per_s = arrivals_per_s;
        let second = Interval {
            streams_open: open,
            ..Interval::default()
        };
        report.intervals = vec![second; 5];
        if !lifetimes_ms.is_empty() {
            let lifetimes = histogram_ms(lifetimes_ms.iter().copied());
            report.histograms.insert(Metric::Lifetime, lifetimes);
        }
        Little::of(&report)
    }

    #[test]
    fn streams_are_arrivals_times_lifetime_or_it_is_named() {
        let steady = little(200, 100.0, &[1_000, 3_000]).unwrap();
        assert!((steady.expected() - 200.0).abs() < 1.0);
        assert!(steady.holds());
        assert!(little(240, 100.0, &[2_000]).unwrap().holds());
        assert!(!little(300, 100.0, &[2_000]).unwrap().holds());
        assert!(!little(120, 100.0, &[2_000]).unwrap().holds());
        // Two streams more or less say nothing.
        assert!(little(4, 1.0, &[2_000]).unwrap().holds());
    }

    #[test]
    fn streams_that_arrive_and_do_not_end_pile_up() {
        let piling = little(300, 100.0, &[]).unwrap();
        assert_eq!(piling.lifetime_s, None);
        assert!(!piling.holds());
        assert_eq!(little(300, 0.0, &[2_000]), None, "none arrives");
    }

    #[test]
    fn what_was_refused_was_never_open() {
        let mut report = report(1_000);
        report.counters.streams_established = 500;
        report.throughput.started_streams_per_s = 100.0;
        report.intervals = vec![Interval::default()];
        assert_eq!(Little::of(&report).unwrap().arrivals_per_s, 50.0);
    }
}
