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

    /// Closes it with what became of it, and says whether the stream was a success.
    pub(super) fn close(&mut self, context: &Context, lived: Result<End, Failure>) -> bool {
        let window_end_ns = context.recorder.borrow().window().end_ns;
        let drained_ns = context.draining.get().then_some(window_end_ns);
        self.settle(context, outcome(lived, drained_ns, context.clock.now_ns()))
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

/// What became of a stream that ended so. While the run drains, since `drained_ns`, it made the stream end, however that came about,
/// unless its end had been received before.
fn outcome(lived: Result<End, Failure>, drained_ns: Option<u64>, now_ns: u64) -> Outcome {
    let is_before = |drained_ns: u64| lived.as_ref().is_ok_and(|end| end.ended_ns() < drained_ns);
    match (drained_ns.is_none_or(is_before), lived) {
        (false, _) => Outcome::Cut,
        (true, Ok(End::Complete { ended_ns })) => Outcome::Completed { ended_ns },
        (true, Ok(End::Enough { ended_ns })) => Outcome::Cancelled { ended_ns },
        (true, Err(failure)) => Outcome::Failed {
            failure,
            ended_ns: now_ns,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::ErrorKind;

    #[test]
    fn while_the_run_drains_only_an_end_that_had_been_received_before_is_one() {
        let failure = || Failure::new(ErrorKind::Reset, "");
        let complete = |ended_ns| Ok(End::Complete { ended_ns });
        let enough = |ended_ns| Ok(End::Enough { ended_ns });
        let outcome = |lived, drained_ns| outcome(lived, drained_ns, 70);
        let ended_ns = 49;
        for drained_ns in [None, Some(50)] {
            let completed = Outcome::Completed { ended_ns };
            assert_eq!(outcome(complete(49), drained_ns), completed);
            let cancelled = Outcome::Cancelled { ended_ns };
            assert_eq!(outcome(enough(49), drained_ns), cancelled);
        }
        let failed = Outcome::Failed {
            failure: failure(),
            ended_ns: 70,
        };
        assert_eq!(outcome(Err(failure()), None), failed);
        for lived in [complete(50), enough(51), Err(failure())] {
            assert_eq!(outcome(lived, Some(50)), Outcome::Cut);
        }
    }
}
