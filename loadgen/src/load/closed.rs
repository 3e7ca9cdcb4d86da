//! The closed model: a stream starts when another one has ended.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// A closed population: so many streams kept open, begun evenly over a span.
///
/// The span is cut into as many equal parts as there are streams, and each starts at a random instant of its own part:
/// no burst of connections at the start, and no rhythm between the streams that a paced server would turn into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedPopulation {
    /// Streams kept open.
    pub streams: u32,
    /// Over which they are begun.
    pub over: Duration,
    /// Of the random instants.
    pub seed: u64,
}

impl ClosedPopulation {
    /// When each stream of one worker's share starts, in nanoseconds from the beginning, rising. Every worker draws the
    /// whole schedule and takes every `workers`-th instant of it, so that it does not depend on their number.
    pub fn starts_ns(self, worker: usize, workers: usize) -> impl Iterator<Item = u64> {
        let mut random = Pcg64Mcg::seed_from_u64(self.seed);
        let part_ns = self.over.as_nanos() as f64 / f64::from(self.streams.max(1));
        (0..self.streams)
            .map(move |stream| ((f64::from(stream) + random.random::<f64>()) * part_ns) as u64)
            .skip(worker)
            .step_by(workers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POPULATION: ClosedPopulation = ClosedPopulation {
        streams: 100,
        over: Duration::from_millis(100),
        seed: 7,
    };

    #[test]
    fn starts_are_even_seeded_and_do_not_depend_on_the_number_of_workers() {
        let whole: Vec<u64> = POPULATION.starts_ns(0, 1).collect();
        assert_eq!(whole.len(), 100);
        for (stream, start_ns) in (0..).zip(&whole) {
            assert!((stream * 1_000_000..(stream + 1) * 1_000_000).contains(start_ns));
        }
        let mut shared: Vec<u64> = (0..3)
            .flat_map(|worker| POPULATION.starts_ns(worker, 3))
            .collect();
        shared.sort_unstable();
        assert_eq!(shared, whole);
        let other = ClosedPopulation {
            seed: 8,
            ..POPULATION
        };
        assert_ne!(other.starts_ns(0, 1).collect::<Vec<_>>(), whole);
    }

    #[test]
    fn without_a_span_all_start_at_once() {
        let at_once = ClosedPopulation {
            over: Duration::ZERO,
            ..POPULATION
        };
        assert!(at_once.starts_ns(0, 1).all(|start_ns| start_ns == 0));
    }
}
