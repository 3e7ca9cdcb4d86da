//! Unix time in nanoseconds, derived from the monotonic clock.

use nix::time::{ClockId, clock_gettime};

/// Nanoseconds in a second.
pub const NANOS_PER_SEC: u64 = 1_000_000_000;

/// How often the two clocks are read against each other when the offset is taken; the tightest pair wins.
const OFFSET_ATTEMPTS: usize = 16;

/// A clock that reads nanoseconds since the Unix epoch and never steps.
///
/// It is `CLOCK_MONOTONIC` plus an offset to `CLOCK_REALTIME` taken once, so that its readings can be compared with the
/// kernel's receive stamps (which are `CLOCK_REALTIME`), while a change of the wall clock during a run cannot bend a
/// duration. What such a change does is visible in [`Clock::drift_ns`]. Take one per process and copy it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    offset_ns: u64,
}

impl Clock {
    /// Takes the offset between the monotonic and the wall clock.
    #[must_use]
    pub fn new() -> Self {
        Self {
            offset_ns: offset_ns(),
        }
    }

    /// Now, in nanoseconds since the Unix epoch.
    #[must_use]
    pub fn now_ns(self) -> u64 {
        read_ns(ClockId::CLOCK_MONOTONIC) + self.offset_ns
    }

    /// The reading of `CLOCK_MONOTONIC` at which this clock reads `unix_ns` (0 for instants before it began).
    #[must_use]
    pub fn to_monotonic_ns(self, unix_ns: u64) -> u64 {
        unix_ns.saturating_sub(self.offset_ns)
    }

    /// How far the wall clock has moved away from this clock since it was taken, in nanoseconds.
    #[must_use]
    pub fn drift_ns(self) -> i64 {
        offset_ns().wrapping_sub(self.offset_ns).cast_signed()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

/// Wall clock minus monotonic clock: the pair of readings that lie closest together, so that a preemption between
/// them does not end up in the offset.
fn offset_ns() -> u64 {
    (0..OFFSET_ATTEMPTS)
        .map(|_| {
            let before = read_ns(ClockId::CLOCK_MONOTONIC);
            let wall = read_ns(ClockId::CLOCK_REALTIME);
            let after = read_ns(ClockId::CLOCK_MONOTONIC);
            (after - before, wall - (before + (after - before) / 2))
        })
        .min()
        .map_or(0, |(_, offset)| offset)
}

fn read_ns(id: ClockId) -> u64 {
    let time = clock_gettime(id).expect("the kernel has CLOCK_MONOTONIC and CLOCK_REALTIME");
    time.tv_sec().cast_unsigned() * NANOS_PER_SEC + time.tv_nsec().cast_unsigned()
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn reads_unix_time_and_never_goes_back() {
        let clock = Clock::new();
        let before = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let now = clock.now_ns();
        // A second is far more than two clock reads take, and far less than a wrong epoch or unit.
        assert!(u128::from(now).abs_diff(before) < u128::from(NANOS_PER_SEC));
        let readings: Vec<u64> = (0..1_000).map(|_| clock.now_ns()).collect();
        assert!(readings.is_sorted());
    }

    #[test]
    fn monotonic_reading_is_the_inverse_of_the_offset() {
        let clock = Clock { offset_ns: 100 };
        assert_eq!(clock.to_monotonic_ns(150), 50);
        assert_eq!(clock.to_monotonic_ns(99), 0);
    }
}
