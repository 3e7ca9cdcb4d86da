//! The life of one stream: connect, request, head, events, end.

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

pub(crate) use self::context::Context;
use self::deadline::Deadline;
use self::response::{Reader, Response};
use crate::measure::{Failure, StreamRecord};
use crate::transport::{Exchange, Progress};

/// Reads in a row of a stream that always has more, before others have their turn: half a megabyte, some hundred
/// microseconds. With one read a turn, a flood of 500 events a write takes a fifth more time for each event (`ceiling`).
const READS_IN_A_TURN: u32 = 8;

/// Lives one stream that was meant to start at `intended_ns`, to its end; `alarm` watches over it. Says whether it
/// completed.
///
/// Whatever happens to the future, dropping it included, the stream is accounted for.
pub(crate) async fn run(context: &Rc<Context>, intended_ns: u64, alarm: &mut Alarm) -> bool {
    let mut record = StreamRecord::begin(context, intended_ns);
    let outcome = live(context, &mut record, alarm).await;
    if context.is_draining() {
        // However it ended, the end of the run made it; dropped, the record says so.
        return false;
    }
    let completed = outcome.is_ok();
    record.end(outcome);
    completed
}

async fn live(
    context: &Context,
    record: &mut StreamRecord,
    alarm: &mut Alarm,
) -> Result<u64, Failure> {
    // What asking takes is not kept for the rest of the stream: it is half of what an idle one would hold.
    let (mut exchange, requested_ns) = Box::pin(attempt::ask(context, record)).await?;
    let mut response = Response::new();
    let mut deadline = Deadline::new(&context.plan.timeouts, alarm, requested_ns);
    let mut full_reads = 0;
    loop {
        let waited = deadline.readable(&exchange, response.waits_for()).await;
        waited.map_err(|failure| response.in_place_of(failure))?;
        let Some(read) = read(context, &mut exchange, &mut response, record)? else {
            continue;
        };
        if let Some(ended_ns) = read.ended_ns {
            return Ok(ended_ns);
        }
        let kept = deadline.read(read.seen_ns, response.waits_for());
        kept.map_err(|failure| response.in_place_of(failure))?;
        full_reads = if read.is_all { 0 } else { full_reads + 1 };
        if full_reads == READS_IN_A_TURN {
            full_reads = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// What one read came to.
struct Read {
    /// When it had been taken apart, by the generator's own clock, which cannot step: patience goes by that.
    seen_ns: u64,
    /// Whether there was no more to read.
    is_all: bool,
    /// When it was received, if it completed the stream.
    ended_ns: Option<u64>,
}

/// One read, taken apart where it lies in the worker's buffer; `None` when there was nothing to read.
fn read(
    context: &Context,
    exchange: &mut Exchange,
    response: &mut Response,
    record: &mut StreamRecord,
) -> Result<Option<Read>, Failure> {
    let mut buffer = context.buffer.borrow_mut();
    let mut recorder = context.recorder.borrow_mut();
    let mut reader = Reader::new(response, record, &mut recorder);
    let progress = exchange.read(&mut buffer, &mut reader);
    let (events, stop) = reader.finish();
    let Some(progress) = progress.map_err(|failure| response.in_place_of(failure))? else {
        return Ok(None);
    };
    let Progress {
        received,
        is_all,
        is_complete,
    } = progress;
    let seen_ns = match received.bytes {
        0 => received.rx_ns,
        _ => {
            let seen_ns = context.clock.now_ns();
            recorder.decoded(events, received, seen_ns);
            seen_ns
        }
    };
    stop?;
    let is_complete = is_complete.map_err(|failure| response.in_place_of(failure))?;
    if is_complete {
        response.complete()?;
    }
    Ok(Some(Read {
        seen_ns,
        is_all,
        ended_ns: is_complete.then_some(received.rx_ns),
    }))
}
