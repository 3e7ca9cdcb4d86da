//! What comes back, taken apart as it is read.

use std::ops::ControlFlow;

use weir_sse::StampReader;

use super::End;
use super::deadline::WaitsFor;
use super::events::Events;
use super::refusal::Refusal;
use crate::measure::{Failure, Received, Recorder, StreamRecord};
use crate::transport::{Head, Sink};

/// A response, in one of its stages.
pub(super) enum Response {
    Awaited,
    Events(Events),
    Refused(Refusal),
}

impl Response {
    /// A response of which nothing has come.
    pub(super) fn new() -> Self {
        Self::Awaited
    }

    pub(super) fn waits_for(&self) -> WaitsFor {
        match self {
            Self::Refused(_) => WaitsFor::Excerpt,
            Self::Events(events) if events.count() > 0 => WaitsFor::NextByte,
            Self::Events(_) | Self::Awaited => WaitsFor::FirstEvent,
        }
    }

    /// Events so far.
    fn events(&self) -> u64 {
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

/// Takes what one read gives to where it belongs.
pub(super) struct Reader<'a> {
    response: &'a mut Response,
    record: &'a mut StreamRecord,
    recorder: &'a mut Recorder,
    events_max: u64,
    rx_ns: u64,
    stamps: StampReader,
    /// Events of the response before it.
    events_before: u64,
    /// How the stream ended within it, if by its content.
    stop: Option<Result<(), Failure>>,
}

/// What the content of a read came to.
pub(super) struct Taken {
    /// Events that it completed.
    pub(super) events: u64,
    /// Whether the stream ended by it: it had enough, or what came is no event stream.
    pub(super) stop: Option<Result<(), Failure>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        response: &'a mut Response,
        record: &'a mut StreamRecord,
        recorder: &'a mut Recorder,
        events_max: u64,
    ) -> Self {
        Self {
            events_before: response.events(),
            response,
            record,
            recorder,
            events_max,
            rx_ns: 0,
            stamps: StampReader::default(),
            stop: None,
        }
    }

    /// What it came to.
    pub(super) fn finish(self) -> Taken {
        Taken {
            events: self.response.events() - self.events_before,
            stop: self.stop,
        }
    }
}

impl Sink for Reader<'_> {
    fn received(&mut self, received: Received) {
        self.rx_ns = received.rx_ns;
        self.recorder.read(self.record.cohort(), received);
    }

    fn head(&mut self, head: Head) -> ControlFlow<()> {
        *self.response = match Refusal::of(&head) {
            Some(refusal) => Response::Refused(refusal),
            None => {
                self.record.established(self.rx_ns, self.recorder);
                Response::Events(Events::new())
            }
        };
        ControlFlow::Continue(())
    }

    fn content(&mut self, run: &[u8]) -> ControlFlow<()> {
        match self.response {
            Response::Events(events) => {
                let (stamps, record) = (&mut self.stamps, &mut *self.record);
                let (rx_ns, max) = (self.rx_ns, self.events_max);
                let taken = events.take(run, rx_ns, max, stamps, record, self.recorder);
                let flow = taken.as_ref().copied().unwrap_or(ControlFlow::Break(()));
                if flow.is_break() {
                    self.stop = Some(taken.map(|_| ()));
                }
                flow
            }
            Response::Refused(refusal) => refusal.take(run),
            Response::Awaited => unreachable!("content comes behind a head"),
        }
    }
}
