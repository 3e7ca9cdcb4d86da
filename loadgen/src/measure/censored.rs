//! Waits that had not ended: events that were due and streams that were begun, and whose time is not known but for what had
//! passed of it.

use hdrhistogram::Histogram;

use super::{Bank, Metric};

/// What `delivery` and `ttfe` have of such waits.
#[derive(Debug, Clone, Default)]
pub struct Censored(Bank);

impl Censored {
    /// Counts events that were due and had not come after so long.
    pub fn deliveries(&mut self, events: u64, waited_ns: u64) {
        self.0.record_n(Metric::Delivery, waited_ns, events);
    }

    /// Counts a stream that had no event after so long.
    pub fn first_event(&mut self, waited_ns: u64) {
        self.0.record(Metric::Ttfe, waited_ns);
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }

    /// Those among a metric's samples, be there any or none.
    #[must_use]
    pub fn of(&self, metric: Metric) -> &Histogram<u64> {
        self.0.get(metric)
    }
}
