//! What a plan cannot measure: whatever is found of it says nothing, and a threshold on it would pass unmeasured.

use super::Threshold;
use super::figure::{Figure, RunScalar, Scalar};
use crate::measure::{ErrorKind, Metric, Rx};
use crate::plan::{Settings, TargetFigures};

const NO_RECONNECTS: &str = "streams that end are not reconnected";
const CLOSED: &str = "streams arrive in the open model only (-r)";
const ONE_EVENT: &str = "each stream ends with its first event (-e 1)";
const ONE_RESUMED: &str =
    "each stream ends with its first event (-e 1), and which one it goes on with is not known";
const USER_RX: &str = "receive times are taken in user space, when what it is about is over";
const UNWATCHED: &str =
    "say where the target says what it uses, with --server-pid or --server-metrics";
const NO_STREAMS: &str =
    "a process does not say how many streams it has open, metrics may (--server-metrics)";
const NO_TIMEOUT: &str = "no stream is given up for that: its timeout is 0";

impl Threshold {
    /// Why no run of a plan can measure the figure; `None` if one can. What hangs on the target's answers, one can: stamps may
    /// come that were not asked for, and ids may count.
    #[must_use]
    pub fn unmeasurable_in(&self, plan: &Settings) -> Option<&'static str> {
        match self.figure {
            Figure::Latency(metric, _) => latency(metric, plan),
            Figure::Scalar(scalar) => self::scalar(scalar, plan),
            Figure::RunScalar(scalar) => run_scalar(scalar, plan),
            Figure::Error(kind) => error(kind, plan),
        }
    }
}

fn latency(metric: Metric, plan: &Settings) -> Option<&'static str> {
    match metric {
        Metric::Gap => one_event(plan),
        Metric::ClientLag => (plan.rx == Rx::User).then_some(USER_RX),
        // Of every stream and tick.
        Metric::Connect
        | Metric::Headers
        | Metric::Ttfe
        | Metric::TtfeSent
        | Metric::Silence
        | Metric::Lifetime
        | Metric::StartLag
        | Metric::LoopLag => None,
        // By stamps, which are taken wherever they come.
        Metric::Delivery | Metric::ServerLag | Metric::Wire => None,
    }
}

fn scalar(scalar: Scalar, plan: &Settings) -> Option<&'static str> {
    match scalar {
        Scalar::StreamsHeld => closed(plan),
        Scalar::Reconnects => Some(NO_RECONNECTS),
        Scalar::CoalescedEvents
        | Scalar::CoalescedRate
        | Scalar::Duplicated
        | Scalar::DuplicatedRate
        | Scalar::Reordered
        | Scalar::ReorderedRate => one_event(plan),
        // Before a stream's first event, if its number is known: stamps count from 0.
        Scalar::Lost | Scalar::LostRate => one_event(plan)
            .filter(|_| plan.request.has("last-event-id"))
            .map(|_| ONE_RESUMED),
        // By stamps, which are taken wherever they come.
        Scalar::Censored | Scalar::CensoredRate => None,
        // Of every stream, read and event.
        Scalar::StreamsStarted
        | Scalar::StreamsEstablished
        | Scalar::StreamsCompleted
        | Scalar::StreamsFailed
        | Scalar::Errors
        | Scalar::FailedRate
        | Scalar::StreamsCut
        | Scalar::StreamsUnanswered
        | Scalar::Events
        | Scalar::EventsPerS
        | Scalar::Comments
        | Scalar::Bytes
        | Scalar::BytesPerS
        | Scalar::Reads => None,
    }
}

fn run_scalar(scalar: RunScalar, plan: &Settings) -> Option<&'static str> {
    match scalar {
        RunScalar::StreamsUnstarted | RunScalar::OfferedStreamsPerS => closed(plan),
        // Of every stream and of the generator itself.
        RunScalar::StreamsOpenPeak
        | RunScalar::StreamsPerS
        | RunScalar::StartedStreamsPerS
        | RunScalar::CpuNsPerEvent
        | RunScalar::RssPeakBytes => None,
        // Whether metrics have them, shows when they are read.
        RunScalar::TargetCpuNsPerEvent
        | RunScalar::TargetBytesPerStream
        | RunScalar::TargetRssBeforeBytes
        | RunScalar::TargetRssPeakBytes
        | RunScalar::TargetRssAfterBytes => plan.watch.is_none().then_some(UNWATCHED),
        RunScalar::TargetStreamsOpenPeak => match plan.watch {
            None => Some(UNWATCHED),
            Some(TargetFigures::Pid(_)) => Some(NO_STREAMS),
            Some(TargetFigures::Metrics(_)) => None,
        },
    }
}

fn error(kind: ErrorKind, plan: &Settings) -> Option<&'static str> {
    let timeouts = &plan.timeouts;
    match kind {
        ErrorKind::FirstEventTimeout => timeouts.first_event.is_none().then_some(NO_TIMEOUT),
        // It is waited for after the first event.
        ErrorKind::IdleTimeout => timeouts.idle.map_or(Some(NO_TIMEOUT), |_| one_event(plan)),
        // The kernel has a timeout of its own.
        ErrorKind::ConnectTimeout => None,
        // Any stream may end so.
        ErrorKind::ConnectRefused
        | ErrorKind::ConnectReset
        | ErrorKind::HttpStatus
        | ErrorKind::ContentType
        | ErrorKind::Protocol
        | ErrorKind::Reset
        | ErrorKind::Truncated
        | ErrorKind::LocalPorts
        | ErrorKind::LocalFds => None,
    }
}

fn closed(plan: &Settings) -> Option<&'static str> {
    plan.load.arrivals.is_none().then_some(CLOSED)
}

fn one_event(plan: &Settings) -> Option<&'static str> {
    (plan.events_per_stream == Some(1)).then_some(ONE_EVENT)
}

#[cfg(test)]
mod tests;
