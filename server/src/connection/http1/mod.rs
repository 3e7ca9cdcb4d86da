//! One connection with HTTP/1.1, from its first request to its end.
//!
//! hyper reads the requests, and writes what is short. A stream is taken from it before the first byte of its head, connection
//! and all, and written here: hyper would keep the block of 8 KiB that the head was read into and another one to write from,
//! though a stream needs neither, and an event would pass through more hands. When the stream has ended, hyper gets the
//! connection back.
//!
//! | part | does |
//! | --- | --- |
//! | `requests` | runs hyper |
//! | `handover` | says which replies hyper does not get |
//! | `streaming` | writes a stream |
//! | `head`, `chunks` | are its form |
//! | `replay` | keeps what comes meanwhile for hyper |

mod chunks;
mod handover;
mod head;
mod replay;
mod requests;
mod streaming;
#[cfg(test)]
mod tests;

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use self::replay::Replay;
use self::requests::Requests;
use self::streaming::Streaming;
use super::close_reason;
use super::gate::{Gate, Gated, Transport};
use super::handler::Handler;

/// Serves requests until the client leaves, or the core drains and the stream that was open has ended. `open` is held
/// until then.
pub(crate) fn serve<H: Handler, I: Transport>(
    handler: Rc<H>,
    peer: IpAddr,
    io: I,
    open: mpsc::Sender<Infallible>,
) -> impl Future<Output = ()> {
    let mut connection = Connection::new(handler, peer, io, open);
    // Not an async function, which would have room for its arguments twice.
    async move {
        let core = Rc::clone(connection.handler.core());
        let mut drain = pin!(core.drain_begins());
        let mut is_drain_awaited = false;
        poll_fn(|cx| {
            // Once: it wakes this task, and then the core says so itself.
            if !is_drain_awaited {
                is_drain_awaited = true;
                let _ = drain.as_mut().poll(cx);
            }
            connection.poll(core.is_draining(), cx)
        })
        .await;
    }
}

struct Connection<H: Handler, I: Transport> {
    handler: Rc<H>,
    peer: IpAddr,
    gate: Rc<Gate>,
    phase: Phase<H, I>,
    _open: mpsc::Sender<Infallible>,
}

/// Who has the connection.
enum Phase<H: Handler, I: Transport> {
    /// Boxed, so that a stream has no room for it.
    Requests(Box<Requests<H, I>>),
    Streaming(Streaming<I>),
    Ended,
}

impl<H: Handler, I: Transport> Connection<H, I> {
    fn new(handler: Rc<H>, peer: IpAddr, io: I, open: mpsc::Sender<Infallible>) -> Self {
        let gate = Rc::new(Gate::default());
        let io = Replay::new(Gated::new(io, Rc::clone(&gate)));
        let mut connection = Self {
            handler,
            peer,
            gate,
            phase: Phase::Ended,
            _open: open,
        };
        connection.read_requests(io);
        connection
    }

    fn read_requests(&mut self, io: Replay<Gated<I>>) {
        let (handler, gate) = (Rc::clone(&self.handler), Rc::clone(&self.gate));
        let requests = Requests::new(handler, self.peer, gate, io);
        self.phase = Phase::Requests(Box::new(requests));
    }

    /// Ready when it has ended.
    fn poll(&mut self, is_draining: bool, cx: &mut Context<'_>) -> Poll<()> {
        if let Phase::Requests(requests) = &mut self.phase {
            match requests.poll(is_draining, cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(requests::Turn::Ended(ended)) => {
                    close_reason::of_http1(self.handler.core().stats(), &ended);
                    return Poll::Ready(());
                }
                Poll::Ready(requests::Turn::HandedOver(stream)) => self.begin(stream),
            }
        }
        let Phase::Streaming(streaming) = &mut self.phase else {
            return Poll::Ready(());
        };
        match streaming.poll(&self.gate, is_draining, cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(streaming::Turn::Ended(ended)) => {
                close_reason::of_stream(self.handler.core().stats(), &ended);
                return Poll::Ready(());
            }
            Poll::Ready(streaming::Turn::Complete) => self.go_on(),
        }
        // Streams of others have their turn before the next request.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes the connection from hyper, to write `stream`.
    fn begin(&mut self, stream: handover::HandedOver) {
        if let Phase::Requests(requests) = std::mem::replace(&mut self.phase, Phase::Ended) {
            self.phase = Phase::Streaming(Streaming::begin(requests.into_io(), stream));
        }
    }

    /// Gives the connection back to hyper.
    fn go_on(&mut self) {
        if let Phase::Streaming(streaming) = std::mem::replace(&mut self.phase, Phase::Ended) {
            self.read_requests(streaming.into_io());
        }
    }
}
