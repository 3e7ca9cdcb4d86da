//! What became of a stream.

use super::Failure;

/// How a stream ended, decided once and before any figure of it is booked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server ended it properly; the read that said so was received then.
    Completed { ended_ns: u64 },
    /// It was ended from here, as it was meant to be: it had had its events. Counts as completed.
    Cancelled { ended_ns: u64 },
    /// It failed, at the time of the generator's own clock.
    Failed { failure: Failure, ended_ns: u64 },
    /// The end of the run cut it off: neither success nor failure.
    Cut,
}

impl Outcome {
    /// When it ended, if not with the window.
    pub(crate) fn ended_ns(&self) -> Option<u64> {
        match self {
            Self::Completed { ended_ns }
            | Self::Cancelled { ended_ns }
            | Self::Failed { ended_ns, .. } => Some(*ended_ns),
            Self::Cut => None,
        }
    }

    /// Whether the stream was a success.
    pub(crate) fn is_ok(&self) -> bool {
        matches!(self, Self::Completed { .. } | Self::Cancelled { .. })
    }
}
