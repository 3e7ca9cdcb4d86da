//! What the single steps of a measurement cost, in a loop of nothing else.

use std::hint::black_box;
use std::time::Instant;

use serde::Serialize;
use weir::measure::new_histogram;
use weir_sse::Stamp;
use weir_time::Clock;

/// The best of these passes counts: interruptions only ever add.
const PASSES: usize = 10;

/// Enough that a pass lasts milliseconds, against which the two clock readings around it are nothing.
const STEPS: u64 = 200_000;

/// Nanoseconds per step.
#[derive(Debug, Serialize)]
pub(super) struct Costs {
    pub(super) clock_read_ns: f64,
    pub(super) histogram_record_ns: f64,
    pub(super) stamp_decode_ns: f64,
}

impl Costs {
    pub(super) fn measure() -> Self {
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
            clock_read_ns: step_ns(|_| clock.now_ns()),
            histogram_record_ns: step_ns(|step| histogram.saturating_record(spread_ns(step))),
            stamp_decode_ns: step_ns(|_| Stamp::parse(black_box(comment))),
        }
    }
}

/// Durations all over the first 16 ms, so that a record is not always to the same counter.
fn spread_ns(step: u64) -> u64 {
    // Knuth's multiplicative hash (The Art of Computer Programming, volume 3, 6.4).
    step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
}

fn step_ns<T>(mut step: impl FnMut(u64) -> T) -> f64 {
    let mut pass = || {
        let began = Instant::now();
        for index in 0..STEPS {
            black_box(step(index));
        }
        began.elapsed().as_nanos() as f64 / STEPS as f64
    };
    (0..PASSES).map(|_| pass()).fold(f64::INFINITY, f64::min)
}
