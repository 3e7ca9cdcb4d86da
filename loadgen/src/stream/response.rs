//! What comes back, taken apart as it is read.

use weir_sse::{Decoder, Item, Stamp};

use super::Failure;
use super::record::StreamRecord;
use super::watchdog::WaitsFor;
use crate::measure::{ErrorKind, Recorder};
use crate::plan::Plan;
use crate::transport::http1::{Body, Head, ProtocolError};

/// How much of a refused response's body is shown, in bytes.
const EXCERPT_BYTES: usize = 200;

/// What a read amounted to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// There is more to come; bytes were received at `at_ns`.
    More { at_ns: u64 },
    /// The stream is complete: the server ended it, or it reached its cap.
    Completed,
}

/// A response, in one of its three stages.
pub(crate) struct Response {
    stage: Stage,
    events_left: Option<u64>,
    any_event: bool,
}

enum Stage {
    /// Holds what came of the head, if it came in parts.
    Head { part: Vec<u8> },
    Events {
        body: Body,
        decoder: Decoder,
        stamp: Option<Stamp>,
    },
    /// Not a stream: reads on only for the first bytes of the body.
    Refused {
        body: Body,
        failure: Failure,
        excerpt: Vec<u8>,
    },
}

impl Response {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            stage: Stage::Head { part: Vec::new() },
            events_left: plan.events_per_stream,
            any_event: false,
        }
    }

    pub(crate) fn waits_for(&self) -> WaitsFor {
        match self.stage {
            Stage::Refused { .. } => WaitsFor::Excerpt,
            _ if self.any_event => WaitsFor::NextByte,
            _ => WaitsFor::FirstEvent,
        }
    }

    /// Whether the head has been read.
    pub(crate) fn has_head(&self) -> bool {
        !matches!(self.stage, Stage::Head { .. })
    }

    /// The failure, if the response is one, with what its body says.
    pub(crate) fn refusal(&self) -> Option<Failure> {
        let Stage::Refused {
            failure, excerpt, ..
        } = &self.stage
        else {
            return None;
        };
        let text = String::from_utf8_lossy(excerpt);
        let text = text.trim();
        let said = if text.is_empty() {
            "empty body".to_owned()
        } else {
            format!("body {text:?}")
        };
        Some(Failure::new(
            failure.kind,
            format!("{}, {said}", failure.detail),
        ))
    }

    /// Takes the bytes of one read.
    pub(crate) fn take(
        &mut self,
        bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        match &mut self.stage {
            Stage::Head { part } if part.is_empty() => {
                self.take_head(bytes, rx_ns, record, recorder)
            }
            Stage::Head { part } => {
                part.extend_from_slice(bytes);
                let whole = std::mem::take(part);
                self.take_head(&whole, rx_ns, record, recorder)
            }
            Stage::Events { .. } => self.take_events(bytes, rx_ns, record, recorder),
            Stage::Refused { .. } => self.take_excerpt(bytes, rx_ns),
        }
    }

    /// The connection's end: the stream's, if the framing allows it.
    pub(crate) fn ended(&self) -> Result<(), Failure> {
        match &self.stage {
            Stage::Events { body, .. } if body.may_end() => Ok(()),
            Stage::Events { .. } => Err(Failure::new(
                ErrorKind::Truncated,
                "the connection ended in the middle of the response",
            )),
            Stage::Head { .. } => Err(Failure::new(
                ErrorKind::Truncated,
                "the connection ended before the response head",
            )),
            Stage::Refused { failure, .. } => {
                Err(self.refusal().unwrap_or_else(|| failure.clone()))
            }
        }
    }

    fn take_head(
        &mut self,
        bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        let Some((head, length)) = Head::parse(bytes).map_err(protocol)? else {
            self.stage = Stage::Head {
                part: bytes.to_vec(),
            };
            return Ok(Taken::More { at_ns: rx_ns });
        };
        let body = Body::new(head.framing);
        if let Some(failure) = refused(&head) {
            self.stage = Stage::Refused {
                body,
                failure,
                excerpt: Vec::new(),
            };
            return self.take_excerpt(&bytes[length..], rx_ns);
        }
        record.established(rx_ns, recorder);
        self.stage = Stage::Events {
            body,
            decoder: Decoder::new(),
            stamp: None,
        };
        self.take_events(&bytes[length..], rx_ns, record, recorder)
    }

    fn take_events(
        &mut self,
        mut bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        let Stage::Events {
            body,
            decoder,
            stamp,
        } = &mut self.stage
        else {
            unreachable!("only called in this stage");
        };
        while let Some(mut content) = body.next(&mut bytes).map_err(protocol)? {
            while let Some(item) = decoder.next(&mut content).map_err(malformed)? {
                match item {
                    Item::Comment(comment) => match Stamp::parse(comment) {
                        Some(parsed) => *stamp = Some(parsed),
                        None => recorder.counters.comments += 1,
                    },
                    Item::Event(event) => {
                        record.event(
                            rx_ns,
                            stamp.take(),
                            event.has_id.then_some(event.id),
                            recorder,
                        );
                        self.any_event = true;
                        if let Some(left) = &mut self.events_left {
                            *left -= 1;
                            if *left == 0 {
                                return Ok(Taken::Completed);
                            }
                        }
                    }
                }
            }
        }
        if body.is_complete() {
            Ok(Taken::Completed)
        } else {
            Ok(Taken::More { at_ns: rx_ns })
        }
    }

    fn take_excerpt(&mut self, mut bytes: &[u8], rx_ns: u64) -> Result<Taken, Failure> {
        let Stage::Refused {
            body,
            failure,
            excerpt,
        } = &mut self.stage
        else {
            unreachable!("only called in this stage");
        };
        while let Some(content) = body.next(&mut bytes).map_err(protocol)? {
            let room = EXCERPT_BYTES - excerpt.len();
            excerpt.extend_from_slice(&content[..content.len().min(room)]);
        }
        if body.is_complete() || excerpt.len() == EXCERPT_BYTES {
            let failure = failure.clone();
            return Err(self.refusal().unwrap_or(failure));
        }
        Ok(Taken::More { at_ns: rx_ns })
    }
}

/// What is wrong with a head that announces no event stream.
fn refused(head: &Head) -> Option<Failure> {
    if head.status != 200 {
        let location = head
            .location
            .as_ref()
            .map(|to| format!(" to {to}"))
            .unwrap_or_default();
        let detail = format!("status {} {}{location}", head.status, head.reason);
        return Some(Failure::new(ErrorKind::HttpStatus, detail));
    }
    let detail = || {
        head.content_type.as_ref().map_or_else(
            || "no content-type".to_owned(),
            |content_type| format!("content-type {content_type:?}"),
        )
    };
    (!head.is_event_stream()).then(|| Failure::new(ErrorKind::ContentType, detail()))
}

fn protocol(error: ProtocolError) -> Failure {
    Failure::new(ErrorKind::Protocol, error.to_string())
}

fn malformed(error: weir_sse::DecodeError) -> Failure {
    Failure::new(ErrorKind::Protocol, error.to_string())
}
