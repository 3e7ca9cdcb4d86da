//! What streams that began in the warm-up bring into the window.

use slab::Slab;

use crate::measure::{Cohort, Metric};

/// What is measured but once, at the beginning of a stream or a connection: of those that begin in the warm-up and live to see the
/// window, the window has it too. It is kept until the window has begun, and no longer.
#[derive(Debug, Default)]
pub(super) struct Carried {
    lives: Slab<Life>,
    is_over: bool,
}

/// What is measured so.
const BEGINNINGS: [Metric; 5] = [
    Metric::StartLag,
    Metric::Connect,
    Metric::Headers,
    Metric::Ttfe,
    Metric::TtfeSent,
];

/// The values of one stream or connection, by [`BEGINNINGS`].
#[derive(Debug)]
struct Life {
    cohort: Cohort,
    values: [u64; BEGINNINGS.len()],
}

/// Has not been measured: no value is as large, since histograms end before.
const ABSENT: u64 = u64::MAX;

/// Where that of a stream or a connection is kept, if it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CarriedKey(u32);

impl CarriedKey {
    /// Nothing is.
    pub(crate) const NONE: Self = Self(u32::MAX);
}

impl Carried {
    /// Keeps one value more.
    pub(super) fn keep(
        &mut self,
        key: &mut CarriedKey,
        cohort: Cohort,
        metric: Metric,
        value: u64,
    ) {
        if self.is_over {
            return;
        }
        if *key == CarriedKey::NONE {
            let place = self.lives.insert(Life {
                cohort,
                values: [ABSENT; BEGINNINGS.len()],
            });
            // As many streams do not fit into a process.
            *key = u32::try_from(place).map_or(CarriedKey::NONE, CarriedKey);
        }
        let index = BEGINNINGS.iter().position(|of| *of == metric);
        debug_assert!(index.is_some(), "{metric:?} is not one of a beginning");
        if let (Some(life), Some(index)) = (self.lives.get_mut(key.0 as usize), index) {
            life.values[index] = value;
        }
    }

    /// Whether the window has begun, and has it all.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Lets go of what a life had that did not see the window.
    pub(super) fn forget(&mut self, key: CarriedKey) {
        if !self.is_over && key != CarriedKey::NONE {
            self.lives.try_remove(key.0 as usize);
        }
    }

    /// Gives all that is kept, after which nothing is.
    pub(super) fn take(&mut self) -> impl Iterator<Item = (Cohort, Metric, u64)> + use<> {
        self.is_over = true;
        let lives = std::mem::take(&mut self.lives).into_iter();
        lives.flat_map(|(_, life)| {
            let of_metrics = BEGINNINGS.into_iter().zip(life.values);
            let measured = of_metrics.filter(|(_, value)| *value != ABSENT);
            measured.map(move |(metric, value)| (life.cohort, metric, value))
        })
    }
}
