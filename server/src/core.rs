//! What one core's streams share. It never leaves its thread, so nothing is shared with another core but a count of
//! streams.

use std::cell::Cell;
use std::io;

use tokio::sync::Notify;
use weir_time::{Clock, Timers};

use crate::chance::Ordinals;
use crate::counters::Counters;
use crate::library::Library;

/// One core of the server.
pub(crate) struct Core {
    pub(crate) timers: Timers,
    pub(crate) library: Library,
    pub(crate) ordinals: Ordinals,
    counters: Cell<Counters>,
    draining: Cell<bool>,
    drain: Notify,
}

impl Core {
    /// A core on the current runtime. `ordinals` is what it has in common with the other cores.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn new(clock: Clock, ordinals: Ordinals) -> io::Result<Self> {
        Ok(Self {
            timers: Timers::new(clock)?,
            library: Library::default(),
            ordinals,
            counters: Cell::default(),
            draining: Cell::new(false),
            drain: Notify::new(),
        })
    }

    /// Counts what has been handed to a socket's writer, or a stream that opens.
    pub(crate) fn count(&self, counted: Counters) {
        let mut counters = self.counters.get();
        counters.merge(&counted);
        self.counters.set(counters);
    }

    pub(crate) fn counters(&self) -> Counters {
        self.counters.get()
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
pub(crate) fn with_core<T>(test: impl AsyncFnOnce(std::rc::Rc<Core>) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let core = std::rc::Rc::new(Core::new(Clock::new(), Ordinals::default()).unwrap());
        let timers = core.timers.clone();
        tokio::task::spawn_local(async move { timers.run().await });
        let patience = std::time::Duration::from_secs(20);
        let outcome = tokio::time::timeout(patience, test(core)).await;
        outcome.expect("a test does not wait for what does not come")
    })
}
