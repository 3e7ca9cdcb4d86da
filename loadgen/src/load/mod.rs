//! When streams start, as values fixed in advance.

mod admission;
mod closed;
mod offered;
mod open;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use admission::Admission;
pub use offered::Offered;
pub use open::{Arrivals, Process};

use crate::measure::Cohort;
use crate::seconds;

/// What starts streams: a closed population, each of which is followed by another one, or arrivals, which come whatever became of
/// those before.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Load {
    /// Streams kept open (closed model), or open at most at one time (open model).
    pub streams: u32,
    /// When streams start, if not whenever another one has ended (open model).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub arrivals: Option<Arrivals>,
    /// Streams to finish, if the run ends by that.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub total_streams: Option<u64>,
    /// Over which a closed population is opened, from the beginning of the warm-up.
    #[serde(rename = "opening_s", with = "seconds")]
    #[schemars(with = "f64")]
    pub opening: Duration,
    /// Seed of everything random.
    pub seed: u64,
}

/// One stream that is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// When, in nanoseconds from the beginning of the run.
    pub at_ns: u64,
    /// Of which population it is.
    pub cohort: Cohort,
    /// After how long it is ended from here, if by that.
    pub lifetime: Option<Duration>,
}

impl Default for Load {
    /// One stream, and another one when it has ended.
    fn default() -> Self {
        Self::closed(1, Duration::ZERO)
    }
}

impl Load {
    /// So many streams kept open, begun evenly over a span.
    #[must_use]
    pub fn closed(streams: u32, opening: Duration) -> Self {
        Self {
            streams,
            arrivals: None,
            total_streams: None,
            opening,
            seed: 0,
        }
    }

    /// Arrivals, of which at most so many are open at one time.
    #[must_use]
    pub fn open(arrivals: Arrivals, streams: u32) -> Self {
        Self {
            arrivals: Some(arrivals),
            ..Self::closed(streams, Duration::ZERO)
        }
    }

    /// Whether another stream takes the place of one that has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.arrivals.is_none()
    }

    /// The names of its cohorts, by their index.
    #[must_use]
    pub fn cohorts(&self) -> &'static [&'static str] {
        &["all"]
    }

    /// The names of its phases, by their index.
    #[must_use]
    pub fn phases(&self) -> &'static [&'static str] {
        &["all"]
    }

    /// Which phase a second of the window belongs to.
    #[must_use]
    pub fn phase_of(&self, _second: u64) -> usize {
        0
    }

    /// One that takes the place of a stream of that cohort which has ended.
    pub(crate) fn following(&self, cohort: Cohort, at_ns: u64) -> Start {
        Start {
            at_ns,
            cohort,
            lifetime: None,
        }
    }

    /// One worker's share of the streams that it starts, in order; of a closed population the first of each place. Every worker draws
    /// the whole schedule and takes every `workers`-th start of it, so that it does not depend on their number.
    pub fn starts(&self, worker: usize, workers: usize) -> Box<dyn Iterator<Item = Start>> {
        let instants_ns: Box<dyn Iterator<Item = u64>> = match self.arrivals {
            None => Box::new(closed::instants_ns(self.streams, self.opening, self.seed)),
            Some(arrivals) => {
                let most = usize::try_from(self.total_streams.unwrap_or(u64::MAX));
                let instants_ns = arrivals.instants_ns(self.seed);
                Box::new(instants_ns.take(most.unwrap_or(usize::MAX)))
            }
        };
        let share = instants_ns.skip(worker).step_by(workers);
        Box::new(share.map(|at_ns| Start {
            at_ns,
            cohort: Cohort::FIRST,
            lifetime: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loads() -> [Load; 2] {
        let arrivals = Arrivals {
            rate_per_s: 50.0,
            process: Process::Poisson,
        };
        [
            Load::closed(30, Duration::from_millis(100)),
            Load::open(arrivals, 1_000),
        ]
    }

    fn instants_ns(load: Load, worker: usize, workers: usize) -> impl Iterator<Item = u64> {
        load.starts(worker, workers).map(|start| start.at_ns)
    }

    #[test]
    fn starts_are_seeded_and_do_not_depend_on_the_number_of_workers() {
        for load in loads() {
            let whole: Vec<u64> = instants_ns(load, 0, 1).take(30).collect();
            let mut shared: Vec<u64> = (0..3)
                .flat_map(|worker| instants_ns(load, worker, 3).take(10))
                .collect();
            shared.sort_unstable();
            assert_eq!(shared, whole);
            let other = Load { seed: 7, ..load };
            assert_ne!(instants_ns(other, 0, 1).take(30).collect::<Vec<_>>(), whole);
        }
    }

    #[test]
    fn a_number_of_arrivals_is_that_of_all_workers() {
        let load = Load {
            total_streams: Some(7),
            ..loads()[1]
        };
        let shares = [0, 1, 2].map(|worker| load.starts(worker, 3).count());
        assert_eq!(shares, [3, 2, 2]);
    }
}
