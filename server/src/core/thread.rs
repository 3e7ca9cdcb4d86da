//! What one core's streams share. It never leaves its thread, so nothing of it is shared with another core.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::Notify;
use weir_time::Timers;

use super::shared::{Shared, Snapshot};
use super::stats::Stats;

/// One core of the server.
pub(crate) struct Core {
    pub(crate) timers: Timers,
    pub(crate) shared: Arc<Shared>,
    number: usize,
    /// What [`Core::snapshot`] gave last.
    last: Cell<Snapshot>,
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
            shared: Arc::clone(shared),
            number,
            last: Cell::new(shared.start),
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
    pub(crate) fn snapshot(&self, now_ns: u64) -> Snapshot {
        const FRESH_NS: u64 = 10_000_000;
        let last = self.last.get();
        if now_ns.saturating_sub(last.at_ns) < FRESH_NS {
            return last;
        }
        let now = self.shared.snapshot(now_ns);
        self.last.set(now);
        now
    }

    /// Wakes who waits for an instant, for ever.
    pub(crate) async fn run(self: Rc<Self>) {
        // Timers end only with the runtime.
        let _ = self.timers.run().await;
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
        let farewell = bytes::Bytes::from_static(b"retry: 1000\n\n");
        let shared = Shared::new(1, super::limits::Limits::default(), Some(farewell));
        let shared = Arc::new(shared);
        let core = Rc::new(Core::new(&shared, 0).unwrap());
        tokio::task::spawn_local(Rc::clone(&core).run());
        let limit = std::time::Duration::from_secs(20);
        let outcome = tokio::time::timeout(limit, test(core)).await;
        outcome.expect("a test does not wait for what does not come")
    })
}
