//! When the events of a server without stamps were due, by the period that the user says it has.

use std::time::Duration;

use weir_time::nanoseconds;

use super::lower_hull::{Arrival, LowerHull};
use super::sequence::Place;
use super::stamped_due::Missing;
use crate::measure::SeenPeriods;

/// Places from a stream's first event on before its own period is asked for: over fewer, a delay bends it more than the
/// server's clock does.
const FIT_PLACES: u64 = 8;

/// By this share of it a period may differ from the one that the user gave. A server that sleeps for its period between
/// events takes some more, by as much as it works; one further off does something else, or is disturbed.
const OFF_MAX: f64 = 0.25;

/// Events that show whether a stream has the period at all: two are any period apart.
const PERIODIC_EVENTS: u64 = 3;

/// An even schedule: event k is due k periods after the first one. Its place in time and its period are taken from the
/// events, since none can have come before it was due, and some come hardly late: the schedule is the line that lies
/// below all `(k, received)` and nearest to them. That is how the skew of a clock is told from delays (Moon, Skelly and
/// Towsley, "Estimation and removal of clock skew from network delay measurements", INFOCOM 1999): the line on that edge
/// of the lower convex hull which the middle of all k is at.
///
/// Only what came before an event says when it was due, and for the first [`FIT_PLACES`] of them, or where the line's
/// slope differs by more than [`OFF_MAX`] from what the user gave, the period is the one believed before: the user's to
/// begin with. What all events have in common (the way there and back) is not in such a delivery.
///
/// - **A stall** is in every event that it made late, as long as these are fewer than all that came before it: the middle
///   of the hull is then an edge that the stall is no part of. Of a longer one, the last fifth of the events that come
///   together is taken for those of a slower server, and counts as on time.
/// - **A server that never catches up**, since it sleeps for its period after each event, has no schedule that a stall
///   could be late by for ever. The events after the stall count as late by it until the stream is twice as old as it
///   was and four times the stall has passed, and from then on as on time: the schedule has moved.
/// - **A server whose period wanders**, as sleeps of random lengths add up, strays from any line by what that comes to,
///   the root of the number of events times the spread of a sleep, and deliveries contain it.
///
/// Ids say which event is the k-th, where they count ([`Numbering`](super::sequence::Numbering)): lost events leave their
/// places empty, and late and repeated ones are due at their own. Without them k counts what has come, and a lost event
/// has all after it be due a period too early.
#[derive(Debug)]
pub(crate) struct PeriodicDue {
    given_ns: f64,
    /// What it is believed to be.
    period_ns: f64,
    hull: LowerHull,
    /// Behind the last event.
    next_place: i64,
    /// Where number 0 stands, once ids count.
    zero_place: Option<i64>,
    events: u64,
}

impl PeriodicDue {
    pub(crate) fn every(period: Duration) -> Self {
        let given_ns = nanoseconds(period) as f64;
        Self {
            given_ns,
            period_ns: given_ns,
            hull: LowerHull::default(),
            next_place: 0,
            zero_place: None,
            events: 0,
        }
    }

    /// How many events have come.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// The period that the events show, however far it is from what was expected; none of too few.
    pub(crate) fn seen(&self) -> SeenPeriods {
        let periods = self.hull.span();
        let seen_ns = self.hull.middle_slope_ns();
        seen_ns
            .filter(|_| periods >= FIT_PLACES)
            .map_or(SeenPeriods::NONE, |seen_ns| {
                SeenPeriods::of_stream(periods, seen_ns)
            })
    }

    /// Takes an event, and says when it was due; one without a place in the schedule was never due.
    pub(crate) fn arrive(&mut self, place: Place, rx_ns: u64) -> Option<u64> {
        self.events += 1;
        let place = self.place(place)?;
        if place >= self.next_place {
            self.next_place = place + 1;
            self.fit(Arrival {
                place,
                rx_ns: rx_ns.cast_signed(),
            });
        }
        self.due_ns(place)
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

    fn fit(&mut self, arrival: Arrival) {
        self.hull.add(arrival);
        if self.hull.span() < FIT_PLACES {
            return;
        }
        let seen_ns = self.hull.middle_slope_ns();
        self.period_ns = seen_ns
            .filter(|&seen_ns| self.is_near(seen_ns))
            .unwrap_or(self.period_ns);
    }

    fn is_near(&self, period_ns: f64) -> bool {
        (period_ns / self.given_ns - 1.0).abs() <= OFF_MAX
    }

    /// What was due by `end_ns` and has not come, supposing that the stream went on as it had; nothing of a stream that has
    /// not been seen to have the period.
    pub(crate) fn missing(&self, end_ns: u64) -> Option<Missing> {
        let seen_ns = self.hull.middle_slope_ns()?;
        if self.events < PERIODIC_EVENTS || !self.is_near(seen_ns) {
            return None;
        }
        let first_due_ns = self.due_ns(self.next_place)?;
        let step_ns = self.period_ns.round() as u64;
        let overdue_ns = end_ns.checked_sub(first_due_ns)?;
        Some(Missing {
            instants: overdue_ns.checked_div(step_ns)? + 1,
            events_each: 1,
            first_due_ns,
            step_ns,
        })
    }

    /// `None` before there is an event.
    fn due_ns(&self, place: i64) -> Option<u64> {
        let due_ns = self.hull.envelope_ns(self.period_ns, place)?;
        Some(due_ns.max(0).cast_unsigned())
    }
}

#[cfg(test)]
mod tests;
