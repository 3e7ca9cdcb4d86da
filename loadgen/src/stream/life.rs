//! What is known of a stream, whatever carries it.

use super::Context;
use super::deadline::Deadline;
use super::end::End;
use super::response::Response;
use crate::load::Start;
use crate::measure::{ConnectionRecord, Failure, Outcome, StreamRecord};

/// A stream and the connection that carries it, on the books until it is closed with an outcome.
pub(super) struct Life {
    pub(super) record: StreamRecord,
    pub(super) response: Response,
    pub(super) deadline: Deadline,
    pub(super) connection: ConnectionRecord,
}

impl Life {
    /// Opens that of a stream that starts now.
    pub(super) fn begin(context: &Context, start: &Start) -> Self {
        let now_ns = context.clock.now_ns();
        let mut recorder = context.recorder.borrow_mut();
        let (cohort, setup) = (start.cohort, &context.setup);
        Self {
            record: StreamRecord::begin(cohort, start.at_ns, now_ns, setup, &mut recorder),
            response: Response::Awaited,
            deadline: Deadline::new(now_ns, start.lifetime),
            connection: ConnectionRecord::begin(cohort),
        }
    }

    /// Closes it with what became of it, and says whether the stream was a success. While the run drains, it made the stream end,
    /// however that came about, unless its end had been received before.
    pub(super) fn close(&mut self, context: &Context, lived: Result<End, Failure>) -> bool {
        let window_end_ns = context.recorder.borrow().window().end_ns;
        let is_before = |end: &End| end.ended_ns() < window_end_ns;
        let outcome = match lived {
            _ if context.draining.get() && !lived.as_ref().is_ok_and(is_before) => Outcome::Cut,
            Ok(End::Complete { ended_ns }) => Outcome::Completed { ended_ns },
            Ok(End::Enough { ended_ns }) => Outcome::Cancelled { ended_ns },
            Err(failure) => Outcome::Failed {
                failure,
                ended_ns: context.clock.now_ns(),
            },
        };
        self.settle(context, outcome)
    }

    /// Closes it, and says whether the stream was a success.
    pub(super) fn settle(&mut self, context: &Context, outcome: Outcome) -> bool {
        if self.record.is_established() {
            context.open_streams.closed();
        }
        let is_ok = outcome.is_ok();
        let mut recorder = context.recorder.borrow_mut();
        let ended_ns = outcome.ended_ns().unwrap_or(recorder.window().end_ns);
        self.connection.end(ended_ns, &mut recorder);
        self.record.end(outcome, &context.setup, &mut recorder);
        is_ok
    }
}
