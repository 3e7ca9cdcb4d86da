//! What one core's streams share. It never leaves its thread, so nothing of it is shared with another core.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;
use weir_time::Timers;

use super::shared::{Seen, Shared};
use super::stats::Stats;
use crate::hub::branch::Branch;
use crate::hub::registry::Mailbox;
use crate::stream::events::EventStreams;

/// One core of the server.
pub(crate) struct Core {
    pub(crate) timers: Timers,
    pub(crate) branch: Branch,
    pub(crate) event_streams: EventStreams,
    pub(crate) shared: Arc<Shared>,
    number: usize,
    seen: Cell<Seen>,
    draining: Cell<bool>,
    drain: Notify,
}

impl Core {
    /// Core `number` of a server, on the current runtime.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn new(shared: &Arc<Shared>, number: usize) -> io::Result<Self> {
        Ok(Self {
            timers: Timers::new(shared.clock)?,
            branch: Branch::default(),
            event_streams: EventStreams::new(shared.ordinals.clone()),
            shared: Arc::clone(shared),
            number,
            seen: Cell::new(shared.start),
            draining: Cell::new(false),
            drain: Notify::new(),
        })
    }

    /// Which of the server's cores it is, from 0.
    pub(crate) fn number(&self) -> usize {
        self.number
    }

    /// What this core has done. Nobody else adds to it.
    pub(crate) fn stats(&self) -> &Stats {
        &self.shared.stats[self.number]
    }

    /// What there is at `now_ns`, the present, or was a few milliseconds before: the kernel counts processor time in
    /// steps of ten, and whoever is told of the same instant is told the same.
    pub(crate) fn look(&self, now_ns: u64) -> Seen {
        const FRESH_NS: u64 = 10_000_000;
        let seen = self.seen.get();
        if now_ns.saturating_sub(seen.at_ns) < FRESH_NS {
            return seen;
        }
        let seen = self.shared.look(now_ns);
        self.seen.set(seen);
        seen
    }

    /// Wakes who waits for an instant or for a message, for ever.
    pub(crate) async fn run(self: Rc<Self>, mailbox: Mailbox) {
        let delivering = self.branch.run(mailbox, self.stats());
        // Timers end only with the runtime.
        let _ = tokio::join!(self.timers.run(), delivering);
    }

    /// Ends every stream, however far off its next event is, and tells every connection to close when it is idle.
    pub(crate) fn drain(&self) {
        self.draining.set(true);
        self.timers.wake_all();
        self.drain.notify_waiters();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// Completes when the drain begins.
    pub(crate) async fn drain_begins(&self) {
        if !self.is_draining() {
            self.drain.notified().await;
        }
    }
}

/// Runs `test` with a core on a runtime of its own.
#[cfg(test)]
pub(crate) fn with_core<T>(test: impl AsyncFnOnce(Rc<Core>) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let (shared, mut mailboxes) = Shared::new(&crate::config::Config::default()).unwrap();
        let core = Rc::new(Core::new(&shared, 0).unwrap());
        tokio::task::spawn_local(Rc::clone(&core).run(mailboxes.remove(0)));
        let patience = std::time::Duration::from_secs(20);
        let outcome = tokio::time::timeout(patience, test(core)).await;
        outcome.expect("a test does not wait for what does not come")
    })
}
