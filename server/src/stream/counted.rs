//! A stream as a response body: what all streams have in common.

use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;

use crate::connection::body::{Frames, Polled, StreamBody};
use crate::connection::gate::Gate;
use crate::core::thread::Core;
use crate::core::ticket::Ticket;

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

/// The stream of `source`. Whoever polls it writes to the socket of `gate`.
pub(crate) fn counted(ticket: Ticket, gate: Rc<Gate>, source: impl Source + 'static) -> StreamBody {
    StreamBody::new(Counted {
        ticket,
        gate,
        source,
    })
}

/// A stream on its way out: it says farewell when the server drains, closes the gate behind each frame, and counts.
struct Counted<S> {
    ticket: Ticket,
    gate: Rc<Gate>,
    source: S,
}

impl<S: Source> Counted<S> {
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Polled {
        match self.ticket.take_farewell() {
            Some(retry) => Poll::Ready(Some(Ok(self.source.farewell(retry)))),
            None => self.source.poll_next(&self.ticket.core, &self.gate, cx),
        }
    }
}

impl<S: Source> Frames for Counted<S> {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        if self.is_over() {
            return Poll::Ready(None);
        }
        let frame = ready!(self.poll_source(cx));
        if let Some(Ok(bytes)) = &frame {
            self.gate.close();
            let stats = self.ticket.core.stats();
            stats.bytes.add(bytes.len() as u64);
        }
        Poll::Ready(frame)
    }

    fn is_over(&self) -> bool {
        self.source.is_over() || self.ticket.is_over()
    }
}
