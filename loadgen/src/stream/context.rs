//! What the streams of one thread share.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::Arc;

use weir_time::Clock;

use crate::gauge::Gauge;
use crate::measure::{Recorder, Window};
use crate::plan::Plan;
use crate::transport::ReadBuffer;

/// One worker's plan, buffer and record, for its streams to use in turn.
pub(crate) struct Context {
    pub(crate) plan: Arc<Plan>,
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) gauge: Arc<Gauge>,
    /// The request's bytes, the same for every stream.
    pub(crate) request: Vec<u8>,
    pub(crate) buffer: RefCell<ReadBuffer>,
    pub(crate) recorder: RefCell<Recorder>,
}

impl Context {
    /// The record, when the streams are gone.
    pub(crate) fn take_recorder(&self) -> Recorder {
        let nothing = Recorder::new(Window {
            start_ns: 0,
            end_ns: 0,
        });
        self.recorder.replace(nothing)
    }
}
