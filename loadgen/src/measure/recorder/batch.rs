//! Events of one read that were due and sent together: what they have in common is counted and recorded once.

use super::EventMoments;
use crate::measure::Cohort;

/// When an event that was due went its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Delivered {
    pub(super) rx_ns: u64,
    pub(super) due_ns: u64,
    pub(super) sent_ns: Option<u64>,
}

/// Events whose latencies are the same, and those of the read that came with the one before them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) cohort: Cohort,
    pub(super) moments: Option<Delivered>,
    /// Events of these moments.
    pub(super) events: u64,
    /// Gaps of nothing.
    pub(super) gaps: u64,
    /// Those between events that the server had not sent together, as far as is known.
    pub(super) merged: u64,
}

impl Batch {
    /// Takes an event that followed in the same read, if it belongs to the batch: of a flood nearly all do.
    pub(super) fn take(&mut self, event: &EventMoments) -> bool {
        let belongs = self.moments.is_some_and(|moments| {
            event.previous_rx_ns == Some(moments.rx_ns)
                && event.rx_ns == moments.rx_ns
                && event.due_ns == Some(moments.due_ns)
                && event.sent_ns == moments.sent_ns
        });
        if belongs {
            self.events += 1;
            self.gap_of_nothing(event);
        }
        belongs
    }

    /// Takes so many more that are known to belong to it: they were sent together.
    pub(super) fn run(&mut self, events: u64) {
        self.events += events;
        self.gaps += events;
    }

    /// Counts that an event came with the one before it.
    pub(super) fn gap_of_nothing(&mut self, event: &EventMoments) {
        let sent_together = event.sent_ns.is_some() && event.sent_ns == event.previous_sent_ns;
        self.gaps += 1;
        self.merged += u64::from(!sent_together);
    }

    /// A batch that begins with an event.
    pub(super) fn begin(cohort: Cohort, moments: Delivered) -> Self {
        Self {
            cohort,
            moments: Some(moments),
            events: 1,
            ..Self::default()
        }
    }
}
