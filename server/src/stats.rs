//! What a core has done, counted by it alone and read by any thread.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::counters::Counters;

/// A count that one thread adds to. Others may read it, and see it a moment later.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds `more`. Only for the one thread whose count it is: two that add at once would lose one of the two, which is
    /// what makes it as cheap as adding to a number.
    pub(crate) fn add(&self, more: u64) {
        self.0.store(self.get() + more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a core has done since it started. On cache lines of its own, or cores would slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Stats {
    pub(crate) connections: Count,
    pub(crate) streams_opened: Count,
    pub(crate) streams_closed: Count,
    pub(crate) streams_refused: Count,
    pub(crate) events: Count,
    pub(crate) bytes: Count,
}

impl Stats {
    /// What of it belongs to the outcome of a server.
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            streams: self.streams_opened.get(),
            events: self.events.get(),
            bytes: self.bytes.get(),
        }
    }
}
