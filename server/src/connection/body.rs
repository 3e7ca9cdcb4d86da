//! What a connection sends as the body of a response: bytes, frame by frame.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use hyper::body::{Body, Frame, SizeHint};

/// A response: a stream, or something short.
pub(crate) type Reply = Response<StreamBody>;

/// A body ends before its end: the connection (with HTTP/2, the stream) is cut off.
#[derive(Debug, thiserror::Error)]
#[error("cut off")]
pub(crate) struct Cut;

/// A frame, or that the body is cut off instead; None when there are no more.
pub(crate) type Polled = Poll<Option<Result<Bytes, Cut>>>;

/// Where the frames of a body come from.
pub(crate) trait Frames {
    /// The next one. What is to be a write of its own waits for the gate.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled;

    /// Whether it is known that there are no more.
    fn is_over(&self) -> bool {
        false
    }

    /// How many bytes are left, where that is known.
    fn left_bytes(&self) -> Option<u64> {
        None
    }
}

/// A body. Boxed, not only because there are several: hyper keeps the place of a response, empty, for as long as it writes
/// the body.
pub(crate) struct StreamBody(Box<dyn Frames>);

impl StreamBody {
    pub(crate) fn new(frames: impl Frames + 'static) -> Self {
        Self(Box::new(frames))
    }

    /// All of it in one frame, or none where there is nothing.
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self::new(Whole(bytes))
    }

    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Polled {
        self.0.poll_next(cx)
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

struct Whole(Bytes);

impl Frames for Whole {
    fn poll_next(&mut self, _: &mut Context<'_>) -> Polled {
        let bytes = std::mem::take(&mut self.0);
        Poll::Ready((!bytes.is_empty()).then_some(Ok(bytes)))
    }

    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn left_bytes(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }
}

impl Body for StreamBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let polled = self.get_mut().poll_next(cx);
        polled.map(|frame| frame.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over()
    }

    fn size_hint(&self) -> SizeHint {
        let left_bytes = self.0.left_bytes();
        left_bytes.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
