//! Keeps one body frame from being written together with the next.
//!
//! hyper's HTTP/1 dispatcher asks the body for frames until it has none ready or 16 are queued, and writes them with
//! one `writev`. A late stream would therefore send several events in one write, and a stream whose reader is slow
//! would queue them up. The body and the socket of a connection share a [`Gate`] instead: a frame closes it, and
//! hyper flushing its write buffer to the last byte opens it. That keeps one frame to a write, and what is held for a
//! reader that does not read at one frame.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};

/// Whether what the body has handed over is still on its way to the socket.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Cell<bool>,
    awaited: Cell<bool>,
}

impl Gate {
    /// Says that a frame has been handed over.
    pub(crate) fn close(&self) {
        self.closed.set(true);
    }

    /// Ready when all that was handed over has been written; if not, the connection's task is woken when it has.
    ///
    /// It takes no context because body and socket are polled by one task, whose waker comes with the flush.
    pub(crate) fn poll_open(&self) -> Poll<()> {
        self.awaited.set(self.closed.get());
        if self.closed.get() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Says that all that was handed over has been written.
    pub(crate) fn open(&self, cx: &Context<'_>) {
        self.closed.set(false);
        if self.awaited.take() {
            cx.waker().wake_by_ref();
        }
    }
}

/// A socket that opens its gate when it is flushed.
pub(crate) struct Gated<I> {
    io: I,
    gate: Rc<Gate>,
}

impl<I> Gated<I> {
    pub(crate) fn new(io: I, gate: Rc<Gate>) -> Self {
        Self { io, gate }
    }
}

impl<I: Read + Unpin> Read for Gated<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: Write + Unpin> Write for Gated<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// hyper flushes the socket only once its own buffer is empty.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_ready() {
            self.gate.open(cx);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
