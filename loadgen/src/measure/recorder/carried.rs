//! What streams that began in the warm-up bring into the window.

use slab::Slab;

use crate::measure::{Cohort, Metric};

/// What is measured but once, at the beginning of a stream or a connection: of those that begin in the warm-up and live to see the
/// window, the window has it too. It is kept until the window has begun, and no longer.
#[derive(Debug, Default)]
pub(super) struct Carried {
    lives: Slab<(Cohort, Vec<(Metric, u64)>)>,
    is_over: bool,
}

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
            let place = self.lives.insert((cohort, Vec::new()));
            // As many streams do not fit into a process.
            *key = u32::try_from(place).map_or(CarriedKey::NONE, CarriedKey);
        }
        if let Some((_, values)) = self.lives.get_mut(key.0 as usize) {
            values.push((metric, value));
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
        lives.flat_map(|(_, (cohort, values))| {
            values
                .into_iter()
                .map(move |(metric, value)| (cohort, metric, value))
        })
    }
}
