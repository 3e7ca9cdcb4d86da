//! Figures that are one number: counters, rates, and what was used.

use crate::analysis::threshold::stretch::Stretch;
use crate::measure::Unit;
use crate::report::{Report, TargetUse};

/// A figure that is one number.
#[derive(Debug)]
pub(crate) struct Scalar {
    /// In expressions.
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    /// For people.
    pub(super) definition: &'static str,
    /// Why it may be absent.
    pub(super) absent: &'static str,
    pub(super) source: Source,
}

impl Scalar {
    /// As in expressions.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }
}

/// What a figure is taken from.
#[derive(Debug)]
pub(super) enum Source {
    /// Any part of a run.
    Stretch(fn(&Stretch) -> Option<f64>),
    /// A whole run, and why no part of it will do.
    Run(fn(&Report) -> Option<f64>, &'static str),
}

const NOTHING: &str = "nothing was counted";
const NO_SEQUENCE: &str = "no stamps or consecutive ids to tell losses by";
const NO_DUE: &str = "nothing tells when events were due: no stamps, no --expect-interval";
const NO_TARGET: &str = "not known of the target (--server-pid, --server-metrics)";

const PEAK: &str = "the peak is known of the whole run only";
const AT_THE_END: &str = "what never started is counted when the run ends";
const STREAMS: &str = "streams a second are kept for the whole window only";
const RESOURCES: &str = "what was used is kept for the whole window only";

/// A counter by its name in reports.
macro_rules! counter {
    ($field:ident, $definition:literal) => {
        on_stretch(
            stringify!($field),
            Unit::Count,
            $definition,
            NOTHING,
            |stretch| Some(stretch.counters.$field as f64),
        )
    };
    ($field:ident, $definition:literal, if $known:ident, $absent:expr) => {
        on_stretch(
            stringify!($field),
            Unit::Count,
            $definition,
            $absent,
            |stretch| stretch.$known.then_some(stretch.counters.$field as f64),
        )
    };
    ($field:ident, $definition:literal, $why:expr) => {
        on_run(
            stringify!($field),
            Unit::Count,
            $definition,
            NOTHING,
            $why,
            |report| Some(report.counters.$field as f64),
        )
    };
}

/// One of the target's own figures, by its name there.
macro_rules! target {
    ($name:literal, $field:ident, $unit:expr, $definition:literal) => {
        on_run($name, $unit, $definition, NO_TARGET, RESOURCES, |report| {
            let TargetUse { $field: figure, .. } = report.target.as_ref()?;
            figure.map(|figure| figure as f64)
        })
    };
}

/// All of them, in the order in which they are explained.
pub(super) static SCALARS: &[Scalar] = &[
    counter!(streams_started, "Streams begun."),
    counter!(streams_held, "Arrivals that had to wait for room below -c."),
    counter!(
        streams_unstarted,
        "Arrivals that could not start before the run ended.",
        AT_THE_END
    ),
    counter!(
        streams_established,
        "Streams that got a 200 with an event stream."
    ),
    counter!(streams_completed, "Streams that ended properly."),
    counter!(streams_failed, "Streams that failed."),
    on_stretch(
        "errors",
        Unit::Count,
        "The same: errors of all kinds.",
        NOTHING,
        |stretch| Some(stretch.counters.streams_failed as f64),
    ),
    counter!(streams_cut, "Streams that the end of the run cut off."),
    counter!(
        streams_unanswered,
        "Streams cut or given up before their first event."
    ),
    counter!(
        streams_open_peak,
        "The most streams open at one time.",
        PEAK
    ),
    counter!(events, "Events received."),
    counter!(comments, "Comments received, stamps left out."),
    counter!(bytes, "Bytes read, heads and framing included."),
    counter!(reads, "Reads that gave bytes."),
    counter!(
        coalesced_events,
        "Events that share a read with a later one."
    ),
    counter!(lost, "Events missing from their stream's sequence.", if tells_losses, NO_SEQUENCE),
    counter!(duplicated, "Events that came again.", if tells_losses, NO_SEQUENCE),
    counter!(reordered, "Events that came after a later one.", if tells_losses, NO_SEQUENCE),
    counter!(reconnects, "Connections made to go on with a stream."),
    counter!(censored, "Events that were due and had not come at the end.", if tells_due, NO_DUE),
    on_stretch(
        "failed_rate",
        Unit::Ratio,
        "Streams that failed, over those started.",
        "no stream was started",
        |stretch| {
            share(
                stretch.counters.streams_failed,
                stretch.counters.streams_started,
            )
        },
    ),
    on_stretch(
        "lost_rate",
        Unit::Ratio,
        "Events lost, over those received and lost.",
        NO_SEQUENCE,
        |stretch| {
            let counters = &stretch.counters;
            of_sequence(
                stretch,
                counters.lost,
                counters.events.saturating_add(counters.lost),
            )
        },
    ),
    on_stretch(
        "duplicated_rate",
        Unit::Ratio,
        "Events that came again, over those received.",
        NO_SEQUENCE,
        |stretch| {
            of_sequence(
                stretch,
                stretch.counters.duplicated,
                stretch.counters.events,
            )
        },
    ),
    on_stretch(
        "reordered_rate",
        Unit::Ratio,
        "Events that came after a later one, over those received.",
        NO_SEQUENCE,
        |stretch| of_sequence(stretch, stretch.counters.reordered, stretch.counters.events),
    ),
    on_stretch(
        "censored_rate",
        Unit::Ratio,
        "Events that were due and had not come, over those and the received.",
        NO_DUE,
        |stretch| {
            let counters = &stretch.counters;
            share(counters.censored, counters.events + counters.censored)
                .filter(|_| stretch.tells_due)
        },
    ),
    on_stretch(
        "coalesced_rate",
        Unit::Ratio,
        "Events that share a read with a later one, over those received.",
        "no events",
        |stretch| share(stretch.counters.coalesced_events, stretch.counters.events),
    ),
    on_stretch(
        "events_per_s",
        Unit::PerS,
        "Events received a second.",
        NOTHING,
        |stretch| stretch.per_s(stretch.events),
    ),
    on_stretch(
        "bytes_per_s",
        Unit::BytesPerS,
        "Bytes read a second.",
        NOTHING,
        |stretch| stretch.per_s(stretch.bytes),
    ),
    on_run(
        "streams_per_s",
        Unit::PerS,
        "Streams completed a second.",
        NOTHING,
        STREAMS,
        |report| Some(report.throughput.streams_per_s),
    ),
    on_run(
        "started_streams_per_s",
        Unit::PerS,
        "Streams started a second.",
        NOTHING,
        STREAMS,
        |report| Some(report.throughput.started_streams_per_s),
    ),
    on_run(
        "offered_streams_per_s",
        Unit::PerS,
        "Streams meant to start a second (open model).",
        "nothing was offered: no -r",
        STREAMS,
        |report| report.throughput.offered_streams_per_s,
    ),
    on_run(
        "cpu_ns_per_event",
        Unit::Ns,
        "The generator's processor time for an event.",
        "no events",
        RESOURCES,
        |report| report.resources.cpu_ns_per_event,
    ),
    on_run(
        "rss_peak_bytes",
        Unit::Bytes,
        "The most memory that the generator had resident.",
        NOTHING,
        RESOURCES,
        |report| Some(report.resources.rss_peak_bytes as f64),
    ),
    target!(
        "target.cpu_ns_per_event",
        cpu_ns_per_event,
        Unit::Ns,
        "The target's processor time for an event received here."
    ),
    target!(
        "target.bytes_per_stream",
        bytes_per_stream,
        Unit::Bytes,
        "The growth of the target's memory, over the streams open at its peak."
    ),
    target!(
        "target.rss_before_bytes",
        rss_before_bytes,
        Unit::Bytes,
        "The target's resident memory before the first stream."
    ),
    target!(
        "target.rss_peak_bytes",
        rss_peak_bytes,
        Unit::Bytes,
        "The most memory that the target had resident."
    ),
    target!(
        "target.rss_after_bytes",
        rss_after_bytes,
        Unit::Bytes,
        "The target's resident memory after the last stream."
    ),
    target!(
        "target.streams_open_peak",
        streams_open_peak,
        Unit::Count,
        "The most streams open, as the target counts them."
    ),
];

const fn on_stretch(
    name: &'static str,
    unit: Unit,
    definition: &'static str,
    absent: &'static str,
    of: fn(&Stretch) -> Option<f64>,
) -> Scalar {
    Scalar {
        name,
        unit,
        definition,
        absent,
        source: Source::Stretch(of),
    }
}

const fn on_run(
    name: &'static str,
    unit: Unit,
    definition: &'static str,
    absent: &'static str,
    why: &'static str,
    of: fn(&Report) -> Option<f64>,
) -> Scalar {
    Scalar {
        name,
        unit,
        definition,
        absent,
        source: Source::Run(of, why),
    }
}

/// A part of a whole, of which there must be something. In a part of a run more may fail than was started in it: it is at
/// most 1.
fn share(part: u64, whole: u64) -> Option<f64> {
    (part > 0 || whole > 0).then(|| (part as f64 / whole.max(1) as f64).min(1.0))
}

fn of_sequence(stretch: &Stretch, part: u64, whole: u64) -> Option<f64> {
    share(part, whole).filter(|_| stretch.tells_losses)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Counters;

    #[test]
    fn every_counter_of_a_report_has_its_name_here() {
        let counters = serde_json::to_value(Counters::default()).unwrap();
        for name in counters.as_object().unwrap().keys() {
            let known = SCALARS.iter().any(|scalar| scalar.name == name);
            assert!(known, "{name}");
        }
    }

    #[test]
    fn shares_are_of_something_and_at_most_all_of_it() {
        assert_eq!(share(0, 0), None);
        assert_eq!(share(1, 4), Some(0.25));
        assert_eq!(share(5, 0), Some(1.0));
    }
}
