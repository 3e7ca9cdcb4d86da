//! What accounts for a stream, whatever happens to it.

use std::rc::Rc;

use super::Context;
use crate::load::Start;
use crate::measure::{ConnectionRecord, Outcome, StreamRecord};

/// A stream and the connection that carries it, on the books until it is closed with an outcome, or dropped: then it was cut.
pub(super) struct Account {
    context: Rc<Context>,
    pub(super) stream: StreamRecord,
    pub(super) connection: Option<ConnectionRecord>,
    is_closed: bool,
}

impl Account {
    /// Opens that of a stream that starts now.
    pub(super) fn open(context: &Rc<Context>, start: &Start) -> Self {
        let started_ns = context.clock.now_ns();
        let mut recorder = context.recorder.borrow_mut();
        let (cohort, setup) = (start.cohort, &context.setup);
        Self {
            context: Rc::clone(context),
            stream: StreamRecord::begin(cohort, start.at_ns, started_ns, setup, &mut recorder),
            connection: None,
            is_closed: false,
        }
    }

    /// Closes it, and says whether the stream was a success.
    pub(super) fn close(mut self, outcome: Outcome) -> bool {
        let is_ok = outcome.is_ok();
        self.settle(outcome);
        self.is_closed = true;
        is_ok
    }

    fn settle(&mut self, outcome: Outcome) {
        let context = &self.context;
        if self.stream.is_established() {
            context.open_streams.closed();
        }
        let mut recorder = context.recorder.borrow_mut();
        if let Some(connection) = self.connection.take() {
            let ended_ns = outcome.ended_ns().unwrap_or(recorder.window().end_ns);
            connection.end(ended_ns, &mut recorder);
        }
        self.stream.end(outcome, &context.setup, &mut recorder);
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if !self.is_closed {
            self.settle(Outcome::Cut);
        }
    }
}
