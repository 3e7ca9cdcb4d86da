//! The life of one stream: connect, request, head, events, end.

mod context;
mod deadline;
mod events;
mod failure;
#[cfg(test)]
mod known_answers;
mod refusal;
mod response;
mod taken;

use std::future::Future;
use std::rc::Rc;
use std::time::Duration;

use weir_time::Alarm;

pub(crate) use self::context::Context;
use self::context::Reachable;
use self::deadline::Watchdog;
pub(crate) use self::failure::Failure;
use self::response::Response;
use self::taken::Taken;
use crate::measure::{ErrorKind, StreamRecord};
use crate::transport::Socket;

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
    context: &Rc<Context>,
    record: &mut StreamRecord,
    alarm: &mut Alarm,
) -> Result<u64, Failure> {
    // What asking takes is not kept for the rest of the stream: it is half of what an idle one would hold.
    let (socket, requested_ns) = Box::pin(ask(context, record)).await?;
    let timeouts = &context.plan.timeouts;
    let mut response = Response::new();
    let mut watchdog = Watchdog::new(timeouts, alarm, requested_ns);
    let mut full_reads = 0;
    loop {
        let waited = watchdog.readable(&socket, response.waits_for()).await;
        waited.map_err(|expired| response.expired(&expired, *timeouts))?;
        let Some(read) = receive(context, &socket, &mut response, record)? else {
            continue;
        };
        if let Some(ended_ns) = read.ended_ns {
            return Ok(ended_ns);
        }
        watchdog.heard(read.seen_ns);
        full_reads = if read.is_all { 0 } else { full_reads + 1 };
        if full_reads == READS_IN_A_TURN {
            full_reads = 0;
            tokio::task::yield_now().await;
        }
    }
}

/// Connects and sends the request; says when.
async fn ask(
    context: &Rc<Context>,
    record: &mut StreamRecord,
) -> Result<(Reachable, u64), Failure> {
    let timeouts = context.plan.timeouts;
    let socket = connect(context, timeouts.connect).await?;
    let socket = Reachable::new(context, socket);
    record.connected(context.clock.now_ns());
    let requested_ns = send(context, &socket, timeouts.first_event).await?;
    record.requested(requested_ns);
    Ok((socket, requested_ns))
}

async fn connect(context: &Context, limit: Option<Duration>) -> Result<Socket, Failure> {
    let connecting = Socket::connect(
        context.addr,
        context.next_source(),
        context.plan.rx,
        context.clock,
    );
    let connected = within(limit, connecting).await.ok_or_else(|| {
        let detail = format!("not connected after {:?}", limit.unwrap_or_default());
        Failure::new(ErrorKind::ConnectTimeout, detail)
    })?;
    connected.map_err(|error| Failure::connecting(&error))
}

/// Sends the request, and says when the last of it was written.
async fn send(context: &Context, socket: &Socket, limit: Option<Duration>) -> Result<u64, Failure> {
    let sent = within(limit, socket.write_all(&context.request))
        .await
        .ok_or_else(|| {
            let detail = format!("request not taken within {:?}", limit.unwrap_or_default());
            Failure::new(ErrorKind::FirstEventTimeout, detail)
        })?;
    sent.map_err(|error| Failure::before_response(&error))
}

/// What a future gives, unless it takes longer than the limit.
async fn within<T>(limit: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    // Without a limit one that never comes.
    let limit = limit.unwrap_or(Duration::MAX);
    tokio::time::timeout(limit, future).await.ok()
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

/// One read of the socket, taken apart where it lies in the worker's buffer; `None` when there was nothing to read.
fn receive(
    context: &Context,
    socket: &Socket,
    response: &mut Response,
    record: &mut StreamRecord,
) -> Result<Option<Read>, Failure> {
    let mut buffer = context.buffer.borrow_mut();
    let read = socket
        .receive(&mut buffer)
        .map_err(|error| response.broken(&error))?;
    let Some(received) = read else {
        return Ok(None);
    };
    let rx_ns = received.rx_ns;
    if received.bytes == 0 {
        response.ended()?;
        return Ok(Some(Read {
            seen_ns: rx_ns,
            is_all: true,
            ended_ns: Some(rx_ns),
        }));
    }
    let mut recorder = context.recorder.borrow_mut();
    recorder.read(received.bytes as u64, rx_ns);
    let events_before = recorder.counters.events;
    let taken = response.take(buffer.bytes(received), rx_ns, record, &mut recorder);
    let events = recorder.counters.events - events_before;
    let seen_ns = context.clock.now_ns();
    recorder.decoded(events, received, seen_ns);
    Ok(Some(Read {
        seen_ns,
        is_all: received.bytes < buffer.capacity(),
        ended_ns: (taken? == Taken::Completed).then_some(rx_ns),
    }))
}
