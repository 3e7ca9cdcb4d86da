//! The events of an established stream.

use std::ops::ControlFlow;

use weir_sse::{DecodeError, Decoder, Event, Item, Stamp, StampReader};

use crate::measure::{ErrorKind, Failure, Recorder, StreamRecord};

/// Reads events out of a response's content.
pub(super) struct Events {
    decoder: Decoder,
    /// Of an event whose stamp came in another read than itself: most have none.
    stamp: Option<Box<Stamp>>,
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
        // Of the event that comes next.
        let mut stamp = self.stamp.take().map(|stamp| *stamp);
        loop {
            if self.decoder.is_between_lines() {
                stamp = stamps.take(&mut content).or(stamp);
            }
            let Some(item) = self.decoder.next(&mut content)? else {
                self.stamp = stamp.map(Box::new);
                return Ok(ControlFlow::Continue(()));
            };
            match item {
                Item::Comment(comment) => match stamps.parse(comment) {
                    Some(next) => stamp = Some(next),
                    None => recorder.comment(record.cohort()),
                },
                Item::Event(Event { id, has_id, .. }) => {
                    let stamp = stamp.take();
                    record.event(rx_ns, stamp, has_id.then_some(id), recorder);
                    self.count += 1;
                    if let Some(stamp) = stamp {
                        let wanted = events_max - self.count;
                        self.take_run(stamp, wanted, &mut content, stamps, record, recorder);
                    }
                    if self.count == events_max {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
    }

    /// Takes the events that go on after the last one in nothing but their number, at most those that are `wanted`: of a flood nearly
    /// all do, and are passed over and counted in half the time of one after the other (`ceiling`).
    fn take_run(
        &mut self,
        last: Stamp,
        wanted: u64,
        content: &mut &[u8],
        stamps: &mut StampReader,
        record: &mut StreamRecord,
        recorder: &mut Recorder,
    ) {
        let first = last.seq.wrapping_add(1);
        if content.is_empty() || !record.may_run(first, recorder) {
            return;
        }
        let (mut events, mut rest) = (0_u32, *content);
        while u64::from(events) < wanted
            && stamps.pass(&mut rest, first.wrapping_add(events.into()))
            && self.decoder.pass_data(&mut rest)
        {
            events += 1;
            *content = rest;
        }
        record.run(events, recorder);
        self.count += u64::from(events);
    }
}

impl From<DecodeError> for Failure {
    fn from(error: DecodeError) -> Self {
        Self::new(ErrorKind::Protocol, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::{Cohort, Metric, Outcome, StreamSetup, Window};

    const WINDOW: Window = Window {
        start_ns: 1_000_000_000,
        end_ns: 9_000_000_000,
    };
    const RX_NS: u64 = 5_000_000_000;

    /// A stamped event: its number, and what kind of block it is.
    fn written((seq, due_ms, kind): (u64, u64, u8), wire: &mut Vec<u8>) {
        let mut line = [0; Stamp::LEN];
        let stamp = Stamp {
            seq,
            due_ns: due_ms * 1_000_000,
            sent_ns: due_ms * 1_000_000 + 7,
        };
        stamp.write(&mut line);
        let block: &[u8] = match kind {
            0 => b"id: 5\ndata: x\n\n",
            1 => b": comment\ndata: x\ndata: y\n\n",
            2 => b"data: x\r\n\r\n",
            3 => b"event: other\n\n",
            _ => b"data: some text\n\n",
        };
        wire.extend([line.as_slice(), block].concat());
    }

    /// What is recorded of a read that comes in pieces, and whether it had enough.
    fn recorded<'b>(pieces: impl Iterator<Item = &'b [u8]>, events_max: u64) -> (bool, String) {
        let setup = StreamSetup {
            events_max,
            expect_interval: None,
            is_resumed: false,
            truth: false,
        };
        let mut recorder = Recorder::new(0, WINDOW, 1);
        let mut record = StreamRecord::begin(Cohort::FIRST, 0, 0, &setup, &mut recorder);
        let (mut events, mut stamps) = (Events::new(), StampReader::default());
        let is_enough = pieces.into_iter().any(|piece| {
            let taken = events.take(
                piece,
                RX_NS,
                events_max,
                &mut stamps,
                &mut record,
                &mut recorder,
            );
            taken.unwrap().is_break()
        });
        let count = events.count();
        record.end(Outcome::Cut, &setup, &mut recorder);
        let mut text = format!("{count} events\n");
        for shard in recorder.finish() {
            let part = &shard.cohorts[0];
            let delivery = part.bank.get(Metric::Delivery);
            let gaps = part.bank.get(Metric::Gap).len();
            text += &format!("{:?} {:?}\n", part.counters, part.totals);
            text += &format!("{gaps} {} {:?}\n", delivery.len(), part.censored);
        }
        (is_enough, text)
    }

    proptest! {
        /// In pieces of a byte no run is ever seen.
        #[test]
        fn a_run_counts_as_its_events_one_by_one(
            steps in prop::collection::vec((0u64..12, 0u64..8, 0u8..30), 1..60),
            events_max in prop_oneof![Just(u64::MAX), 1u64..40],
        ) {
            let (mut seq, mut due_ms, mut wire) = (0, 2_000, b"\n".to_vec());
            for (step, later_ms, kind) in steps {
                written((seq, due_ms, kind), &mut wire);
                // Mostly the next one, now and then one that came before or lies further ahead.
                seq = match step {
                    0 => seq + 3,
                    1 => seq.saturating_sub(2),
                    _ => seq + 1,
                };
                due_ms += later_ms / 7;
            }
            let whole = recorded([wire.as_slice()].into_iter(), events_max);
            prop_assert_eq!(whole, recorded(wire.chunks(1), events_max));
        }
    }
}
