//! The life of one stream: connect, request, head, events, end.

mod account;
mod attempt;
mod context;
mod deadline;
mod events;
#[cfg(test)]
mod known_answers;
mod refusal;
mod response;

use std::rc::Rc;

use weir_time::Alarm;

use self::account::Account;
pub(crate) use self::context::Context;
use self::deadline::Deadline;
use self::response::{Reader, Response};
use crate::load::Start;
use crate::measure::{Failure, Outcome};
use crate::transport::{Exchange, Progress};

/// Reads in a row of a stream that always has more, before others have their turn: half a megabyte, some hundred
/// microseconds. With one read a turn, a flood of 500 events a write takes a fifth more time for each event (`ceiling`).
const READS_IN_A_TURN: u32 = 8;

/// Lives one stream, to its end; `start` says since when (Unix nanoseconds) and as what, `alarm` watches over it. Says whether it was
/// a success.
///
/// Whatever happens to the future, dropping it included, the stream is accounted for.
pub(crate) async fn run(context: &Rc<Context>, start: &Start, alarm: &mut Alarm) -> bool {
    let mut account = Account::open(context, start);
    let lived = live(context, start, &mut account, alarm).await;
    account.close(outcome(context, lived))
}

/// What became of a stream that ended so. While the run drains, it made the stream end, however that came about, unless its end
/// had been received before.
fn outcome(context: &Context, lived: Result<End, Failure>) -> Outcome {
    let window_end_ns = context.recorder.borrow().window().end_ns;
    let is_before = |end: &End| end.ended_ns() < window_end_ns;
    match lived {
        _ if context.draining.get() && !lived.as_ref().is_ok_and(is_before) => Outcome::Cut,
        Ok(End::Complete { ended_ns }) => Outcome::Completed { ended_ns },
        Ok(End::Enough { ended_ns }) => Outcome::Cancelled { ended_ns },
        Err(failure) => Outcome::Failed {
            failure,
            ended_ns: context.clock.now_ns(),
        },
    }
}

/// How a stream ends that does not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its response was complete.
    Complete { ended_ns: u64 },
    /// It had all that was wanted of it.
    Enough { ended_ns: u64 },
}

impl End {
    fn ended_ns(self) -> u64 {
        match self {
            Self::Complete { ended_ns } | Self::Enough { ended_ns } => ended_ns,
        }
    }
}

async fn live(
    context: &Context,
    start: &Start,
    account: &mut Account,
    alarm: &mut Alarm,
) -> Result<End, Failure> {
    // What asking takes is not kept for the rest of the stream: it is half of what an idle one would hold.
    let (mut exchange, requested_ns) = Box::pin(attempt::ask(context, start, account)).await?;
    let mut response = Response::new();
    let mut deadline = Deadline::new(&context.timeouts, alarm, requested_ns);
    deadline.end_after(start.lifetime);
    let mut full_reads = 0;
    loop {
        let waited = deadline.readable(&exchange).await;
        if let Some(end) = response.settle(waited)? {
            return Ok(end);
        }
        let Some(read) = read(context, &mut exchange, &mut response, account)? else {
            continue;
        };
        if let Some(end) = read.end {
            return Ok(end);
        }
        let kept = deadline.read(read.seen_ns, response.waits_for());
        if let Some(end) = response.settle(kept)? {
            return Ok(end);
        }
        full_reads = if read.is_all { 0 } else { full_reads + 1 };
        if full_reads == READS_IN_A_TURN {
            full_reads = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// What one read came to.
struct Read {
    /// When it had been taken apart, by the generator's own clock, which cannot step: timeouts go by that.
    seen_ns: u64,
    /// Whether there was no more to read.
    is_all: bool,
    /// Whether the stream ended with it.
    end: Option<End>,
}

/// One read, taken apart where it lies in the worker's buffer; `None` when there was nothing to read.
fn read(
    context: &Context,
    exchange: &mut Exchange,
    response: &mut Response,
    account: &mut Account,
) -> Result<Option<Read>, Failure> {
    let mut buffer = context.buffer.borrow_mut();
    let mut recorder = context.recorder.borrow_mut();
    let stream = &mut account.stream;
    let cohort = stream.cohort();
    let was_established = stream.is_established();
    let mut reader = Reader::new(response, stream, &mut recorder, context.setup.events_max);
    let progress = exchange.read(&mut buffer, &mut reader);
    let read = reader.finish();
    if !was_established && stream.is_established() {
        context.open_streams.opened();
    }
    let Some(progress) = progress.map_err(|failure| response.in_place_of(failure))? else {
        return Ok(None);
    };
    let Progress {
        received,
        is_all,
        is_complete,
    } = progress;
    let mut seen_ns = received.rx_ns;
    if received.bytes > 0 {
        seen_ns = context.clock.now_ns();
        recorder.decoded(cohort, read.events, received, seen_ns);
    }
    let end = response.end(read.stop, is_complete, received.rx_ns)?;
    Ok(Some(Read {
        seen_ns,
        is_all,
        end,
    }))
}
