//! What periods streams were seen to have.

/// The periods of streams without stamps, of which the user said what they should be. They merge by addition.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SeenPeriods {
    /// Periods that went by, over all streams.
    pub periods: u64,
    /// How long they were together, nanoseconds.
    pub total_ns: f64,
    /// Of the fastest stream; infinite before there is one.
    pub min_ns: f64,
    /// Of the slowest stream.
    pub max_ns: f64,
}

impl SeenPeriods {
    /// Of no stream.
    pub const NONE: Self = Self {
        periods: 0,
        total_ns: 0.0,
        min_ns: f64::INFINITY,
        max_ns: 0.0,
    };

    /// Of a stream in which so many periods of a fitted length went by.
    #[must_use]
    pub fn of_stream(periods: u64, period_ns: f64) -> Self {
        Self {
            periods,
            total_ns: period_ns * periods as f64,
            min_ns: period_ns,
            max_ns: period_ns,
        }
    }

    /// Adds the streams of `other`.
    pub fn merge(&mut self, other: Self) {
        let Self {
            periods,
            total_ns,
            min_ns,
            max_ns,
        } = other;
        self.periods += periods;
        self.total_ns += total_ns;
        self.min_ns = self.min_ns.min(min_ns);
        self.max_ns = self.max_ns.max(max_ns);
    }
}
