//! How many machines a forecast needs.

use serde::{Deserialize, Serialize};

/// Machines like the one measured for a load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sizing {
    /// The load to be carried.
    pub need: f64,
    /// The part of each machine's capacity that is to stay free.
    pub headroom: f64,
    /// The most that each of them is given: its capacity less the headroom, whole where loads are, unless that is none.
    pub load_per_machine: f64,
    /// How many: with `load_per_machine` each they carry what is needed.
    pub machines: u64,
    /// Whether fewer may do, since a machine carries more than could be measured.
    pub at_most: bool,
}

/// Sizes are reckoned in billionths, by whole numbers: as decimals are typed, 90 (1 - 30 %) is 63, and as binary fractions it is
/// less.
const UNIT: u128 = 1_000_000_000;

impl Sizing {
    /// For `need` on machines that hold `capacity` each, of loads that may be `whole` numbers only.
    #[must_use]
    pub fn of(need: f64, headroom: f64, capacity: f64, whole: bool, at_most: bool) -> Self {
        let free = UNIT - units(headroom).min(UNIT - 1);
        let share = (units(capacity) * free / UNIT).max(1);
        let share = if whole && share >= UNIT {
            share / UNIT * UNIT
        } else {
            share
        };
        Self {
            need,
            headroom,
            load_per_machine: share as f64 / UNIT as f64,
            machines: u64::try_from(units(need).div_ceil(share)).unwrap_or(u64::MAX),
            at_most,
        }
    }
}

fn units(number: f64) -> u128 {
    number.trunc() as u128 * UNIT + (number.fract() * UNIT as f64).round() as u128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_over_takes_a_machine_of_its_own() {
        let machines = |need, headroom| Sizing::of(need, headroom, 1_000.0, true, false).machines;
        assert_eq!(machines(2_000.0, 0.0), 2);
        assert_eq!(machines(2_001.0, 0.0), 3);
        assert_eq!(machines(1_000.0, 0.5), 2);
        let sizing = Sizing::of(1_000.0, 0.3, 1_000.0, true, true);
        assert_eq!(sizing.load_per_machine, 700.0);
    }

    /// As binary fractions 90 (1 - 0.3) is less than 63.
    #[test]
    fn machines_are_counted_as_decimals_are_typed() {
        for percent in 0..100u32 {
            for capacity in 1..400u32 {
                let share = capacity * (100 - percent) / 100;
                for machines in [1, 2, 7, 1_000].map(|machines| machines * share.min(1)) {
                    let (headroom, capacity) = (f64::from(percent) / 100.0, f64::from(capacity));
                    let sized = |need: u32| {
                        Sizing::of(f64::from(need), headroom, capacity, true, false).machines
                    };
                    // What so many carry to the last unit, and one more.
                    let full = share * machines;
                    assert_eq!(sized(full), u64::from(machines), "{percent} {capacity}");
                    assert!(
                        sized(full + 1) > u64::from(machines),
                        "{percent} {capacity}"
                    );
                }
            }
        }
        assert_eq!(Sizing::of(63.0, 0.3, 90.0, true, false).machines, 1);
    }

    #[test]
    fn the_share_of_all_machines_covers_the_need() {
        for (need, headroom, capacity) in [
            (127.0, 0.3, 91.0),
            (50_000.0, 0.123, 1_573.0),
            (1.0, 0.99, 3.0),
        ] {
            for whole in [true, false] {
                let sizing = Sizing::of(need, headroom, capacity, whole, false);
                let carried = sizing.load_per_machine * sizing.machines as f64;
                assert!(carried >= need, "{sizing:?}");
                let most = capacity * (1.0 - headroom);
                assert!(sizing.load_per_machine <= most + 1e-9, "{sizing:?}");
            }
        }
        assert_eq!(
            Sizing::of(127.0, 0.3, 91.0, true, false).load_per_machine,
            63.0
        );
    }

    #[test]
    fn what_cannot_be_typed_in_nine_digits_still_has_an_answer() {
        assert_eq!(
            Sizing::of(1.0, 0.999_999_999_9, 1.0, true, false).machines,
            1_000_000_000
        );
        let most = Sizing::of(9_007_199_254_740_992.0, 0.0, 1e6, false, false);
        assert_eq!(most.machines, 9_007_199_255);
    }
}
