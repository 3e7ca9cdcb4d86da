//! What the generator does for each event beside reading and decoding it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use weir::measure::{Cohort, EventMoments, Recorder, Window, new_histogram};
use weir_time::Clock;

fn clock(criterion: &mut Criterion) {
    let clock = Clock::new();
    assert!(clock.now_ns() > 0);
    let mut group = criterion.benchmark_group("clock");
    group.throughput(Throughput::Elements(1));
    group.bench_function("read", |bencher| bencher.iter(|| clock.now_ns()));
}

fn record(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(1));

    let mut histogram = new_histogram();
    let mut durations = Durations::default();
    group.bench_function("histogram", |bencher| {
        bencher.iter(|| histogram.saturating_record(durations.next_ns()));
    });
    assert!(!histogram.is_empty());

    let window = Window {
        start_ns: 0,
        end_ns: 10_000_000_000,
    };
    let mut recorder = Recorder::new(0, window, 1);
    group.bench_function("stamped event", |bencher| {
        bencher.iter(|| recorder.event(Cohort::FIRST, black_box(durations.next_event())));
    });
    let shards = recorder.finish().into_iter();
    let events: u64 = shards.map(|shard| shard.cohorts[0].totals.events).sum();
    assert!(events > 0);
}

/// Durations all over the first 16 ms, so that a record is not always to the same counter.
#[derive(Default)]
struct Durations {
    step: u64,
}

impl Durations {
    /// By Knuth's multiplicative hash (The Art of Computer Programming, volume 3, 6.4).
    fn next_ns(&mut self) -> u64 {
        self.step += 1;
        self.step.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
    }

    fn next_event(&mut self) -> EventMoments {
        let sent_ns = 1_000_000_000;
        let delay_ns = self.next_ns();
        EventMoments {
            rx_ns: sent_ns + delay_ns,
            previous_rx_ns: Some(sent_ns),
            due_ns: Some(sent_ns - delay_ns / 2),
            sent_ns: Some(sent_ns),
            previous_sent_ns: None,
        }
    }
}

criterion_group!(benches, clock, record);
criterion_main!(benches);
