//! How many machines a forecast needs.

use serde::{Deserialize, Serialize};

/// Machines like the one measured for a load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sizing {
    /// The load to be carried.
    pub need: f64,
    /// The part of each machine's capacity that is to stay free.
    pub headroom: f64,
    /// What each of them is given: its capacity less the headroom.
    pub load_per_machine: f64,
    /// How many.
    pub machines: u64,
    /// Whether fewer may do, since a machine carries more than could be measured.
    pub at_most: bool,
}

impl Sizing {
    /// For `need` on machines that hold `capacity` each.
    #[must_use]
    pub fn of(need: f64, headroom: f64, capacity: f64, at_most: bool) -> Self {
        let load_per_machine = capacity * (1.0 - headroom);
        Self {
            need,
            headroom,
            load_per_machine,
            machines: (need / load_per_machine).ceil() as u64,
            at_most,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over_takes_a_machine_of_its_own() {
        let machines = |need, headroom| Sizing::of(need, headroom, 1_000.0, false).machines;
        assert_eq!(machines(2_000.0, 0.0), 2);
        assert_eq!(machines(2_001.0, 0.0), 3);
        assert_eq!(machines(1_000.0, 0.5), 2);
        assert_eq!(
            Sizing::of(1_000.0, 0.3, 1_000.0, true).load_per_machine,
            700.0
        );
    }
}
