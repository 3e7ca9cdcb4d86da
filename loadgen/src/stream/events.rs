//! The events of an established stream.

use std::ops::ControlFlow;

use weir_sse::{DecodeError, Decoder, Event, Item, Stamp, StampReader};

use crate::measure::{ErrorKind, Failure, Recorder, StreamRecord};

/// Reads events out of a response's content.
pub(super) struct Events {
    decoder: Decoder,
    /// Of the event that comes next.
    stamp: Option<Stamp>,
    /// Events so far.
    count: u64,
}

impl Events {
    /// Events of which none has come.
    pub(super) fn new() -> Self {
        Self {
            decoder: Decoder::new(),
            stamp: None,
            count: 0,
        }
    }

    /// How many there have been.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes the next run of content, which was received at `rx_ns`; `stamps` is that read's. Breaks after the last of the
    /// `events_max` events that are wanted.
    pub(super) fn take(
        &mut self,
        mut content: &[u8],
        rx_ns: u64,
        events_max: u64,
        stamps: &mut StampReader,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) -> Result<ControlFlow<()>, Failure> {
        loop {
            if self.decoder.is_between_lines() {
                self.stamp = stamps.take(&mut content).or(self.stamp);
            }
            let Some(item) = self.decoder.next(&mut content)? else {
                return Ok(ControlFlow::Continue(()));
            };
            match item {
                Item::Comment(comment) => match stamps.parse(comment) {
                    Some(stamp) => self.stamp = Some(stamp),
                    None => recorder.comment(record.cohort()),
                },
                Item::Event(Event { id, has_id, .. }) => {
                    record.event(rx_ns, self.stamp.take(), has_id.then_some(id), recorder);
                    self.count += 1;
                    if self.count == events_max {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Protocol, error.to_string())
    }
}
