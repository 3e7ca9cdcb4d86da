//! A stream on a connection that was handed over: its head, its frames as chunks, and what tells that its client has left.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::Write;

use super::chunks::{Chunks, Unwritten};
use super::handover::HandedOver;
use super::head;
use super::replay::Replay;
use crate::connection::body::StreamBody;
use crate::connection::gate::{Gate, Gated, Transport};

/// Writes in a row before other streams have their turn: as many as hyper has in its turn, since what is due elsewhere waits
/// meanwhile. What belongs to a connection is in the caches then: with 1,000 streams as fast as they are read, in ones, an event
/// takes 0.91, 0.64, 0.49, 0.44 and 0.39 us of user time with 1, 2, 4, 8 and 16 writes a turn (`ceiling`'s sink, medians of 5).
const WRITES_IN_A_TURN: usize = 4;

/// A connection on which a stream is written.
pub(super) struct Streaming<I: Transport> {
    io: Replay<Gated<I>>,
    /// None once all of it has been taken.
    body: Option<StreamBody>,
    unwritten: Unwritten,
    /// The first frame goes out with the head, if it is there.
    is_begun: bool,
    /// Whether all that was written has also left what encrypts it.
    is_flushed: bool,
    closes: bool,
}

/// What becomes of a connection whose stream has ended.
pub(super) enum Turn {
    /// The next request may come.
    Complete,
    /// It ends, for some reason where it breaks.
    Ended(io::Result<()>),
}

impl<I: Transport> Streaming<I> {
    pub(super) fn begin(io: Replay<Gated<I>>, stream: HandedOver) -> Self {
        let HandedOver { reply, closes } = stream;
        let (head, body) = reply.into_parts();
        Self {
            io,
            body: Some(body),
            unwritten: Unwritten::begin(head::encode(&head.headers, closes)),
            is_begun: false,
            is_flushed: false,
            closes,
        }
    }

    /// The socket, for the next request.
    pub(super) fn into_io(self) -> Replay<Gated<I>> {
        self.io
    }

    /// Ready when the stream has ended, or its client has left. With `is_draining` no other request is read behind it.
    pub(super) fn poll(
        &mut self,
        gate: &Gate,
        is_draining: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Turn> {
        if let Poll::Ready(left) = self.io.poll_left(cx) {
            return Poll::Ready(Turn::Ended(left));
        }
        if let Err(broken) = ready!(self.poll_writes(gate, cx)) {
            return Poll::Ready(Turn::Ended(Err(broken)));
        }
        if !self.closes && !is_draining {
            return Poll::Ready(Turn::Complete);
        }
        Pin::new(&mut self.io).poll_shutdown(cx).map(Turn::Ended)
    }

    /// Ready when the stream has ended, and all of it is written.
    fn poll_writes(&mut self, gate: &Gate, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        for _ in 0..WRITES_IN_A_TURN {
            let is_waiting = ready!(self.poll_write(cx))?;
            if self.body.is_none() {
                return Poll::Ready(Ok(()));
            }
            if is_waiting && !gate.ends_wait() {
                return Poll::Pending;
            }
        }
        // There is more to write, once the other streams have had their turn.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ready when what the stream has to say now is written: with whether it has said that this is all.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.is_begun {
            ready!(self.poll_rest(cx))?;
        }
        let (chunks, is_waiting) = self.take(cx)?;
        if !self.is_begun {
            self.is_begun = true;
            self.unwritten.push(&chunks);
        } else if !chunks.is_empty() {
            self.is_flushed = false;
            ready!(chunks.poll_write(&mut self.io, &mut self.unwritten, cx))?;
        }
        self.poll_rest(cx).map_ok(|()| is_waiting)
    }

    /// Ready when all that was taken of the stream is on its way.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.is_flushed {
            ready!(self.unwritten.poll_write(&mut self.io, cx))?;
            ready!(Pin::new(&mut self.io).poll_flush(cx))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// What there is of the stream for one write, and whether there is no more for now.
    ///
    /// # Errors
    /// When it is cut off.
    fn take(&mut self, cx: &mut Context<'_>) -> io::Result<(Chunks, bool)> {
        let mut chunks = Chunks::default();
        while let Some(body) = &mut self.body
            && chunks.have_room()
        {
            match body.poll_next(cx) {
                Poll::Pending => return Ok((chunks, true)),
                Poll::Ready(Some(Ok(frame))) => {
                    chunks.push(frame);
                    chunks.are_last = body.is_over();
                }
                Poll::Ready(Some(Err(cut))) => return Err(io::Error::other(cut)),
                Poll::Ready(None) => chunks.are_last = true,
            }
            if chunks.are_last {
                self.body = None;
            }
        }
        Ok((chunks, false))
    }
}
