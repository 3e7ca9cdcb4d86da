//! The body of a request, and whether all of it has been read.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// The body of a request.
pub(crate) struct RequestBody {
    incoming: Incoming,
    /// None where nobody wants to know.
    is_read: Option<Rc<Cell<bool>>>,
}

impl RequestBody {
    /// One that nobody wants to know more of.
    pub(crate) fn new(incoming: Incoming) -> Self {
        Self {
            incoming,
            is_read: None,
        }
    }

    /// Has `is_read` say whether there is nothing of it that has not been read.
    pub(crate) fn watched(incoming: Incoming, is_read: Rc<Cell<bool>>) -> Self {
        is_read.set(incoming.is_end_stream());
        Self {
            incoming,
            is_read: Some(is_read),
        }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.incoming).poll_frame(cx);
        if let (Poll::Ready(None), Some(is_read)) = (&polled, &self.is_read) {
            is_read.set(true);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
