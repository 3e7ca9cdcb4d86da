//! What takes an exchange as it goes on.

use std::ops::ControlFlow;

use weir_sse::StampReader;

use super::events::Events;
use super::life::Life;
use super::refusal::Refusal;
use super::response::Response;
use crate::measure::{Failure, Received, Recorder};
use crate::transport::{Head, Sink};

/// Takes what one read gives to where it belongs.
pub(super) struct Reader<'a> {
    life: &'a mut Life,
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
    pub(super) fn new(life: &'a mut Life, recorder: &'a mut Recorder, events_max: u64) -> Self {
        Self {
            events_before: life.response.events(),
            life,
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
            events: self.life.response.events() - self.events_before,
            stop: self.stop,
        }
    }
}

impl Sink for Reader<'_> {
    fn connected(&mut self, at_ns: u64) {
        let dialled_ns = self.life.deadline.connected(at_ns);
        let connection = &mut self.life.connection;
        connection.connected(dialled_ns, at_ns, self.recorder);
    }

    fn requested(&mut self, at_ns: u64) {
        self.life.deadline.requested(at_ns);
        self.life.record.requested(at_ns);
    }

    fn received(&mut self, received: Received) {
        self.rx_ns = received.rx_ns;
        self.recorder.read(self.life.record.cohort(), received);
    }

    fn head(&mut self, head: Head) -> ControlFlow<()> {
        self.life.response = match Refusal::of(&head) {
            Some(refusal) => Response::Refused(Box::new(refusal)),
            None => {
                self.life.record.established(self.rx_ns, self.recorder);
                Response::Events(Events::new())
            }
        };
        ControlFlow::Continue(())
    }

    fn content(&mut self, run: &[u8]) -> ControlFlow<()> {
        let Life {
            response, record, ..
        } = &mut *self.life;
        match response {
            Response::Events(events) => {
                let stamps = &mut self.stamps;
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
