//! Whether another stream may begin.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, Semaphore, SemaphorePermit};

use super::Load;

/// What all workers share of a load: touched when a stream begins or ends, never by an event.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Streams that may still be begun.
    tickets: AtomicU64,
    /// Told when the last of them is.
    used_up: Notify,
    /// Arrivals that may start now (open model).
    room: Semaphore,
    /// Places whose latest stream failed (closed model), or streams that failed (open model).
    failing: AtomicU64,
}

impl Admission {
    /// Of a whole load.
    pub(crate) fn new(load: &Load) -> Self {
        // How many arrive in all is fixed with their instants; what follows in a place is not.
        let tickets = load.total_streams.filter(|_| load.is_closed());
        Self {
            tickets: AtomicU64::new(tickets.unwrap_or(u64::MAX)),
            used_up: Notify::new(),
            room: Semaphore::new(load.streams as usize),
            failing: AtomicU64::new(0),
        }
    }

    /// A place's stream failed and the one before it had not, or a stream that has no place failed.
    pub(crate) fn fails(&self) {
        self.failing.fetch_add(1, Ordering::Relaxed);
    }

    /// How many do.
    pub(crate) fn failing(&self) -> u64 {
        self.failing.load(Ordering::Relaxed)
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
    pub(crate) fn close(&self) {
        self.tickets.store(0, Ordering::Relaxed);
        self.used_up.notify_waiters();
    }

    /// Whether no stream may be begun any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.tickets.load(Ordering::Relaxed) == 0
    }

    /// Completes when none may.
    pub(crate) async fn closed(&self) {
        let used_up = self.used_up.notified();
        if !self.is_closed() {
            used_up.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn tickets_run_out() {
        let load = Load {
            total_streams: Some(2),
            ..Load::closed(1, Duration::ZERO)
        };
        let admission = Admission::new(&load);
        assert!(admission.take_ticket() && admission.take_ticket());
        assert!(!admission.take_ticket());
    }
}
