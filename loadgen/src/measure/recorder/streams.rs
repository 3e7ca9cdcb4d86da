//! What is counted of streams and connections, beside their events.

use super::{CarriedKey, CohortShard, Recorder};
use crate::measure::{Cohort, Failure, Metric};

impl Recorder {
    /// Records what a stream or a connection has but once, at its beginning: see [`Carried`].
    pub(crate) fn record_beginning(
        &mut self,
        (cohort, key): (Cohort, &mut CarriedKey),
        at_ns: u64,
        metric: Metric,
        value: u64,
    ) {
        if at_ns < self.window.start_ns && self.carried.is_over() {
            // Read late, of one that has been seen to live in the window.
            return self.record(cohort, self.window.start_ns, metric, value);
        }
        self.record(cohort, at_ns, metric, value);
        if at_ns < self.window.start_ns {
            self.carried.keep(key, cohort, metric, value);
        }
    }

    /// Says that what began so ended at `ended_ns`.
    pub(crate) fn end_beginning(&mut self, key: CarriedKey, ended_ns: u64) {
        if ended_ns < self.window.start_ns {
            self.carried.forget(key);
        }
    }

    /// Counts a stream that had no event by `at_ns`, `waited_ns` after it was meant to start, and was given up or cut then.
    pub fn unanswered(&mut self, cohort: Cohort, at_ns: u64, waited_ns: u64) {
        self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.streams_unanswered += 1;
        part.waited_for_first_event(waited_ns);
    }

    /// Counts an arrival that was to start before the window's end and did not, `waited_ns` before that.
    pub fn unstarted(&mut self, cohort: Cohort, waited_ns: u64) {
        let end_ns = self.window.end_ns;
        self.go_to(end_ns);
        let part = self.part(cohort);
        part.counters.streams_unstarted += 1;
        part.waited_for_first_event(waited_ns);
    }

    /// Counts an arrival that finds as many streams open as the cap allows.
    pub fn held(&mut self, cohort: Cohort, at_ns: u64) {
        self.go_to(at_ns);
        self.part(cohort).counters.streams_held += 1;
    }

    /// Counts a stream begun.
    pub fn started(&mut self, cohort: Cohort, at_ns: u64) {
        self.last_start_ns = self.last_start_ns.max(at_ns);
        let is_inside = self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.streams_started += 1;
        part.totals.streams_started += u64::from(is_inside);
    }

    /// Counts a stream that is established.
    pub fn established(&mut self, cohort: Cohort, at_ns: u64) {
        self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.streams_established += 1;
        part.streams_opened += 1;
    }

    /// Notes that an established stream has ended, other than by the end of the run.
    pub fn closed(&mut self, cohort: Cohort, at_ns: u64) {
        self.go_to(at_ns);
        self.part(cohort).streams_closed += 1;
    }

    /// Counts a stream that completed.
    pub fn completed(&mut self, cohort: Cohort, at_ns: u64) {
        let is_inside = self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.streams_completed += 1;
        part.totals.streams_completed += u64::from(is_inside);
    }

    /// Counts a stream that failed.
    pub(crate) fn failed(&mut self, cohort: Cohort, at_ns: u64, failure: Failure) {
        let is_inside = self.go_to(at_ns);
        let part = self.part(cohort);
        part.counters.streams_failed += 1;
        part.totals.streams_failed += u64::from(is_inside);
        part.totals.local_failures += u64::from(is_inside && failure.kind.is_local());
        part.errors.count(failure.kind, failure.detail);
    }

    /// Counts a stream that the end of the run cut off.
    pub fn cut(&mut self, cohort: Cohort) {
        let end_ns = self.window.end_ns;
        self.go_to(end_ns);
        self.part(cohort).counters.streams_cut += 1;
    }
}

impl CohortShard {
    fn waited_for_first_event(&mut self, waited_ns: u64) {
        self.bank.record(Metric::Ttfe, waited_ns);
        self.censored.first_event(waited_ns);
    }
}
