//! Figures that are one number: counters, rates, and what was used.

use super::Basis;
use crate::measure::Unit;

/// What is to be known of a figure, for people.
#[derive(Debug)]
pub(crate) struct Facts {
    /// In expressions.
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
    pub(crate) definition: &'static str,
    pub(crate) basis: Basis,
}

/// Figures, and a row of facts for each: none is without.
macro_rules! scalars {
    (
        $(#[$doc:meta])* $scalars:ident:
        $($variant:ident, $name:literal, $unit:ident, $definition:literal, $basis:ident;)+
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum $scalars {
            $($variant),+
        }

        impl $scalars {
            /// All of them, in the order in which they are explained.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant),+];

            pub(crate) fn facts(self) -> Facts {
                match self {
                    $(Self::$variant => Facts {
                        name: $name,
                        unit: Unit::$unit,
                        definition: $definition,
                        basis: Basis::$basis,
                    }),+
                }
            }
        }
    };
}

scalars! {
    /// A number that any part of a run has.
    Scalar:
    StreamsStarted, "streams_started", Count, "Streams begun.", Counts;
    StreamsHeld, "streams_held", Count, "Arrivals that had to wait, since -c streams were open.", Counts;
    StreamsEstablished, "streams_established", Count, "Streams that got a 200 with an event stream.", Counts;
    StreamsCompleted, "streams_completed", Count, "Streams that ended properly.", Counts;
    StreamsFailed, "streams_failed", Count, "Streams that failed.", Counts;
    Errors, "errors", Count, "The same: errors of all kinds.", Counts;
    StreamsCut, "streams_cut", Count, "Streams that the end of the run cut off.", Counts;
    StreamsUnanswered, "streams_unanswered", Count, "Streams cut or given up before their first event.", Counts;
    Events, "events", Count, "Events received.", Counts;
    Comments, "comments", Count, "Comments received, stamps left out.", Counts;
    Bytes, "bytes", Count, "Bytes read, heads and framing included.", Counts;
    Reads, "reads", Count, "Reads that gave bytes.", Counts;
    CoalescedEvents, "coalesced_events", Count, "Events that share a read with a later one.", Counts;
    Lost, "lost", Count, "Events missing from their stream's sequence.", Sequence;
    Duplicated, "duplicated", Count, "Events that came again.", Sequence;
    Reordered, "reordered", Count, "Events that came after a later one.", Sequence;
    Reconnects, "reconnects", Count, "Connections made to go on with a stream.", Counts;
    Censored, "censored", Count, "Events that were due and had not come at the end.", Due;
    FailedRate, "failed_rate", Ratio, "Streams that failed, over those started.", Streams;
    LostRate, "lost_rate", Ratio, "Events lost, over those received and lost.", Sequence;
    DuplicatedRate, "duplicated_rate", Ratio, "Events that came again, over those received.", Sequence;
    ReorderedRate, "reordered_rate", Ratio, "Events that came after a later one, over those received.", Sequence;
    CensoredRate, "censored_rate", Ratio, "Events that were due and had not come, over those and the received.", Due;
    CoalescedRate, "coalesced_rate", Ratio, "Events that share a read with a later one, over those received.", Events;
    EventsPerS, "events_per_s", PerS, "Events received a second.", Counts;
    BytesPerS, "bytes_per_s", BytesPerS, "Bytes read a second.", Counts;
}

scalars! {
    /// A number that only a whole run has.
    RunScalar:
    StreamsUnstarted, "streams_unstarted", Count, "Arrivals that could not start before the run ended.", Counts;
    StreamsOpenPeak, "streams_open_peak", Count, "The most streams open at one time.", Counts;
    StreamsPerS, "streams_per_s", PerS, "Streams completed a second.", Counts;
    StartedStreamsPerS, "started_streams_per_s", PerS, "Streams started a second.", Counts;
    OfferedStreamsPerS, "offered_streams_per_s", PerS, "Streams meant to start a second (open model).", Offer;
    CpuNsPerEvent, "cpu_ns_per_event", Ns, "The generator's processor time for an event.", Events;
    RssPeakBytes, "rss_peak_bytes", Bytes, "The most memory that the generator had resident.", Counts;
    TargetCpuNsPerEvent, "target.cpu_ns_per_event", Ns, "The target's processor time for an event received here.", Target;
    TargetBytesPerStream, "target.bytes_per_stream", Bytes, "The growth of the target's memory, over the streams open at its peak.", Target;
    TargetRssBeforeBytes, "target.rss_before_bytes", Bytes, "The target's resident memory before the first stream.", Target;
    TargetRssPeakBytes, "target.rss_peak_bytes", Bytes, "The most memory that the target had resident.", Target;
    TargetRssAfterBytes, "target.rss_after_bytes", Bytes, "The target's resident memory after the last stream.", Target;
    TargetStreamsOpenPeak, "target.streams_open_peak", Count, "The most streams open, as the target counts them.", Target;
}

impl RunScalar {
    /// Why no part of a run has it.
    pub(crate) fn whole_run_only(self) -> &'static str {
        match self {
            Self::StreamsUnstarted => "what never started is counted when the run ends",
            Self::StreamsOpenPeak => "the peak is known of the whole run only",
            Self::StreamsPerS | Self::StartedStreamsPerS | Self::OfferedStreamsPerS => {
                "streams a second are kept for the whole window only"
            }
            Self::CpuNsPerEvent
            | Self::RssPeakBytes
            | Self::TargetCpuNsPerEvent
            | Self::TargetBytesPerStream
            | Self::TargetRssBeforeBytes
            | Self::TargetRssPeakBytes
            | Self::TargetRssAfterBytes
            | Self::TargetStreamsOpenPeak => "what was used is kept for the whole window only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Counters;

    #[test]
    fn every_counter_of_a_report_has_its_name_here() {
        let counters = serde_json::to_value(Counters::default()).unwrap();
        let names: Vec<&str> = Scalar::ALL
            .iter()
            .map(|scalar| scalar.facts().name)
            .chain(RunScalar::ALL.iter().map(|scalar| scalar.facts().name))
            .collect();
        for name in counters.as_object().unwrap().keys() {
            assert!(names.contains(&name.as_str()), "{name}");
        }
    }
}
