//! The events of an established stream.

use weir_sse::{DecodeError, Decoder, Event, Item, Stamp, StampReader};

use super::failure::Failure;
use super::taken::Taken;
use crate::measure::{ErrorKind, Recorder, StreamRecord};
use crate::transport::http1::Body;

/// Reads events out of a response body.
pub(super) struct Events {
    body: Body,
    decoder: Decoder,
    /// Of the event that comes next.
    stamp: Option<Stamp>,
    /// Until the stream is ended from here.
    left: u64,
    any: bool,
}

impl Events {
    /// Events of which the stream is ended from here after `events_max`.
    pub(super) fn new(body: Body, events_max: u64) -> Self {
        Self {
            body,
            decoder: Decoder::new(),
            stamp: None,
            left: events_max,
            any: false,
        }
    }

    /// Whether there has been one.
    pub(super) fn any(&self) -> bool {
        self.any
    }

    /// Takes the bytes of one read, or the rest of the one that the head came with.
    pub(super) fn take(
        &mut self,
        mut bytes: &[u8],
        rx_ns: u64,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<Taken, Failure> {
        let mut stamps = StampReader::default();
        while let Some(mut content) = self.body.next(&mut bytes)? {
            loop {
                if self.decoder.is_between_lines() {
                    self.stamp = stamps.take(&mut content).or(self.stamp);
                }
                let Some(item) = self.decoder.next(&mut content)? else {
                    break;
                };
                match item {
                    Item::Comment(comment) => match stamps.parse(comment) {
                        Some(stamp) => self.stamp = Some(stamp),
                        None => recorder.counters.comments += 1,
                    },
                    Item::Event(Event { id, has_id, .. }) => {
                        record.event(rx_ns, self.stamp.take(), has_id.then_some(id), recorder);
                        self.any = true;
                        self.left -= 1;
                        if self.left == 0 {
                            return Ok(Taken::Completed);
                        }
                    }
                }
            }
        }
        Ok(if self.body.is_complete() {
            Taken::Completed
        } else {
            Taken::More
        })
    }

    /// The connection's end: the stream's, if the framing allows it.
    pub(super) fn ended(&self) -> Result<(), Failure> {
        if self.body.may_end() {
            return Ok(());
        }
        let detail = "the connection ended in the middle of the response";
        Err(Failure::new(ErrorKind::Truncated, detail))
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Protocol, error.to_string())
    }
}
