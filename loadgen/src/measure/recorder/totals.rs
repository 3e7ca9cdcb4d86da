//! What is counted inside the window.

/// Counts of what happened inside the window, as far as a rate is made of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Events received.
    pub events: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Events that shared a read with the one before them, though the server had not sent them together as far as is known.
    pub merged_events: u64,
    /// Streams begun.
    pub streams_started: u64,
    /// Streams completed.
    pub streams_completed: u64,
    /// Streams that failed.
    pub streams_failed: u64,
    /// Those for want of something on this machine.
    pub local_failures: u64,
}

impl Totals {
    /// Adds every count.
    pub fn merge(&mut self, other: Self) {
        let Self {
            events,
            bytes,
            merged_events,
            streams_started,
            streams_completed,
            streams_failed,
            local_failures,
        } = other;
        self.events += events;
        self.bytes += bytes;
        self.merged_events += merged_events;
        self.streams_started += streams_started;
        self.streams_completed += streams_completed;
        self.streams_failed += streams_failed;
        self.local_failures += local_failures;
    }
}
