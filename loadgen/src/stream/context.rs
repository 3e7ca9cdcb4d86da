//! What the streams of one thread share.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::sync::Arc;

use weir_time::Clock;

use crate::load::Gauge;
use crate::measure::{Recorder, Window};
use crate::plan::Plan;
use crate::transport::{Client, ReadBuffer};

/// One worker's plan, buffer and record, for its streams to use in turn.
pub(crate) struct Context {
    pub(crate) plan: Arc<Plan>,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    pub(crate) gauge: Arc<Gauge>,
    pub(crate) buffer: RefCell<ReadBuffer>,
    pub(crate) recorder: RefCell<Recorder>,
    draining: Cell<bool>,
}

impl Context {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        addr: SocketAddr,
        clock: Clock,
        gauge: &Arc<Gauge>,
        window: Window,
    ) -> Self {
        let mut recorder = Recorder::new(window);
        recorder.truth = plan.truth.then(Box::default);
        Self {
            plan: Arc::clone(plan),
            client: Client::new(plan, addr, clock),
            clock,
            gauge: Arc::clone(gauge),
            buffer: RefCell::new(ReadBuffer::new()),
            recorder: RefCell::new(recorder),
            draining: Cell::new(false),
        }
    }

    /// Ends the window at `end_ns`, and tells the other end of every stream that no more will be asked of it. What is on its
    /// way still comes, and is counted; streams that end from now on were cut.
    pub(crate) fn drain(&self, end_ns: u64) {
        self.draining.set(true);
        self.recorder.borrow_mut().window.end_ns = end_ns;
        self.client.end_requests();
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.get()
    }

    /// The record, when the streams are gone.
    pub(crate) fn take_recorder(&self) -> Recorder {
        let nothing = Recorder::new(Window {
            start_ns: 0,
            end_ns: 0,
        });
        self.recorder.replace(nothing)
    }
}
