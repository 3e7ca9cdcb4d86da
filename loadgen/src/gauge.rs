//! The few numbers that all workers share.

use std::sync::atomic::{AtomicU64, Ordering};

/// What all workers share: touched when a stream begins or ends, never by an event.
#[derive(Debug)]
pub(crate) struct Gauge {
    open: AtomicU64,
    peak: AtomicU64,
    established: AtomicU64,
    failed: AtomicU64,
    /// Streams that may still be begun.
    tickets: AtomicU64,
}

impl Gauge {
    pub(crate) fn new(total_streams: Option<u64>) -> Self {
        Self {
            open: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            established: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            tickets: AtomicU64::new(total_streams.unwrap_or(u64::MAX)),
        }
    }

    pub(crate) fn opened(&self) {
        self.established.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether so many streams have failed while none was ever established.
    pub(crate) fn hopeless(&self, failures: u64) -> bool {
        self.established.load(Ordering::Relaxed) == 0
            && self.failed.load(Ordering::Relaxed) >= failures
    }

    /// Takes one of the streams that may still be begun.
    pub(crate) fn take_ticket(&self) -> bool {
        self.tickets
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_run_out() {
        let gauge = Gauge::new(Some(2));
        assert!(gauge.take_ticket() && gauge.take_ticket());
        assert!(!gauge.take_ticket());
    }

    #[test]
    fn only_a_run_in_which_everything_fails_is_hopeless() {
        let gauge = Gauge::new(None);
        gauge.failed();
        assert!(!gauge.hopeless(2));
        gauge.failed();
        assert!(gauge.hopeless(2));
        gauge.opened();
        assert!(!gauge.hopeless(2));
        gauge.closed();
        gauge.opened();
        assert_eq!(gauge.peak(), 1);
    }
}
