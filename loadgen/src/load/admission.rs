//! The few numbers that all workers share.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// What all workers share: touched when a stream begins or ends, never by an event.
#[derive(Debug)]
pub(crate) struct Gauge {
    open: AtomicU64,
    peak: AtomicU64,
    established: AtomicU64,
    /// Places whose latest stream failed (closed model), or streams that failed (open model).
    failing: AtomicU64,
    /// Streams that may still be begun.
    tickets: AtomicU64,
    /// Told when the last of them is.
    used_up: Notify,
    /// Arrivals that may start now (open model).
    room: Semaphore,
}

impl Gauge {
    /// For a run of so many streams in all, and so many at one time.
    pub(crate) fn new(total_streams: Option<u64>, streams: u32) -> Self {
        Self {
            open: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            established: AtomicU64::new(0),
            failing: AtomicU64::new(0),
            tickets: AtomicU64::new(total_streams.unwrap_or(u64::MAX)),
            used_up: Notify::new(),
            room: Semaphore::new(streams as usize),
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

    /// A place's stream failed and the one before it had not, or a stream that has no place failed.
    pub(crate) fn fails(&self) {
        self.failing.fetch_add(1, Ordering::Relaxed);
    }

    /// Streams open now.
    pub(crate) fn open(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether so many fail, while no stream was ever established.
    pub(crate) fn hopeless(&self, failing: u64) -> bool {
        self.established.load(Ordering::Relaxed) == 0
            && self.failing.load(Ordering::Relaxed) >= failing
    }

    /// Takes one of the streams that may still be begun.
    pub(crate) fn take_ticket(&self) -> bool {
        let take = |left: u64| left.checked_sub(1);
        let taken = self
            .tickets
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        if taken == Ok(1) {
            self.used_up.notify_waiters();
        }
        taken.is_ok()
    }

    /// Takes room for an arrival, if there is any.
    pub(crate) fn try_take_room(&self) -> bool {
        self.room.try_acquire().map(SemaphorePermit::forget).is_ok()
    }

    /// Takes room for an arrival as soon as there is some and those that waited longer have theirs.
    pub(crate) async fn take_room(&self) {
        let permit = self.room.acquire().await;
        permit.expect("the room is never closed").forget();
    }

    /// Gives room back.
    pub(crate) fn make_room(&self) {
        self.room.add_permits(1);
    }

    /// Lets no further stream be begun.
    pub(crate) fn begin_no_more(&self) {
        self.tickets.store(0, Ordering::Relaxed);
        self.used_up.notify_waiters();
    }

    /// Completes when no stream may be begun any more.
    pub(crate) async fn tickets_used_up(&self) {
        let used_up = self.used_up.notified();
        if self.tickets.load(Ordering::Relaxed) > 0 {
            used_up.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_run_out() {
        let gauge = Gauge::new(Some(2), 1);
        assert!(gauge.take_ticket() && gauge.take_ticket());
        assert!(!gauge.take_ticket());
    }

    #[test]
    fn only_a_run_in_which_so_many_fail_and_none_succeeds_is_hopeless() {
        let gauge = Gauge::new(None, 1);
        gauge.fails();
        assert!(!gauge.hopeless(2));
        gauge.fails();
        assert!(gauge.hopeless(2));
        gauge.opened();
        assert!(!gauge.hopeless(2));
        gauge.closed();
        gauge.opened();
        assert_eq!(gauge.peak(), 1);
    }
}
