//! What accounts for a stream, whatever happens to it.

use std::rc::Rc;

use super::Context;
use crate::load::Start;
use crate::measure::{ConnectionRecord, Outcome, StreamRecord};

/// A stream and the connection that carries it, on the books until it is dropped: with its outcome, or having been cut.
pub(super) struct Account {
    context: Rc<Context>,
    pub(super) stream: StreamRecord,
    pub(super) connection: Option<ConnectionRecord>,
    outcome: Outcome,
}

impl Account {
    /// Opens that of a stream that starts now.
    pub(super) fn open(context: &Rc<Context>, start: Start) -> Self {
        let started_ns = context.clock.now_ns();
        let mut recorder = context.recorder.borrow_mut();
        let setup = &context.setup;
        Self {
            context: Rc::clone(context),
            stream: StreamRecord::begin(
                start.cohort,
                start.at_ns,
                started_ns,
                setup,
                &mut recorder,
            ),
            connection: None,
            outcome: Outcome::Cut,
        }
    }

    /// Closes it.
    pub(super) fn close(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let context = &self.context;
        if self.stream.is_established() {
            context.open_streams.closed();
        }
        let mut recorder = context.recorder.borrow_mut();
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Cut);
        if let Some(connection) = self.connection.take() {
            let ended_ns = outcome.ended_ns().unwrap_or(recorder.window().end_ns);
            connection.end(ended_ns, &mut recorder);
        }
        self.stream.end(outcome, &context.setup, &mut recorder);
    }
}
