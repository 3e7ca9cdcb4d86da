//! Streams that got nothing, or nothing more.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::{histogram, samples_from};
use crate::measure::{ErrorKind, Metric, p99_or_what_is_carried};
use crate::report::Report;

/// A stream that waits for its first event when the run ends has merely begun, unless it has waited for so many times as long as
/// 99 % of those that were answered took, or for all of the window: of those that begin at any time and are answered, fewer than one
/// in a hundred waits for longer than the 99th percentile, and hardly any for twice that.
const PATIENCE: f64 = 2.0;

/// Likewise a stream that waits for its next event, in gaps: with exponential ones, e^-18 of the streams wait for that long.
const GAP_PATIENCE: f64 = 4.0;

/// Parts of the streams that were started. Every one of them is lost for every service level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct LostStreams {
    /// Failed.
    pub failed: f64,
    /// Were neither answered nor failed: accepted and left waiting, or ended without an event.
    pub starved: f64,
    /// Had events, and then none for longer than can be.
    pub stalled: f64,
}

impl LostStreams {
    /// `None` where no stream was started.
    #[must_use]
    pub fn of(report: &Report) -> Option<Self> {
        let started = report.counters.streams_started;
        let part = |streams: u64| (streams as f64 / started as f64).min(1.0);
        (started > 0).then(|| Self {
            failed: part(report.counters.streams_failed),
            starved: part(unanswered(report) + empty(report)),
            stalled: part(stalled(report)),
        })
    }

    /// Failed or starved.
    #[must_use]
    pub fn never_served(self) -> f64 {
        (self.failed + self.starved).min(1.0)
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> f64 {
        (self.never_served() + self.stalled).min(1.0)
    }
}

/// Cut before their first event, after a wait that no stream that was answered had.
fn unanswered(report: &Report) -> u64 {
    let timeouts = [ErrorKind::ConnectTimeout, ErrorKind::FirstEventTimeout];
    let given_up: u64 = timeouts.iter().map(|kind| errors(report, *kind)).sum();
    let cut = report.counters.streams_unanswered.saturating_sub(given_up);
    let Some(answered) = histogram(report, Metric::TtfeSent) else {
        return cut;
    };
    let window_ns = report.throughput.window_s * 1e9;
    let usual_ns = p99_or_what_is_carried(&answered) as f64;
    let from_ns = window_ns.min(PATIENCE * usual_ns) as u64;
    // `ttfe` has waits that had not ended, and `ttfe_sent` none.
    let all = histogram(report, Metric::Ttfe).map_or(0, |all| samples_from(&all, from_ns));
    cut.min(all.saturating_sub(samples_from(&answered, from_ns)))
}

/// Ended by the target, without an event: each stream has one `silence`, and each that had an event a `ttfe_sent`.
fn empty(report: &Report) -> u64 {
    let count = |metric| histogram(report, metric).map_or(0, |samples| samples.len());
    let counters = &report.counters;
    count(Metric::Silence)
        .saturating_sub(count(Metric::TtfeSent))
        .saturating_sub(counters.streams_unanswered + counters.streams_failed)
}

/// Silent for longer than gaps are, where no gap ended it, nor the first event.
fn stalled(report: &Report) -> u64 {
    let Some(gaps) = histogram(report, Metric::Gap) else {
        return 0;
    };
    let from_ns = (GAP_PATIENCE * p99_or_what_is_carried(&gaps) as f64) as u64;
    let from = |samples: &Histogram<u64>| samples_from(samples, from_ns);
    let ended = from(&gaps) + histogram(report, Metric::TtfeSent).map_or(0, |first| from(&first));
    let otherwise = report.counters.streams_unanswered + errors(report, ErrorKind::IdleTimeout);
    histogram(report, Metric::Silence)
        .map_or(0, |silences| from(&silences))
        .saturating_sub(ended + otherwise)
}

fn errors(report: &Report, kind: ErrorKind) -> u64 {
    report.errors.get(&kind).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::super::measurement::tests::{histogram_ms, report};
    use super::*;

    /// Of 400 streams over five seconds, with these `ttfe` and those of them that were answered.
    fn fed(answered_ms: &[u64], waiting_ms: &[u64]) -> Report {
        let mut report = report(400);
        report.throughput.window_s = 5.0;
        report.counters.streams_unanswered = waiting_ms.len() as u64;
        let all = answered_ms.iter().chain(waiting_ms).copied();
        let both = [
            (Metric::Ttfe, histogram_ms(all)),
            (Metric::TtfeSent, histogram_ms(answered_ms.iter().copied())),
        ];
        report.histograms.extend(both);
        report
    }

    #[test]
    fn a_stream_that_was_never_answered_is_lost() {
        let lost = |report: &Report| LostStreams::of(report).unwrap().starved;
        assert_eq!(lost(&fed(&[10; 50], &[5_500; 350])), 0.875);
        assert_eq!(lost(&fed(&[], &[5_500; 400])), 1.0);
        // Some that were answered at the very end make no excuse.
        let late: Vec<u64> = [[10; 100], [5_000; 100]].concat();
        assert_eq!(lost(&fed(&late, &[5_500; 200])), 0.5);
        // Given up: they failed, and are counted there.
        let mut given_up = fed(&[10; 50], &[5_500; 350]);
        given_up.errors.insert(ErrorKind::FirstEventTimeout, 350);
        given_up.counters.streams_failed = 350;
        let lost = LostStreams::of(&given_up).unwrap();
        assert_eq!((lost.failed, lost.starved), (0.875, 0.0));
        assert_eq!(LostStreams::of(&report(0)), None);
    }

    #[test]
    fn a_stream_that_has_merely_begun_is_not() {
        let report = fed(&[500; 350], &(0..50).map(|k| k * 10).collect::<Vec<u64>>());
        assert_eq!(LostStreams::of(&report).unwrap().all(), 0.0);
    }

    #[test]
    fn a_stream_that_ended_without_an_event_is_lost() {
        let mut report = fed(&[10; 300], &[]);
        report.counters.streams_completed = 400;
        let silences = (0..400).map(|_| 10);
        report
            .histograms
            .insert(Metric::Silence, histogram_ms(silences));
        assert_eq!(LostStreams::of(&report).unwrap().starved, 0.25);
    }

    #[test]
    fn a_stream_that_stalls_for_good_is_lost_and_one_that_goes_on_is_not() {
        let stalled = |gaps: &[u64], silences: &[u64]| {
            let mut report = fed(&[10; 400], &[]);
            let both = [
                (Metric::Gap, histogram_ms(gaps.iter().copied())),
                (Metric::Silence, histogram_ms(silences.iter().copied())),
            ];
            report.histograms.extend(both);
            LostStreams::of(&report).unwrap().stalled
        };
        let gaps = [100; 5_000];
        let silences = [[100; 200], [4_000; 200]].concat();
        assert_eq!(stalled(&gaps, &silences), 0.5);
        assert_eq!(stalled(&gaps, &[150; 400]), 0.0);
        // Each of these waits ended, and `gap` has it.
        let ended = [vec![100; 50_000], vec![4_000; 200]].concat();
        assert_eq!(stalled(&ended, &silences), 0.0);
    }
}
