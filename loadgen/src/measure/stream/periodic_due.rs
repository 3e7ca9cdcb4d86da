//! When the events of a server without stamps were due, by the period that the user says it has.

use std::time::Duration;

use weir_time::nanoseconds;

use super::stamped_due::Missing;

/// An even schedule of a known period, its place in time taken from the events: event k cannot have come before it was
/// due, so the schedule lies at the lower envelope of `received - k * period`, as far as the stream has shown it.
///
/// What all events have in common (the way there and back) is not in such a delivery; a stall is, in every event that
/// it made late.
#[derive(Debug)]
pub(crate) struct PeriodicDue {
    period_ns: i64,
    /// When event 0 was due: signed, since it may move back as far as the server is faster than it should be.
    first_due_ns: i64,
    events: u64,
}

impl PeriodicDue {
    pub(crate) fn every(period: Duration) -> Self {
        Self {
            period_ns: nanoseconds(period).cast_signed(),
            first_due_ns: i64::MAX,
            events: 0,
        }
    }

    /// How many events have come.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Takes an event, and says when it was due.
    pub(crate) fn arrive(&mut self, rx_ns: u64) -> u64 {
        let after_first_ns = self.period_ns.saturating_mul(self.events.cast_signed());
        let first_ns = rx_ns.cast_signed().saturating_sub(after_first_ns);
        self.first_due_ns = self.first_due_ns.min(first_ns);
        let due_ns = self.next_due_ns();
        self.events += 1;
        due_ns
    }

    /// What was due by `end_ns` and has not come.
    pub(crate) fn missing(&self, end_ns: u64) -> Option<Missing> {
        if self.events == 0 {
            return None;
        }
        let first_due_ns = self.next_due_ns();
        let step_ns = self.period_ns.cast_unsigned();
        let overdue_ns = end_ns.checked_sub(first_due_ns)?;
        Some(Missing {
            instants: overdue_ns.checked_div(step_ns)? + 1,
            events_each: 1,
            first_due_ns,
            step_ns,
        })
    }

    fn next_due_ns(&self) -> u64 {
        let after_first_ns = self.period_ns.saturating_mul(self.events.cast_signed());
        let due_ns = self.first_due_ns.saturating_add(after_first_ns);
        due_ns.max(0).cast_unsigned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_nanos(10);

    /// How late each event is.
    fn delays(rx_ns: &[u64]) -> Vec<u64> {
        let mut due = PeriodicDue::every(PERIOD);
        rx_ns
            .iter()
            .map(|&rx_ns| rx_ns - due.arrive(rx_ns))
            .collect()
    }

    #[test]
    fn an_even_stream_is_never_late_and_a_stall_shows_in_all_that_it_delays() {
        assert_eq!(delays(&[1_000, 1_010, 1_020]), [0, 0, 0]);
        // Frozen from 1,011 to 1,045, after which what was due comes at once.
        assert_eq!(
            delays(&[1_000, 1_010, 1_045, 1_045, 1_045, 1_050]),
            [0, 0, 25, 15, 5, 0]
        );
    }

    #[test]
    fn a_late_first_event_moves_the_schedule_back_when_that_shows() {
        assert_eq!(delays(&[1_004, 1_010, 1_020, 1_031]), [0, 0, 0, 1]);
    }

    #[test]
    fn what_was_due_by_the_end_is_missing() {
        let mut due = PeriodicDue::every(PERIOD);
        assert_eq!(due.missing(5_000), None);
        due.arrive(1_000);
        due.arrive(1_010);
        assert_eq!(due.missing(1_019), None);
        let missing = Missing {
            instants: 3,
            events_each: 1,
            first_due_ns: 1_020,
            step_ns: 10,
        };
        assert_eq!(due.missing(1_045), Some(missing));
    }
}
