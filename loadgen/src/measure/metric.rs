//! The latencies, by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Unit;

/// One latency or duration, in nanoseconds. The definitions are [`Metric::definition`].
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// TCP connect.
    Connect,
    /// Request to response head.
    Headers,
    /// Intended start to first event.
    Ttfe,
    /// Request to first event.
    TtfeSent,
    /// Event to event.
    Gap,
    /// Due to received.
    Delivery,
    /// Due to sent.
    ServerLag,
    /// Sent to received.
    Wire,
    /// Longest time without an event, per stream.
    Silence,
    /// Request to end of stream.
    Lifetime,
    /// Received to decoded.
    ClientLag,
    /// Intended to actual start.
    StartLag,
    /// Overshoot of a 1 ms tick.
    LoopLag,
}

impl Metric {
    /// All of them, in the order they are printed: a stream's start, its events, its end, the generator.
    pub const ALL: [Self; 13] = [
        Self::Connect,
        Self::Headers,
        Self::Ttfe,
        Self::TtfeSent,
        Self::Gap,
        Self::Delivery,
        Self::ServerLag,
        Self::Wire,
        Self::Silence,
        Self::Lifetime,
        Self::ClientLag,
        Self::StartLag,
        Self::LoopLag,
    ];

    /// The name in reports and thresholds.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Headers => "headers",
            Self::Ttfe => "ttfe",
            Self::TtfeSent => "ttfe_sent",
            Self::Gap => "gap",
            Self::Delivery => "delivery",
            Self::ServerLag => "server_lag",
            Self::Wire => "wire",
            Self::ClientLag => "client_lag",
            Self::Silence => "silence",
            Self::Lifetime => "lifetime",
            Self::StartLag => "start_lag",
            Self::LoopLag => "loop_lag",
        }
    }

    /// The definition in a few words, for a table's margin.
    #[must_use]
    pub fn brief(self) -> &'static str {
        match self {
            Self::Connect => "TCP connect",
            Self::Headers => "request to response head",
            Self::Ttfe => "intended start to 1st event",
            Self::TtfeSent => "request to 1st event (TTFT)",
            Self::Gap => "event to event, one stream",
            Self::Delivery => "event due to received",
            Self::ServerLag => "event due to sent",
            Self::Wire => "event sent to received",
            Self::ClientLag => "received to decoded here",
            Self::Silence => "longest wait in a stream",
            Self::Lifetime => "request to end of stream",
            Self::StartLag => "weir's own late starts",
            Self::LoopLag => "weir's own late wake-ups",
        }
    }

    /// The exact definition.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::Connect => "TCP connect, from when it was attempted until it is established.",
            Self::Headers => "From the request written until the response head is complete.",
            Self::Ttfe => {
                "Time to first event: from the intended start of the stream until the kernel received the read that completed \
                 its first event. Includes waiting until fewer streams are open than -c, and connecting. A stream that had none when \
                 the run ended or its timeout passed, and an arrival that never started, count what they had waited."
            }
            Self::TtfeSent => {
                "From the request written until the first event was received: what most tools call time to first token."
            }
            Self::Gap => {
                "From one event of a stream to the next, between kernel receive times, pooled over all streams; never a mean per \
                 stream. Comments, retry-only and id-only blocks do not end a gap."
            }
            Self::Delivery => {
                "From when the server's schedule wanted the event sent until it was received. Free of coordinated omission: a \
                 stalled server makes it large for every event that was due, and what was due and never came counts what it had \
                 waited. Needs stamps, or the server's period (--expect-interval)."
            }
            Self::ServerLag => {
                "From when the event was due until the server handed it to its socket. Needs stamps."
            }
            Self::Wire => {
                "From when the server handed the event to its socket until it was received. Needs stamps."
            }
            Self::ClientLag => {
                "From the kernel receive time of an event until weir had decoded it: the generator's own delay. Needs kernel \
                 receive times."
            }
            Self::Silence => {
                "The longest time without an event in a stream, from its request to its end, one value a stream."
            }
            Self::Lifetime => {
                "From the request written until the stream ended. Streams cut by the end of the run do not count."
            }
            Self::StartLag => {
                "From the intended to the actual start of a stream: the generator's own lateness, and in the open model what an \
                 arrival waited until fewer streams were open than -c."
            }
            Self::LoopLag => {
                "Overshoot of a 1 ms tick in each worker, some 50 us of it the timer's own step: how late weir wakes, whatever \
                 the target does."
            }
        }
    }

    /// What its samples count.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::Connect
            | Self::Headers
            | Self::Ttfe
            | Self::TtfeSent
            | Self::Gap
            | Self::Delivery
            | Self::ServerLag
            | Self::Wire
            | Self::Silence
            | Self::Lifetime
            | Self::ClientLag
            | Self::StartLag
            | Self::LoopLag => Unit::Ns,
        }
    }

    /// Where its histogram stands in a bank.
    #[must_use]
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_listed_once_and_fits_the_bank() {
        let mut indices = Metric::ALL.map(Metric::index);
        indices.sort_unstable();
        assert!(indices.iter().copied().eq(0..Metric::ALL.len()));
    }

    #[test]
    fn names_are_what_serde_writes() {
        for metric in Metric::ALL {
            let json = serde_json::to_string(&metric).unwrap();
            assert_eq!(json, format!("\"{}\"", metric.name()));
        }
    }

    #[test]
    fn briefs_fit_the_margin_of_a_screen_of_80_columns() {
        for metric in Metric::ALL {
            assert!(metric.brief().len() <= 27, "{}", metric.name());
        }
    }
}
