//! What the streams of one thread share.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use tokio::sync::Notify;
use weir_time::Clock;

use crate::measure::{OpenStreams, Recorder, StreamSetup};
use crate::plan::Timeouts;
use crate::transport::{Client, ReadBuffer};

/// One worker's client, buffer and record, for its streams to use in turn.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) timeouts: Timeouts,
    pub(crate) setup: StreamSetup,
    pub(crate) open_streams: Arc<OpenStreams>,
    pub(crate) buffer: RefCell<ReadBuffer>,
    pub(crate) recorder: RefCell<Recorder>,
    pub(crate) draining: Cell<bool>,
    /// Told when the window has ended.
    pub(crate) drain_begins: Notify,
}

impl Context {
    /// Ends the window at `end_ns`: streams that end from now on were cut.
    pub(crate) fn drain(&self, end_ns: u64) {
        self.draining.set(true);
        self.recorder.borrow_mut().end_window(end_ns);
        self.drain_begins.notify_waiters();
    }

    /// Completes when the window has ended.
    pub(crate) async fn drained(&self) {
        let begins = self.drain_begins.notified();
        if !self.draining.get() {
            begins.await;
        }
    }
}
