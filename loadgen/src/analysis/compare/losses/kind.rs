//! Lost events and failed streams: gated by their counts, exactly.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::measure::ErrorKind;

/// A way to lose events or streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LossKind {
    /// Events missing from their stream's sequence.
    Lost,
    /// Events that came again.
    Duplicated,
    /// Events that came after a later one.
    Reordered,
    /// Streams that failed, in whatever way but for want of something on the generator's machine.
    Failed,
    /// Streams that failed in this way.
    Error(ErrorKind),
    /// Streams without a first event when they were given up, or the run ended.
    Unanswered,
    /// Arrivals that could not start while the run lasted.
    Unstarted,
    /// Streams that waited ten times as long for an event as those of the better side do, and a second at least; what a stream
    /// waited for when the run ended counts.
    Stalled,
    /// Runs that were invalid, and made again.
    InvalidRuns,
}

impl LossKind {
    /// The name, as in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Duplicated => "duplicated",
            Self::Reordered => "reordered",
            Self::Failed => "streams_failed",
            Self::Error(kind) => kind.name(),
            Self::Unanswered => "streams_unanswered",
            Self::Unstarted => "streams_unstarted",
            Self::Stalled => "streams_stalled",
            Self::InvalidRuns => "invalid_runs",
        }
    }
}

impl fmt::Display for LossKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for LossKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
