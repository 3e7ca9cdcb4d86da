//! What has to have come.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::report::Report;

/// Something of which less is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveredKind {
    /// Events a second of the window. Both sides were asked for the same streams, so that it stands for events of a stream and second:
    /// streams that fall silent, fail or never come back have none.
    EventsPerS,
    /// Events of a stream that was started: less where streams end early and new ones take their place.
    EventsPerStream,
    /// The share of the streams started that were completed.
    Completed,
}

impl DeliveredKind {
    /// All of them.
    pub(in super::super) const ALL: [Self; 3] =
        [Self::EventsPerS, Self::EventsPerStream, Self::Completed];

    /// The name, as in the JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventsPerS => "events_per_s",
            Self::EventsPerStream => "events_per_stream",
            Self::Completed => "completed",
        }
    }

    /// What a run counted, and what that is divided by.
    pub(super) fn of(self, report: &Report) -> (u64, f64) {
        let counters = &report.counters;
        let streams = counters.streams_started as f64;
        match self {
            Self::EventsPerS => (report.throughput.events, report.throughput.window_s),
            Self::EventsPerStream => (counters.events, streams),
            Self::Completed => (counters.streams_completed, streams),
        }
    }
}

impl fmt::Display for DeliveredKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for DeliveredKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
