//! What comes back, taken apart as it is read.

use std::io;

use super::deadline::{Expired, WaitsFor};
use super::events::Events;
use super::failure::Failure;
use super::refusal::Refusal;
use super::taken::Taken;
use crate::measure::{ErrorKind, Recorder, StreamRecord};
use crate::plan::Timeouts;
use crate::transport::http1::{Body, Head, ProtocolError};

/// A response, in one of its stages.
pub(super) struct Response {
    stage: Stage,
}

enum Stage {
    /// Holds what came of the head, if it came in parts.
    Head(Vec<u8>),
    Events(Events),
    Refused(Refusal),
}

impl Response {
    /// A response of which nothing has come.
    pub(super) fn new() -> Self {
        Self {
            stage: Stage::Head(Vec::new()),
        }
    }

    pub(super) fn waits_for(&self) -> WaitsFor {
        match &self.stage {
            Stage::Refused(_) => WaitsFor::Excerpt,
            Stage::Events(events) if events.any() => WaitsFor::NextByte,
            Stage::Events(_) | Stage::Head(_) => WaitsFor::FirstEvent,
        }
    }

    /// Takes the bytes of one read.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        let part = match &mut self.stage {
            Stage::Events(events) => return events.take(bytes, rx_ns, record, recorder),
            Stage::Refused(refusal) => return refusal.take(bytes),
            Stage::Head(part) => std::mem::take(part),
        };
        if part.is_empty() {
            self.take_head(bytes, rx_ns, record, recorder)
        } else {
            self.take_head(&[&part, bytes].concat(), rx_ns, record, recorder)
        }
    }

    /// The connection's end.
    pub(super) fn ended(&self) -> Result<(), Failure> {
        match &self.stage {
            Stage::Events(events) => events.ended(),
            Stage::Refused(refusal) => Err(refusal.failure()),
            Stage::Head(_) => {
                let detail = "the connection ended before the response head";
                Err(Failure::new(ErrorKind::Truncated, detail))
            }
        }
    }

    /// The failure that a wait which went on too long is.
    pub(super) fn expired(&self, expired: &Expired, timeouts: Timeouts) -> Failure {
        let limit = |limit: Option<_>| limit.unwrap_or_default();
        match (&self.stage, expired) {
            (Stage::Refused(refusal), _) => refusal.failure(),
            (_, Expired::Io(error)) => self.broken(error),
            (_, Expired::FirstEvent) => {
                let detail = format!("no event within {:?}", limit(timeouts.first_event));
                Failure::new(ErrorKind::FirstEventTimeout, detail)
            }
            (_, Expired::Idle) => {
                let detail = format!("no byte for {:?}", limit(timeouts.idle));
                Failure::new(ErrorKind::IdleTimeout, detail)
            }
        }
    }

    /// The failure that a socket's error is.
    pub(super) fn broken(&self, error: &io::Error) -> Failure {
        match &self.stage {
            Stage::Refused(refusal) => refusal.failure(),
            Stage::Events(_) => Failure::new(ErrorKind::Reset, error.to_string()),
            Stage::Head(_) => Failure::before_response(error),
        }
    }

    fn take_head(
        &mut self,
        bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        let Some((head, length)) = Head::parse(bytes)? else {
            self.stage = Stage::Head(bytes.to_vec());
            return Ok(Taken::More);
        };
        let rest = &bytes[length..];
        if let Some(mut refusal) = Refusal::of(&head) {
            let taken = refusal.take(rest);
            self.stage = Stage::Refused(refusal);
            return taken;
        }
        record.established(rx_ns, recorder);
        let mut events = Events::new(Body::new(head.framing), record.events_max());
        let taken = events.take(rest, rx_ns, record, recorder);
        self.stage = Stage::Events(events);
        taken
    }
}

impl From<ProtocolError> for Failure {
    fn from(error: ProtocolError) -> Self {
        Self::new(ErrorKind::Protocol, error.to_string())
    }
}
