//! What the single steps of a measurement cost, in a loop of nothing else.

use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;
use weir::measure::new_histogram;
use weir::transport::http1::{Body, Framing};
use weir_sse::{Decoder, Item, Stamp, StampReader};
use weir_time::Clock;

use crate::bare::Chunk;

/// The best of these passes counts: interruptions only ever add.
const PASSES: usize = 10;

/// Enough that a pass lasts milliseconds, against which the two clock readings around it are nothing.
const STEPS: u64 = 200_000;

/// Events of the chunk that is decoded: what one read brings under the load whose budget is drawn up.
const CHUNK_EVENTS: usize = 500;

/// Nanoseconds per step.
#[derive(Debug, Serialize)]
pub(super) struct Costs {
    pub(super) clock_read_ns: f64,
    pub(super) histogram_record_ns: f64,
    pub(super) stamp_decode_ns: f64,
    /// An event and its stamp out of their chunk, as weir takes them.
    pub(super) event_decode_ns: f64,
}

impl Costs {
    pub(super) fn measure(stamped: bool) -> Self {
        let clock = Clock::new();
        let mut histogram = new_histogram();
        let mut line = [0; Stamp::LEN];
        let stamp = Stamp {
            seq: 1,
            due_ns: clock.now_ns(),
            sent_ns: clock.now_ns(),
        };
        stamp.write(&mut line);
        let comment = &line[1..Stamp::LEN - 1];
        Self {
            clock_read_ns: step_ns(STEPS, |_| clock.now_ns()),
            histogram_record_ns: step_ns(STEPS, |step| {
                histogram.saturating_record(spread_ns(step));
            }),
            stamp_decode_ns: step_ns(STEPS, |_| Stamp::parse(black_box(comment))),
            event_decode_ns: event_decode_ns(stamped, clock.now_ns()),
        }
    }
}

/// Durations all over the first 16 ms, so that a record is not always to the same counter.
fn spread_ns(step: u64) -> u64 {
    // Knuth's multiplicative hash (The Art of Computer Programming, volume 3, 6.4).
    step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

fn event_decode_ns(stamped: bool, now_ns: u64) -> f64 {
    let mut chunk = Chunk::new(CHUNK_EVENTS, stamped);
    if stamped {
        chunk.stamp(0, now_ns);
    }
    let (mut body, mut decoder) = (Body::new(Framing::Chunked), Decoder::new());
    let chunk_ns = step_ns(STEPS / CHUNK_EVENTS as u64, |_| {
        decode(black_box(chunk.bytes()), &mut body, &mut decoder)
    });
    chunk_ns / CHUNK_EVENTS as f64
}

/// Takes all of `bytes`, as `weir::stream` does; how many were data and stamps.
fn decode(mut bytes: &[u8], body: &mut Body, decoder: &mut Decoder) -> usize {
    let (mut stamps, mut found_bytes) = (StampReader::default(), 0);
    while let Some(mut content) = body.next(&mut bytes).expect("the framing is a chunk's") {
        loop {
            if decoder.is_between_lines() && stamps.take(&mut content).is_some() {
                found_bytes += Stamp::LEN;
            }
            let item = decoder.next(&mut content).expect("events are short");
            found_bytes += match item {
                None => break,
                Some(Item::Event(event)) => event.data.len(),
                // The first line of a stream.
                Some(Item::Comment(_)) => Stamp::LEN,
            };
        }
    }
    found_bytes
}

fn step_ns<T>(steps: u64, mut step: impl FnMut(u64) -> T) -> f64 {
    let mut pass = || {
        let began = Instant::now();
        for index in 0..steps {
            black_box(step(index));
        }
        began.elapsed().as_nanos() as f64 / steps as f64
    };
    (0..PASSES).map(|_| pass()).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_chunks_are_decoded_again_and_again() {
        for (stamped, stamp_bytes) in [(false, 0), (true, Stamp::LEN)] {
            let mut chunk = Chunk::new(CHUNK_EVENTS, stamped);
            if stamped {
                chunk.stamp(0, 1);
            }
            let (mut body, mut decoder) = (Body::new(Framing::Chunked), Decoder::new());
            let again = [(); 2].map(|()| decode(chunk.bytes(), &mut body, &mut decoder));
            let event_bytes = Chunk::data_bytes(stamped) + stamp_bytes;
            assert_eq!(again, [CHUNK_EVENTS * event_bytes; 2]);
        }
    }
}
