//! What is measured of one connection.

use crate::measure::recorder::CarriedKey;
use crate::measure::{Cohort, Metric, Recorder};

/// A connection's part of the measurement: what it costs to have it, whatever streams it carries.
#[derive(Debug)]
pub(crate) struct ConnectionRecord {
    cohort: Cohort,
    carried: CarriedKey,
}

impl ConnectionRecord {
    /// Of one that is attempted now, for a stream of a cohort.
    pub(crate) fn begin(cohort: Cohort) -> Self {
        Self {
            cohort,
            carried: CarriedKey::NONE,
        }
    }

    /// It is established, and was dialled at `dialled_ns`.
    pub(crate) fn connected(&mut self, dialled_ns: u64, at_ns: u64, recorder: &mut Recorder) {
        let life = (self.cohort, &mut self.carried);
        let took_ns = at_ns.saturating_sub(dialled_ns);
        recorder.record_beginning(life, at_ns, Metric::Connect, took_ns);
    }

    /// It has ended.
    pub(crate) fn end(&self, ended_ns: u64, recorder: &mut Recorder) {
        recorder.end_beginning(self.carried, ended_ns);
    }
}
