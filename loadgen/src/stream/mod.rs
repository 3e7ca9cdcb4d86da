//! The life of one stream: connect, request, head, events, end.

mod context;
mod deadline;
mod end;
mod events;
#[cfg(test)]
mod known_answers;
mod life;
mod reader;
mod refusal;
mod response;

pub(crate) use self::context::Context;
use self::end::End;
use self::life::Life;
use self::reader::Reader;
use crate::load::Start;
use crate::measure::{Cohort, Failure, Outcome};
use crate::transport::{Exchange, Progress, Ready, Token};

/// Reads in a row of a stream that always has more, before others have their turn: half a megabyte, some hundred
/// microseconds. With one read a turn, a flood of 500 events a write takes a fifth more time for each event (`ceiling`).
const READS_IN_A_TURN: u32 = 8;

/// A stream that has begun: a state machine that is told what its socket is ready for, and what time it is.
pub(crate) struct Stream {
    exchange: Exchange,
    life: Life,
}

/// What a stream's turn came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits until its socket is ready, or its deadline has come.
    Waits,
    /// There was more to read when others had to have their turn.
    HasMore,
    /// It has ended, and is accounted for.
    Ended { is_ok: bool },
}

/// What one read came to.
enum Read {
    /// There is nothing more to read for now.
    Dry,
    /// There may be more.
    Wet,
    /// The stream ended with it.
    End(End),
}

impl Stream {
    /// Begins one, whose readiness is told by `token`; `None` if it failed at once, and is accounted for.
    pub(crate) fn begin(context: &Context, start: &Start, token: Token) -> Option<Self> {
        let mut life = Life::begin(context, start);
        match context.client.begin(token) {
            Ok(exchange) => Some(Self { exchange, life }),
            Err(failure) => {
                life.close(context, Err(failure));
                None
            }
        }
    }

    /// Goes on with what its socket is ready for.
    pub(crate) fn go_on(&mut self, context: &Context, ready: Ready) -> Turn {
        for _ in 0..READS_IN_A_TURN {
            match self.read(context, ready) {
                Ok(Read::Wet) => {}
                Ok(Read::Dry) => return Turn::Waits,
                Ok(Read::End(end)) => return self.end(context, Ok(end)),
                Err(failure) => return self.end(context, Err(failure)),
            }
        }
        Turn::HasMore
    }

    /// Looks at its deadline.
    pub(crate) fn check(&mut self, context: &Context, now_ns: u64) -> Turn {
        let checked = self.life.deadline.check(now_ns, &context.timeouts);
        match self.life.response.settle(checked) {
            Ok(None) => Turn::Waits,
            Ok(Some(end)) => self.end(context, Ok(end)),
            Err(failure) => self.end(context, Err(failure)),
        }
    }

    /// When that is; `u64::MAX` is never.
    pub(crate) fn deadline_ns(&self, context: &Context) -> u64 {
        self.life.deadline.at_ns(&context.timeouts)
    }

    pub(crate) fn cohort(&self) -> Cohort {
        self.life.record.cohort()
    }

    /// Tells the other end that no more will be asked of it. What is on its way still comes, and is counted.
    pub(crate) fn end_requests(&self) {
        self.exchange.end_requests();
    }

    /// The run ends before it.
    pub(crate) fn cut(mut self, context: &Context) {
        self.life.settle(context, Outcome::Cut);
    }

    fn end(&mut self, context: &Context, lived: Result<End, Failure>) -> Turn {
        let is_ok = self.life.close(context, lived);
        Turn::Ended { is_ok }
    }

    /// One read, taken apart where it lies in the worker's buffer.
    fn read(&mut self, context: &Context, ready: Ready) -> Result<Read, Failure> {
        let Self { exchange, life } = self;
        let mut buffer = context.buffer.borrow_mut();
        let mut recorder = context.recorder.borrow_mut();
        let was_established = life.record.is_established();
        let mut reader = Reader::new(life, &mut recorder, context.setup.events_max);
        let progress = exchange.go_on(ready, context.client.setup(), &mut buffer, &mut reader);
        let taken = reader.finish();
        if !was_established && life.record.is_established() {
            context.open_streams.opened();
        }
        let progress = progress.map_err(|failure| life.response.in_place_of(failure))?;
        let Some(progress) = progress else {
            return Ok(Read::Dry);
        };
        let Progress {
            received,
            is_all,
            is_complete,
        } = progress;
        // Timeouts go by the generator's own clock, which cannot step.
        let mut seen_ns = received.rx_ns;
        if received.bytes > 0 {
            seen_ns = context.clock.now_ns();
            recorder.decoded(life.record.cohort(), taken.events, received, seen_ns);
        }
        let end = life.response.end(taken.stop, is_complete, received.rx_ns)?;
        if let Some(end) = end {
            return Ok(Read::End(end));
        }
        let waits_for = life.response.waits_for();
        let kept = life.deadline.read(seen_ns, waits_for, &context.timeouts);
        Ok(match life.response.settle(kept)? {
            Some(end) => Read::End(end),
            None if is_all && !ready.is_closing => Read::Dry,
            None => Read::Wet,
        })
    }
}
