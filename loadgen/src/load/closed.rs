//! The closed model: a stream starts when another one has ended.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// When each of a closed population's streams starts first, in nanoseconds from the beginning, rising.
///
/// The span is cut into as many equal parts as there are streams, and each starts at a random instant of its own part:
/// no burst of connections at the start, and no rhythm between the streams that a paced server would turn into one.
pub(super) fn instants_ns(streams: u32, over: Duration, seed: u64) -> impl Iterator<Item = u64> {
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let part_ns = over.as_nanos() as f64 / f64::from(streams.max(1));
    (0..streams).map(move |stream| ((f64::from(stream) + random.random::<f64>()) * part_ns) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_even() {
        let whole: Vec<u64> = instants_ns(100, Duration::from_millis(100), 7).collect();
        assert_eq!(whole.len(), 100);
        for (stream, start_ns) in (0..).zip(whole) {
            assert!((stream * 1_000_000..(stream + 1) * 1_000_000).contains(&start_ns));
        }
    }

    #[test]
    fn without_a_span_all_start_at_once() {
        assert!(instants_ns(100, Duration::ZERO, 7).all(|start_ns| start_ns == 0));
    }
}
