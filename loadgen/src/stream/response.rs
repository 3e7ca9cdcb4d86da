//! What comes back, taken apart as it is read.

use std::ops::ControlFlow;

use weir_sse::StampReader;

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

    /// The response is complete: of a refused one, that is a failure.
    pub(super) fn complete(&self) -> Result<(), Failure> {
        match self {
            Self::Awaited | Self::Events(_) => Ok(()),
            Self::Refused(refusal) => Err(refusal.failure()),
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
    rx_ns: u64,
    stamps: StampReader,
    /// Events of the response before it.
    events_before: u64,
    /// Why the stream ended within it, if not by the transport.
    stop: Result<(), Failure>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        response: &'a mut Response,
        record: &'a mut StreamRecord,
        recorder: &'a mut Recorder,
    ) -> Self {
        Self {
            events_before: response.events(),
            response,
            record,
            recorder,
            rx_ns: 0,
            stamps: StampReader::default(),
            stop: Ok(()),
        }
    }

    /// The events that the read completed, and why the stream failed of their content, if it did.
    pub(super) fn finish(self) -> (u64, Result<(), Failure>) {
        (self.response.events() - self.events_before, self.stop)
    }
}

impl Sink for Reader<'_> {
    fn received(&mut self, received: Received) {
        self.rx_ns = received.rx_ns;
        self.recorder.read(received.bytes as u64, received.rx_ns);
    }

    fn head(&mut self, head: Head) -> ControlFlow<()> {
        *self.response = match Refusal::of(&head) {
            Some(refusal) => Response::Refused(refusal),
            None => {
                self.record.established(self.rx_ns, self.recorder);
                Response::Events(Events::new(self.record.events_max()))
            }
        };
        ControlFlow::Continue(())
    }

    fn content(&mut self, run: &[u8]) -> ControlFlow<()> {
        match self.response {
            Response::Events(events) => {
                let (stamps, record) = (&mut self.stamps, &mut *self.record);
                let taken = events.take(run, self.rx_ns, stamps, record, self.recorder);
                taken.unwrap_or_else(|failure| {
                    self.stop = Err(failure);
                    ControlFlow::Break(())
                })
            }
            Response::Refused(refusal) => refusal.take(run),
            Response::Awaited => unreachable!("content comes behind a head"),
        }
    }
}
