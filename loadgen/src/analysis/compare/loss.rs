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
