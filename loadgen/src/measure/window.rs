//! The measuring window, and its intervals.

use weir_time::NANOS_PER_SEC;

/// The length of an interval: what a run is looked at while it goes on, and what its report has as a series.
pub const INTERVAL_NS: u64 = NANOS_PER_SEC;

/// The measuring window in Unix nanoseconds: what was received in it counts for latencies and throughput.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant of it.
    pub start_ns: u64,
    /// The first instant after it; `u64::MAX` while that is not fixed.
    pub end_ns: u64,
}

impl Window {
    /// Whether an instant lies in it.
    #[must_use]
    pub fn contains(self, instant_ns: u64) -> bool {
        (self.start_ns..self.end_ns).contains(&instant_ns)
    }

    /// Its length; of a run that ended before it began, nothing.
    #[must_use]
    pub fn length_ns(self) -> u64 {
        self.end_ns.saturating_sub(self.start_ns)
    }

    /// The interval that an instant lies in: 0 is the first of the window, those of the warm-up are negative.
    pub(crate) fn interval_of(self, instant_ns: u64) -> i64 {
        match instant_ns.checked_sub(self.start_ns) {
            Some(into_ns) => (into_ns / INTERVAL_NS).cast_signed(),
            None => -1 - ((self.start_ns - 1 - instant_ns) / INTERVAL_NS).cast_signed(),
        }
    }

    /// When an interval begins.
    pub(crate) fn interval_start_ns(self, index: i64) -> u64 {
        let offset_ns = index.saturating_mul(INTERVAL_NS.cast_signed());
        self.start_ns.saturating_add_signed(offset_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_count_from_the_windows_start_both_ways() {
        let start_ns = 5 * INTERVAL_NS + 7;
        let window = Window {
            start_ns,
            end_ns: u64::MAX,
        };
        for (instant_ns, index) in [
            (start_ns, 0),
            (start_ns + INTERVAL_NS - 1, 0),
            (start_ns + INTERVAL_NS, 1),
            (start_ns - 1, -1),
            (start_ns - INTERVAL_NS, -1),
            (start_ns - INTERVAL_NS - 1, -2),
        ] {
            assert_eq!(window.interval_of(instant_ns), index);
            let begin_ns = window.interval_start_ns(index);
            assert!((begin_ns..begin_ns + INTERVAL_NS).contains(&instant_ns));
        }
    }
}
