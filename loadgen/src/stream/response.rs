//! What comes back.

use super::deadline::WaitsFor;
use super::end::End;
use super::events::Events;
use super::refusal::Refusal;
use crate::measure::Failure;

/// A response, in one of its stages.
pub(super) enum Response {
    Awaited,
    Events(Events),
    Refused(Box<Refusal>),
}

impl Response {
    pub(super) fn waits_for(&self) -> WaitsFor {
        match self {
            Self::Refused(_) => WaitsFor::Excerpt,
            Self::Events(events) if events.count() > 0 => WaitsFor::NextByte,
            Self::Events(_) | Self::Awaited => WaitsFor::FirstEvent,
        }
    }

    /// Events so far.
    pub(super) fn events(&self) -> u64 {
        match self {
            Self::Events(events) => events.count(),
            Self::Awaited | Self::Refused(_) => 0,
        }
    }

    /// Whether the stream ends after a read: by its own `stop`, or since its response `is_complete`.
    pub(super) fn end(
        &self,
        stop: Option<Result<(), Failure>>,
        is_complete: Result<bool, Failure>,
        rx_ns: u64,
    ) -> Result<Option<End>, Failure> {
        let end = match stop {
            Some(Ok(())) => Some(End::Enough { ended_ns: rx_ns }),
            Some(Err(failure)) => return Err(failure),
            None => match is_complete {
                Ok(true) => Some(End::Complete { ended_ns: rx_ns }),
                Ok(false) => None,
                Err(failure) => return Err(self.in_place_of(failure)),
            },
        };
        self.settle(Ok(end))
    }

    /// What a wait or a read came to: of a response that was refused, any end is the failure that the refusal is.
    pub(super) fn settle(&self, end: Result<Option<End>, Failure>) -> Result<Option<End>, Failure> {
        match (self, end) {
            (Self::Refused(refusal), Ok(Some(_)) | Err(_)) => Err(refusal.failure()),
            (_, end) => end,
        }
    }

    /// What the stream fails of when this has happened: of a response that was refused before, the refusal.
    pub(super) fn in_place_of(&self, failure: Failure) -> Failure {
        match self {
            Self::Awaited | Self::Events(_) => failure,
            Self::Refused(refusal) => refusal.failure(),
        }
    }
}
