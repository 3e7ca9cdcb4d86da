//! Keeps one body frame from being written together with the next.
//!
//! hyper's HTTP/1 dispatcher asks the body for frames until it has none ready or 16 are queued, and writes them with
//! one `writev`. A late stream would therefore send several events in one write, and a stream whose reader is slow
//! would queue them up. The body and the socket of a connection share a [`Gate`] instead: a frame closes it, and
//! who writes, hyper or `http1::streaming`, opens it by flushing the socket when all is written. That keeps one frame to a
//! write, and what is held for a reader that does not read at one frame.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Up to here the pieces of a write (a chunk's size, its events, its end) are sent as one: on loopback a `writev` of
/// three takes 0.3 us longer than a `send`, which takes 4. Putting the pieces together takes back half of that at 500
/// bytes and most of it at 1,000.
const JOINED_MAX_BYTES: usize = 512;

/// Whether what the body has handed over is still on its way to the socket.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    closed: Cell<bool>,
    awaited: Cell<bool>,
    /// Never closes.
    without_wait: bool,
    severed: Cell<Option<Severed>>,
}

/// How a connection is cut, rather than closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severed {
    /// It is reset when it is dropped.
    Reset,
    /// Half of the next write is the last that goes out.
    Halfway,
}

impl Gate {
    /// For a stream whose frames are held back elsewhere: those of HTTP/2, by its flow control.
    pub(crate) fn without_wait() -> Self {
        Self {
            without_wait: true,
            ..Self::default()
        }
    }

    /// Says that a frame has been handed over.
    pub(crate) fn close(&self) {
        self.closed.set(!self.without_wait);
    }

    /// Ready when all that was handed over has been written.
    ///
    /// It takes no context, and wakes nobody: body and socket are polled by one task, which asks [`Gate::ends_wait`]
    /// afterwards.
    pub(crate) fn poll_open(&self) -> Poll<()> {
        self.awaited.set(self.closed.get());
        if self.closed.get() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Whether all that was handed over has been written.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.get()
    }

    /// Says that all that was handed over has been written.
    pub(crate) fn open(&self) {
        self.closed.set(false);
    }

    /// Whether the body was told to wait and need not any more; says so once. Then it is to be polled again, which hyper
    /// mostly does after a flush, but not always.
    pub(crate) fn ends_wait(&self) -> bool {
        !self.closed.get() && self.awaited.take()
    }

    /// Cuts the connection.
    pub(crate) fn sever(&self, how: Severed) {
        self.severed.set(Some(how));
    }

    fn is_severed(&self, how: Severed) -> bool {
        self.severed.get() == Some(how)
    }
}

/// What a connection goes over.
pub(crate) trait Transport: Read + Write + Unpin {
    /// Has it reset when it is dropped, instead of ended.
    fn reset_when_dropped(&self);
}

impl Transport for TokioIo<TcpStream> {
    fn reset_when_dropped(&self) {
        // Fails only for a socket that is gone already.
        let _ = self.inner().set_zero_linger();
    }
}

impl Transport for TokioIo<Box<TlsStream<TcpStream>>> {
    fn reset_when_dropped(&self) {
        let _ = self.inner().get_ref().0.set_zero_linger();
    }
}

/// A socket that opens its gate when it is flushed.
pub(crate) struct Gated<I: Transport> {
    io: I,
    gate: Rc<Gate>,
    /// Of a severed write: what of it may still go out.
    half_bytes: Option<usize>,
}

impl<I: Transport> Gated<I> {
    pub(crate) fn new(io: I, gate: Rc<Gate>) -> Self {
        Self {
            io,
            gate,
            half_bytes: None,
        }
    }

    /// Writes half of the first `bufs` it is given, and fails after that.
    fn poll_write_half(
        &mut self,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let whole: Vec<u8> = bufs.iter().flat_map(|buf| buf.iter().copied()).collect();
        let left = self.half_bytes.get_or_insert(whole.len() / 2);
        if *left == 0 {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, &whole[..*left]))?;
        *left -= written;
        Poll::Ready(Ok(written))
    }
}

impl<I: Transport> Drop for Gated<I> {
    fn drop(&mut self) {
        if self.gate.is_severed(Severed::Reset) {
            self.io.reset_when_dropped();
        }
    }
}

impl<I: Transport> Read for Gated<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<I: Transport> Write for Gated<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.gate.is_severed(Severed::Halfway) {
            return self.poll_write_half(cx, &[IoSlice::new(buf)]);
        }
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.gate.is_severed(Severed::Halfway) {
            return self.poll_write_half(cx, bufs);
        }
        let mut joined = [0; JOINED_MAX_BYTES];
        match join(bufs, &mut joined) {
            Some(joined) => Pin::new(&mut self.io).poll_write(cx, joined),
            None => Pin::new(&mut self.io).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// Who writes flushes the socket only when it has nothing left to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_ready() {
            self.gate.open();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// All of `bufs` in one piece, if there is room for them in `joined`.
fn join<'a>(bufs: &[IoSlice<'_>], joined: &'a mut [u8]) -> Option<&'a [u8]> {
    let mut size = 0;
    for buf in bufs {
        let end = size + buf.len();
        joined.get_mut(size..end)?.copy_from_slice(buf);
        size = end;
    }
    Some(&joined[..size])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_as_long_as_there_is_room() {
        let bufs = [&b"5\r\n"[..], b"", b"event", b"\r\n"].map(IoSlice::new);
        let mut room = [0; 11];
        assert_eq!(join(&bufs, &mut room[..10]), Some(&b"5\r\nevent\r\n"[..]));
        assert_eq!(join(&bufs, &mut room), Some(&b"5\r\nevent\r\n"[..]));
        assert_eq!(join(&bufs, &mut room[..9]), None);
    }

    #[test]
    fn a_wait_ends_once_and_only_if_there_was_one() {
        let gate = Gate::default();
        assert!(gate.poll_open().is_ready() && !gate.ends_wait());
        gate.close();
        gate.open();
        assert!(!gate.ends_wait(), "nobody has asked");
        gate.close();
        assert!(gate.poll_open().is_pending() && !gate.ends_wait());
        gate.open();
        assert!(gate.ends_wait() && !gate.ends_wait());
    }

    #[test]
    fn some_gates_never_close() {
        let gate = Gate::without_wait();
        gate.close();
        assert!(gate.poll_open().is_ready() && !gate.ends_wait());
    }
}
