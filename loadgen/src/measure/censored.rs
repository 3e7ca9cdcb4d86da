//! Waits that had not ended: events that were due and streams that were begun, and whose time is not known but for what had
//! passed of it.

use hdrhistogram::Histogram;

use super::{Metric, new_histogram};

/// What `delivery` and `ttfe` have of such waits.
#[derive(Debug, Clone)]
pub struct Censored {
    delivery: Histogram<u64>,
    ttfe: Histogram<u64>,
}

impl Censored {
    /// Counts events that were due and had not come after so long.
    pub fn deliveries(&mut self, events: u64, waited_ns: u64) {
        self.delivery.saturating_record_n(waited_ns, events);
    }

    /// Counts a stream that had no event after so long.
    pub fn first_event(&mut self, waited_ns: u64) {
        self.ttfe.saturating_record(waited_ns);
    }

    /// Adds every count of `other`.
    pub fn merge(&mut self, other: &Self) {
        let Self { delivery, ttfe } = other;
        let same_bounds = "all histograms here have the same bounds";
        self.delivery.add(delivery).expect(same_bounds);
        self.ttfe.add(ttfe).expect(same_bounds);
    }

    /// Those among a metric's samples; `None` of a metric that has none.
    #[must_use]
    pub fn of(&self, metric: Metric) -> Option<&Histogram<u64>> {
        match metric {
            Metric::Delivery => Some(&self.delivery),
            Metric::Ttfe => Some(&self.ttfe),
            _ => None,
        }
    }
}

impl Default for Censored {
    fn default() -> Self {
        Self {
            delivery: new_histogram(),
            ttfe: new_histogram(),
        }
    }
}
