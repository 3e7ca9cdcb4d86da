//! What the streams of an HTTP/2 connection have yet to send. hyper and h2 keep that to themselves; it is known all the same by
//! the frames that they have not dropped yet.
//!
//! h2 throws away what waits before a reset, so that a stream can be cut off only when its last frame has gone.

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};
use hyper::rt::Executor;
use tokio::task::{AbortHandle, spawn_local};

use crate::reply::{Cut, StreamBody};

/// The streams of one connection.
#[derive(Default)]
pub(crate) struct Streams {
    /// Whose task is spawned next.
    begun: Cell<Option<Rc<Stream>>>,
}

impl Streams {
    /// Begins the stream of a request. The next task that is spawned is its task.
    pub(crate) fn begin(&self) -> Rc<Stream> {
        let stream = Rc::<Stream>::default();
        self.begun.set(Some(Rc::clone(&stream)));
        stream
    }
}

/// One of them. Held by its body, and by what of that is on its way.
#[derive(Default)]
pub(crate) struct Stream {
    /// What hyper does with it.
    task: OnceCell<AbortHandle>,
    /// Frames that have not been written to the end.
    unsent: Cell<usize>,
    /// Woken when all frames have been written.
    all_sent: Cell<Option<Waker>>,
}

impl Stream {
    /// Cuts the stream off once all before has been written: when its task is dropped, h2 resets it, and keeps its head,
    /// but no data that waits.
    fn poll_cut<T>(&self, cx: &mut Context<'_>) -> Poll<T> {
        if self.unsent.get() > 0 {
            self.all_sent.set(Some(cx.waker().clone()));
        } else if let Some(task) = self.task.get() {
            task.abort();
        }
        Poll::Pending
    }
}

/// The body of a stream.
pub(crate) struct Frames {
    inner: StreamBody,
    stream: Rc<Stream>,
    cut: bool,
}

impl Frames {
    pub(crate) fn new(inner: StreamBody, stream: Rc<Stream>) -> Self {
        Self {
            inner,
            stream,
            cut: false,
        }
    }
}

impl Body for Frames {
    type Data = Piece;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Cut>>> {
        let frames = self.get_mut();
        if frames.cut {
            return frames.stream.poll_cut(cx);
        }
        match ready!(Pin::new(&mut frames.inner).poll_frame(cx)) {
            None => Poll::Ready(None),
            Some(Ok(frame)) => {
                let piece = |bytes| Piece::new(bytes, &frames.stream);
                Poll::Ready(Some(Ok(frame.map_data(piece))))
            }
            Some(Err(Cut)) => {
                frames.cut = true;
                frames.stream.poll_cut(cx)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A frame on its way, until it has been written or thrown away.
pub(crate) struct Piece {
    bytes: Bytes,
    stream: Rc<Stream>,
}

impl Piece {
    fn new(bytes: Bytes, stream: &Rc<Stream>) -> Self {
        stream.unsent.set(stream.unsent.get() + 1);
        Self {
            bytes,
            stream: Rc::clone(stream),
        }
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.bytes.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.bytes.chunk()
    }

    fn advance(&mut self, size: usize) {
        self.bytes.advance(size);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let unsent = self.stream.unsent.get() - 1;
        self.stream.unsent.set(unsent);
        if unsent == 0
            && let Some(waker) = self.stream.all_sent.take()
        {
            waker.wake();
        }
    }
}

/// Runs what belongs to a connection on its thread.
#[derive(Clone)]
pub(crate) struct Tasks(pub(crate) Rc<Streams>);

impl<F: Future + 'static> Executor<F> for Tasks {
    fn execute(&self, future: F) {
        let task = spawn_local(future);
        if let Some(stream) = self.0.begun.take() {
            // A stream has one task.
            let _ = stream.task.set(task.abort_handle());
        }
    }
}
