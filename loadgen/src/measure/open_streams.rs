//! How many streams are open, over all workers.

use std::sync::atomic::{AtomicU64, Ordering};

/// Touched when a stream is established and when it ends, never by an event.
#[derive(Debug, Default)]
pub struct OpenStreams {
    now: AtomicU64,
    peak: AtomicU64,
    established: AtomicU64,
}

impl OpenStreams {
    /// Counts one more.
    pub fn opened(&self) {
        self.established.fetch_add(1, Ordering::Relaxed);
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(now, Ordering::Relaxed);
    }

    /// Counts one less.
    pub fn closed(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are.
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// The most there were at one time.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether there was ever one.
    pub fn any(&self) -> bool {
        self.established.load(Ordering::Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_of_those_that_were_open_together() {
        let open = OpenStreams::default();
        assert!(!open.any());
        open.opened();
        open.closed();
        open.opened();
        assert_eq!((open.now(), open.peak(), open.any()), (1, 1, true));
    }
}
