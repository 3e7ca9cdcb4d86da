//! How much a run lost in one way, and of how much.

use super::LossKind;
use crate::analysis::compare::statistics::ranks;
use crate::measure::{ErrorKind, Metric};
use crate::report::Report;

/// What a run lost.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) lost: u64,
    pub(super) of: u64,
}

impl Count {
    /// Of a run. A stream whose longest wait for an event is above `stalled_ns` has stalled.
    pub(super) fn of(kind: LossKind, report: &Report, stalled_ns: u64) -> Self {
        let counters = &report.counters;
        let failed = |kind: ErrorKind| report.errors.get(&kind).copied().unwrap_or(0);
        let (lost, of) = match kind {
            LossKind::Lost => (counters.lost, counters.events.saturating_add(counters.lost)),
            LossKind::Duplicated => (counters.duplicated, counters.events),
            LossKind::Reordered => (counters.reordered, counters.events),
            LossKind::Failed => (
                counters
                    .streams_failed
                    .saturating_sub(report.local_failures()),
                counters.streams_started,
            ),
            LossKind::Error(kind) => (failed(kind), counters.streams_started),
            LossKind::Unanswered => (counters.streams_unanswered, counters.streams_started),
            LossKind::Unstarted => {
                let unstarted = counters.streams_unstarted;
                (
                    unstarted,
                    counters.streams_started.saturating_add(unstarted),
                )
            }
            LossKind::Stalled => stalled(report, stalled_ns),
            LossKind::InvalidRuns => (0, 1),
        };
        Self {
            lost,
            of: of.max(lost),
        }
    }

    pub(super) fn ratio(self) -> f64 {
        if self.of == 0 {
            0.0
        } else {
            self.lost as f64 / self.of as f64
        }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            lost: self.lost.saturating_add(other.lost),
            of: self.of.saturating_add(other.of),
        }
    }
}

/// A wait below this is the machine's as likely as the target's.
const STALLED_MIN_NS: f64 = 1e9;
/// So many times the longest wait that is usual. What is shorter delays a tenth of a second's events by a second at most: the
/// percentiles and the rates are there for that.
const STALLED_RATIO: f64 = 10.0;

/// The wait for an event above which a stream has stalled: by the side whose streams wait less, since it is not known which one is
/// as it should be.
pub(super) fn stalled_above_ns(base: &[Report], head: &[Report]) -> u64 {
    let usual = |reports: &[Report]| {
        let silences = reports
            .iter()
            .filter_map(|report| Some(report.histograms.get(&Metric::Silence)?.decode()));
        let medians: Vec<f64> = silences
            .filter(|silence| !silence.is_empty())
            .map(|silence| silence.value_at_quantile(0.5) as f64)
            .collect();
        ranks::median(&medians)
    };
    let sides = [usual(base), usual(head)].into_iter().flatten();
    let usual_ns = sides.fold(f64::INFINITY, f64::min);
    (usual_ns * STALLED_RATIO).max(STALLED_MIN_NS) as u64
}

fn stalled(report: &Report, above_ns: u64) -> (u64, u64) {
    let Some(silence) = report.histograms.get(&Metric::Silence) else {
        return (0, 0);
    };
    let silence = silence.decode();
    let recorded = silence.iter_recorded();
    let stalled = recorded.filter(|value| value.value_iterated_to() > above_ns);
    (
        stalled.map(|value| value.count_at_value()).sum(),
        silence.len(),
    )
}
