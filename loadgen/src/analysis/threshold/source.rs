//! What each figure is taken from.

use hdrhistogram::Histogram;

use super::stretch::Stretch;
use crate::measure::{DueSource, Rx, SequenceSource, samples_needed};
use crate::plan::threshold::{Basis, Figure, RunScalar, Scalar, Stat};
use crate::report::{Report, TargetUse};

/// What a figure came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    pub(super) value: f64,
    /// It reaches into waits that had not ended.
    pub(super) at_least: bool,
    /// How many samples it has behind it, where that is fewer than it needs.
    pub(super) few: Option<Few>,
}

/// Samples that are too few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Few {
    pub(super) samples: u64,
    pub(super) needed: u64,
}

impl Figure {
    /// Why what was counted of it in a run says nothing, if it does not.
    pub(super) fn untold_in(self, report: &Report) -> Option<&'static str> {
        let basis = self.basis();
        let is_told = match basis {
            Basis::Sequence => report.sequence != SequenceSource::None,
            Basis::Due => report.due != DueSource::None,
            Basis::Stamps => report.due == DueSource::Stamps,
            // One read without is enough to make it user space.
            Basis::KernelRx => report.rx == Rx::Kernel || self.has_samples(report),
            // Where these are missing there is no figure either.
            Basis::Counts
            | Basis::Streams
            | Basis::Events
            | Basis::Samples
            | Basis::Offer
            | Basis::Target => true,
        };
        (!is_told).then(|| basis.absent())
    }

    fn has_samples(self, report: &Report) -> bool {
        let metric = self.metric();
        metric.is_some_and(|metric| report.histograms.contains_key(&metric))
    }

    /// What it is in a stretch; `None` of what is kept for the whole run only, and where there is nothing to find.
    pub(super) fn of_stretch(self, stretch: &Stretch) -> Option<Found> {
        match self {
            Self::Latency(_, stat) => of_samples(stat, stretch),
            Self::Scalar(scalar) => of_counts(scalar, stretch).map(Found::exact),
            Self::RunScalar(_) | Self::Error(_) => None,
        }
    }

    /// What it is in the whole run.
    pub(super) fn of_run(self, report: &Report) -> Option<Found> {
        match self {
            Self::Latency(..) | Self::Scalar(_) => {
                self.of_stretch(&Stretch::of_run(report, self.metric()))
            }
            Self::RunScalar(scalar) => of_whole(scalar, report).map(Found::exact),
            Self::Error(kind) => {
                let count = report.errors.get(&kind).copied().unwrap_or(0);
                Some(Found::exact(count as f64))
            }
        }
    }
}

impl Found {
    fn exact(value: f64) -> Self {
        Self {
            value,
            at_least: false,
            few: None,
        }
    }
}

fn of_samples(stat: Stat, stretch: &Stretch) -> Option<Found> {
    let samples = stretch
        .samples
        .as_ref()
        .filter(|samples| !samples.is_empty());
    if stat == Stat::Count {
        return Some(Found::exact(samples.map_or(0, Histogram::len) as f64));
    }
    let samples = samples?;
    let (value, reaches) = match stat {
        Stat::Count => (samples.len() as f64, 0.0),
        Stat::Min => (samples.min() as f64, 0.0),
        Stat::Mean => (samples.mean(), 1.0),
        Stat::Stddev => (samples.stdev(), 1.0),
        Stat::Max => (samples.max() as f64, 1.0),
        Stat::Quantile(quantile) => (samples.value_at_quantile(quantile) as f64, quantile),
    };
    Some(Found {
        value,
        at_least: reaches > stretch.known_to,
        few: few(stat, samples.len()),
    })
}

fn few(stat: Stat, samples: u64) -> Option<Few> {
    let Stat::Quantile(quantile) = stat else {
        return None;
    };
    let needed = samples_needed(quantile);
    (samples < needed).then_some(Few { samples, needed })
}

fn of_counts(scalar: Scalar, stretch: &Stretch) -> Option<f64> {
    let counters = &stretch.counters;
    let count = |count: u64| Some(count as f64);
    match scalar {
        Scalar::StreamsStarted => count(counters.streams_started),
        Scalar::StreamsHeld => count(counters.streams_held),
        Scalar::StreamsEstablished => count(counters.streams_established),
        Scalar::StreamsCompleted => count(counters.streams_completed),
        Scalar::StreamsFailed | Scalar::Errors => count(counters.streams_failed),
        Scalar::StreamsCut => count(counters.streams_cut),
        Scalar::StreamsUnanswered => count(counters.streams_unanswered),
        Scalar::Events => count(counters.events),
        Scalar::Comments => count(counters.comments),
        Scalar::Bytes => count(counters.bytes),
        Scalar::Reads => count(counters.reads),
        Scalar::CoalescedEvents => count(counters.coalesced_events),
        Scalar::Lost => count(counters.lost),
        Scalar::Duplicated => count(counters.duplicated),
        Scalar::Reordered => count(counters.reordered),
        Scalar::Reconnects => count(counters.reconnects),
        Scalar::Censored => count(counters.censored),
        Scalar::FailedRate => share(counters.streams_failed, counters.streams_started),
        Scalar::LostRate => {
            let all = counters.events.saturating_add(counters.lost);
            share(counters.lost, all)
        }
        Scalar::DuplicatedRate => share(counters.duplicated, counters.events),
        Scalar::ReorderedRate => share(counters.reordered, counters.events),
        Scalar::CensoredRate => {
            let all = counters.events.saturating_add(counters.censored);
            share(counters.censored, all)
        }
        Scalar::CoalescedRate => share(counters.coalesced_events, counters.events),
        Scalar::EventsPerS => stretch.per_s(stretch.events),
        Scalar::BytesPerS => stretch.per_s(stretch.bytes),
    }
}

/// A part of a whole, of which there must be something. In a part of a run more may fail than was started in it: it is at
/// most 1.
fn share(part: u64, whole: u64) -> Option<f64> {
    (part > 0 || whole > 0).then(|| (part as f64 / whole.max(1) as f64).min(1.0))
}

fn of_whole(scalar: RunScalar, report: &Report) -> Option<f64> {
    let count = |count: u64| Some(count as f64);
    let of_target = |of: fn(&TargetUse) -> Option<u64>| {
        let figure = report.target.as_ref().and_then(of);
        figure.map(|figure| figure as f64)
    };
    let throughput = &report.throughput;
    match scalar {
        RunScalar::StreamsUnstarted => count(report.counters.streams_unstarted),
        RunScalar::StreamsOpenPeak => count(report.counters.streams_open_peak),
        RunScalar::StreamsPerS => Some(throughput.streams_per_s),
        RunScalar::StartedStreamsPerS => Some(throughput.started_streams_per_s),
        RunScalar::OfferedStreamsPerS => throughput.offered_streams_per_s,
        RunScalar::CpuNsPerEvent => report.resources.cpu_ns_per_event,
        RunScalar::RssPeakBytes => count(report.resources.rss_peak_bytes),
        RunScalar::TargetCpuNsPerEvent => report.target.as_ref()?.cpu_ns_per_event,
        RunScalar::TargetBytesPerStream => report.target.as_ref()?.bytes_per_stream,
        RunScalar::TargetRssBeforeBytes => of_target(|target| target.rss_before_bytes),
        RunScalar::TargetRssPeakBytes => of_target(|target| target.rss_peak_bytes),
        RunScalar::TargetRssAfterBytes => of_target(|target| target.rss_after_bytes),
        RunScalar::TargetStreamsOpenPeak => of_target(|target| target.streams_open_peak),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_something_and_at_most_all_of_it() {
        assert_eq!(share(0, 0), None);
        assert_eq!(share(1, 4), Some(0.25));
        assert_eq!(share(5, 0), Some(1.0));
    }
}
