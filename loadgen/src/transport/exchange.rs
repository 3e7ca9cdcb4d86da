//! A request and its response, whatever they are carried by.

use super::{ExchangeSetup, Progress, ReadBuffer, Ready, Sink, http1};
use crate::measure::Failure;

/// A request that is sent, and its response as it comes.
pub(crate) enum Exchange {
    Http1(http1::Exchange),
}

impl Exchange {
    /// Goes on with what its socket is ready for, up to one read into `buffer`, which is taken apart where it lies; `None` when there
    /// was nothing to read.
    pub(crate) fn go_on(
        &mut self,
        ready: Ready,
        setup: &ExchangeSetup,
        buffer: &mut ReadBuffer,
        sink: &mut impl Sink,
    ) -> Result<Option<Progress>, Failure> {
        match self {
            Self::Http1(exchange) => exchange.go_on(ready, setup, buffer, sink),
        }
    }

    /// Tells the other end that no more will be asked of it.
    pub(crate) fn end_requests(&self) {
        match self {
            Self::Http1(exchange) => exchange.end_requests(),
        }
    }
}
