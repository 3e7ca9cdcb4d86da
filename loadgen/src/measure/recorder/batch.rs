//! Events of one read that were due and sent together: what they have in common is recorded once.

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
    pub(super) events: u64,
    /// Gaps of nothing.
    pub(super) gaps: u64,
}

impl Batch {
    /// Takes an event, if it belongs to the batch.
    pub(super) fn take(&mut self, moments: Delivered) -> bool {
        let belongs = self.moments == Some(moments);
        self.events += u64::from(belongs);
        belongs
    }

    /// A batch that begins with an event.
    pub(super) fn begin(cohort: Cohort, moments: Delivered) -> Self {
        Self {
            cohort,
            moments: Some(moments),
            events: 1,
            gaps: 0,
        }
    }
}
