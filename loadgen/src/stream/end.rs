//! How a stream ends that does not fail.

/// Why it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its response was complete.
    Complete { ended_ns: u64 },
    /// It had all that was wanted of it.
    Enough { ended_ns: u64 },
}

impl End {
    pub(super) fn ended_ns(self) -> u64 {
        match self {
            Self::Complete { ended_ns } | Self::Enough { ended_ns } => ended_ns,
        }
    }
}
