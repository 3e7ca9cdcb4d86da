//! hyper on a connection: it reads requests, and writes what is not handed over.

use std::cell::Cell;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::server::conn::http1;
use hyper_util::rt::TokioTimer;

use super::handover::{Asked, HandedOver, Slot};
use super::replay::Replay;
use crate::connection::gate::{Gate, Gated, Transport};
use crate::connection::handler::Handler;
use crate::core::limits::Limits;

/// Where hyper starts to write rather than take another frame: a tape block of 64 KiB, and room for a response's
/// head. A batch no larger than a block, stamps and all, spans two blocks at most, so its first frame always leaves
/// room for its second, and both go out in one write. More than this and one frame is never held for a reader that
/// does not read.
pub(super) const WRITE_BUFFER_BYTES: usize = (64 + 4) * 1024;

/// Polls of hyper in a row, of two frames each, before other streams have their turn: what belongs to a connection is in
/// the caches then. With 1,000 streams as fast as they are read, in ones, weir-server spends 1.0 us of user time on an event,
/// and 1.6 us with one poll a turn (`ceiling`, medians of 3).
const POLLS_IN_A_TURN: usize = 2;

/// A connection that hyper has.
pub(super) struct Requests<H: Handler, I: Transport> {
    connection: http1::Connection<Replay<Gated<I>>, Asked<H>>,
    gate: Rc<Gate>,
    slot: Slot,
    is_told_to_end: bool,
}

/// What becomes of a connection that hyper had.
pub(super) enum Turn {
    Ended(hyper::Result<()>),
    /// A stream is to be written on it.
    HandedOver(HandedOver),
}

impl<H: Handler, I: Transport> Requests<H, I> {
    /// Whoever `handler` answers is `peer`, by the socket of `gate`.
    pub(super) fn new(handler: Rc<H>, peer: IpAddr, gate: Rc<Gate>, io: Replay<Gated<I>>) -> Self {
        let slot = Rc::new(Cell::new(None));
        let http1 = http1(&handler.core().shared.limits);
        let asked = Asked {
            handler,
            peer,
            gate: Rc::clone(&gate),
            slot: Rc::clone(&slot),
        };
        Self {
            connection: http1.serve_connection(io, asked),
            gate,
            slot,
            is_told_to_end: false,
        }
    }

    /// Ready when there is no more for hyper to do. With `is_draining` it ends once the stream that is open has.
    pub(super) fn poll(&mut self, is_draining: bool, cx: &mut Context<'_>) -> Poll<Turn> {
        let polled = self.poll_turn(cx);
        if polled.is_ready() || !is_draining || self.is_told_to_end {
            return polled;
        }
        self.is_told_to_end = true;
        Pin::new(&mut self.connection).graceful_shutdown();
        self.poll_turn(cx)
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        for _ in 0..POLLS_IN_A_TURN {
            if let Poll::Ready(ended) = Pin::new(&mut self.connection).poll(cx) {
                return Poll::Ready(Turn::Ended(ended));
            }
            if let Some(handed_over) = self.take_handed_over() {
                return Poll::Ready(Turn::HandedOver(handed_over));
            }
            if !self.gate.ends_wait() {
                return Poll::Pending;
            }
        }
        // There is more to write, once the other streams have had their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Not before hyper has written what it had to write before.
    fn take_handed_over(&self) -> Option<HandedOver> {
        if self.gate.is_open() {
            self.slot.take()
        } else {
            None
        }
    }

    /// The socket, before whose next bytes stands what hyper has read ahead.
    pub(super) fn into_io(self) -> Replay<Gated<I>> {
        let mut parts = self.connection.into_parts();
        // Copied, since it lies in the block that heads are read into.
        parts.io.put_back(&parts.read_buf);
        parts.io
    }
}

fn http1(limits: &Limits) -> http1::Builder {
    let mut http1 = http1::Builder::new();
    http1
        // A client that goes away is noticed at once, not at the next write.
        .half_close(false)
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_time())
        .max_header_size(limits.head_bytes)
        .max_buf_size(WRITE_BUFFER_BYTES);
    http1
}
