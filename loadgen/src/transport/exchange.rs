//! A request and its response, whatever they are carried by.

use std::task::{Context, Poll};

use super::{Progress, ReadBuffer, Sink, http1};
use crate::measure::Failure;

/// A request that was sent, and its response as it comes.
pub(crate) enum Exchange {
    Http1(http1::Exchange),
}

impl Exchange {
    /// Ready when there may be something to read.
    pub(crate) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        match self {
            Self::Http1(exchange) => exchange.poll_readable(cx),
        }
    }

    /// One read into `buffer`, taken apart where it lies; `None` when there was nothing to read.
    pub(crate) fn read(
        &mut self,
        buffer: &mut ReadBuffer,
        sink: &mut impl Sink,
    ) -> Result<Option<Progress>, Failure> {
        match self {
            Self::Http1(exchange) => exchange.read(buffer, sink),
        }
    }
}
