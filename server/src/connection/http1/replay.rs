//! What was read ahead of the stream that is being written: kept, and given to who reads next.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

/// Read at once while a stream is written, when mostly nothing comes but the end.
const AHEAD_BYTES: usize = 64;

/// A socket, and before what comes next from it what had been read of it already.
pub(super) struct Replay<I> {
    io: I,
    ahead: Box<[u8]>,
}

impl<I: Read + Unpin> Replay<I> {
    pub(super) fn new(io: I) -> Self {
        Self {
            io,
            ahead: Box::default(),
        }
    }

    /// Puts back what was read last.
    pub(super) fn put_back(&mut self, read: &[u8]) {
        self.ahead = [read, &self.ahead].concat().into();
    }

    /// Ready when the client has left. What it sends instead is kept, and no more is read before that has been replayed:
    /// who sends the next request early waits for its answer.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ahead.is_empty() {
            return Poll::Pending;
        }
        let mut bytes = [0; AHEAD_BYTES];
        let mut read = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.io).poll_read(cx, read.unfilled()))?;
        if read.filled().is_empty() {
            return Poll::Ready(Ok(()));
        }
        self.ahead = read.filled().into();
        Poll::Pending
    }
}

impl<I: Read + Unpin> Read for Replay<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        if self.ahead.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, buf);
        }
        let (now, later) = self.ahead.split_at(self.ahead.len().min(buf.remaining()));
        buf.put_slice(now);
        self.ahead = later.into();
        Poll::Ready(Ok(()))
    }
}

impl<I: Write + Unpin> Write for Replay<I> {
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

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
