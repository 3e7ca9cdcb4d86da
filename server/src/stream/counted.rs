//! A stream as a response body: what all streams have in common.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame};

use crate::connection::gate::Gate;
use crate::core::admission::Ticket;
use crate::core::thread::Core;
use crate::request::response::Cut;

/// Where a stream's frames come from.
pub(crate) trait Source {
    /// The next one; None when there are no more. What is to be a write of its own waits for the gate.
    fn poll_next(&mut self, core: &Core, gate: &Gate, cx: &mut Context<'_>) -> Polled;

    /// Whether it is known that there are no more.
    fn is_over(&self) -> bool {
        false
    }

    /// What is said last when the server drains; `retry` tells clients when to come back.
    fn farewell(&self, retry: Bytes) -> Bytes {
        retry
    }
}

/// A frame, or that the stream is cut off instead.
pub(crate) type Polled = Poll<Option<Result<Bytes, Cut>>>;

/// A stream on its way out: it says farewell when the server drains, closes the gate behind each frame, and counts.
pub(crate) struct Outlet<S> {
    ticket: Ticket,
    gate: Rc<Gate>,
    source: S,
}

impl<S: Source> Outlet<S> {
    /// Whoever polls it writes to the socket of `gate`.
    pub(crate) fn new(ticket: Ticket, gate: Rc<Gate>, source: S) -> Self {
        Self {
            ticket,
            gate,
            source,
        }
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        match self.ticket.take_farewell() {
            Some(retry) => Poll::Ready(Some(Ok(self.source.farewell(retry)))),
            None => self.source.poll_next(&self.ticket.core, &self.gate, cx),
        }
    }
}

impl<S: Source + Unpin> Body for Outlet<S> {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let stream = self.get_mut();
        if stream.is_end_stream() {
            return Poll::Ready(None);
        }
        let frame = ready!(stream.poll_next(cx)).map(|polled| {
            let bytes = polled?;
            stream.gate.close();
            let core = &stream.ticket.core;
            core.stats().bytes.add(bytes.len() as u64);
            Ok(Frame::data(bytes))
        });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.source.is_over() || self.ticket.is_over()
    }
}
