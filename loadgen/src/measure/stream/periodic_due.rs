//! When the events of a server without stamps were due, by the period that the user says it has.

use std::time::Duration;

use weir_time::nanoseconds;

use super::sequence::Place;
use super::stamped_due::Missing;

/// An even schedule of a known period, its place in time taken from the events: event k cannot have come before it was
/// due, so the schedule lies at the lower envelope of `received - k * period`, as far as the stream has shown it.
///
/// Ids say which event is the k-th, where they count ([`Numbering`](super::sequence::Numbering)): lost events leave their
/// places empty, and late and repeated ones are due at their own. Without them k counts what has come, and a lost event
/// has all after it seem a period earlier than they are.
///
/// What all events have in common (the way there and back) is not in such a delivery; a stall is, in every event that
/// it made late.
#[derive(Debug)]
pub(crate) struct PeriodicDue {
    period_ns: i64,
    /// When event 0 was due: signed, since it may move back as far as the server is faster than it should be.
    first_due_ns: i64,
    /// Behind the last event.
    next_place: i64,
    /// Where number 0 stands, once ids count.
    zero_place: Option<i64>,
    events: u64,
}

impl PeriodicDue {
    pub(crate) fn every(period: Duration) -> Self {
        Self {
            period_ns: nanoseconds(period).cast_signed(),
            first_due_ns: i64::MAX,
            next_place: 0,
            zero_place: None,
            events: 0,
        }
    }

    /// How many events have come.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Takes an event, and says when it was due; one without a place in the schedule was never due.
    pub(crate) fn arrive(&mut self, place: Place, rx_ns: u64) -> Option<u64> {
        self.events += 1;
        let place = self.place(place)?;
        if place >= self.next_place {
            self.next_place = place + 1;
            let after_first_ns = self.period_ns.saturating_mul(place);
            let first_ns = rx_ns.cast_signed().saturating_sub(after_first_ns);
            self.first_due_ns = self.first_due_ns.min(first_ns);
        }
        Some(self.due_ns(place))
    }

    /// Counted from the stream's first event on. Numbers go on from where the events had come to when they began to count.
    fn place(&mut self, place: Place) -> Option<i64> {
        match place {
            Place::Next => Some(self.next_place),
            Place::Number(number) => {
                let number = number.cast_signed();
                let next_place = self.next_place;
                let zero_place = self.zero_place.get_or_insert(next_place - number);
                Some(*zero_place + number)
            }
            Place::None => None,
        }
    }

    /// What was due by `end_ns` and has not come.
    pub(crate) fn missing(&self, end_ns: u64) -> Option<Missing> {
        if self.events == 0 {
            return None;
        }
        let first_due_ns = self.due_ns(self.next_place);
        let step_ns = self.period_ns.cast_unsigned();
        let overdue_ns = end_ns.checked_sub(first_due_ns)?;
        Some(Missing {
            instants: overdue_ns.checked_div(step_ns)? + 1,
            events_each: 1,
            first_due_ns,
            step_ns,
        })
    }

    fn due_ns(&self, place: i64) -> u64 {
        let after_first_ns = self.period_ns.saturating_mul(place);
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
        let placed: Vec<_> = rx_ns.iter().map(|&rx_ns| (Place::Next, rx_ns)).collect();
        let delays = delays_at(&placed).into_iter();
        delays.map(Option::unwrap).collect()
    }

    fn delays_at(placed: &[(Place, u64)]) -> Vec<Option<u64>> {
        let mut due = PeriodicDue::every(PERIOD);
        let placed = placed.iter();
        placed
            .map(|&(place, rx_ns)| due.arrive(place, rx_ns).map(|due_ns| rx_ns - due_ns))
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
    fn a_lost_event_leaves_its_place_empty() {
        let delays = delays_at(&[
            (Place::Next, 1_000),
            (Place::Number(8), 1_010),
            (Place::Number(10), 1_030),
            (Place::Number(11), 1_043),
            (Place::Number(13), 1_060),
        ]);
        assert_eq!(delays, [0, 0, 0, 3, 0].map(Some));
    }

    #[test]
    fn late_and_repeated_events_are_due_at_their_own_places() {
        let delays = delays_at(&[
            (Place::Number(7), 1_000),
            (Place::Number(8), 1_010),
            (Place::Number(10), 1_030),
            (Place::Number(9), 1_032),
            (Place::Number(8), 1_035),
            (Place::None, 1_036),
            (Place::Number(6), 1_037),
            (Place::Number(11), 1_041),
        ]);
        let some = Some;
        assert_eq!(
            delays,
            [
                some(0),
                some(0),
                some(0),
                some(12),
                some(25),
                None,
                some(47),
                some(1)
            ]
        );
    }

    #[test]
    fn what_was_due_by_the_end_is_missing() {
        let mut due = PeriodicDue::every(PERIOD);
        assert_eq!(due.missing(5_000), None);
        due.arrive(Place::Next, 1_000);
        due.arrive(Place::Next, 1_010);
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
