//! What a stamped stream still owed when the run ended.

use weir_sse::Stamp;

/// The server's schedule of one stream, as far as its stamps tell: instants at which one or more events were due.
///
/// The mean step between them carries a random schedule as well as an even one, where the last step alone would not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct StampedDue {
    first_due_ns: u64,
    last_due_ns: u64,
    /// Instants after the first.
    steps: u64,
    /// Events of all instants but the last.
    events_before_last: u64,
    /// Events of the last instant: as many as lie in a thousand gigabytes.
    events_at_last: u32,
    /// Whether any event was due before it was sent; a server that sends as fast as it is read has no schedule.
    paced: bool,
}

/// So many events missing at each of `instants` instants, the first at `first_due_ns` and `step_ns` apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) instants: u64,
    pub(crate) events_each: u64,
    pub(crate) first_due_ns: u64,
    pub(crate) step_ns: u64,
}

/// Instants that are counted one by one; of more, neighbours are taken together. A stream that is frozen for an hour at
/// a million events a second then costs as much as this, and its waits are still told apart to a ten-thousandth.
const GROUPS: u64 = 10_000;

impl Missing {
    /// The missing events, with when they were due, in at most [`GROUPS`] groups.
    pub(crate) fn groups(self) -> impl Iterator<Item = (u64, u64)> {
        let instants_each = self.instants.div_ceil(GROUPS).max(1);
        (0..self.instants)
            .step_by(instants_each as usize)
            .map(move |first| {
                let instants = instants_each.min(self.instants - first);
                let middle = first + (instants - 1) / 2;
                (
                    instants.saturating_mul(self.events_each),
                    self.first_due_ns + middle * self.step_ns,
                )
            })
    }
}

impl StampedDue {
    pub(crate) fn take(&mut self, stamp: Stamp) {
        self.paced |= stamp.due_ns < stamp.sent_ns;
        if self.first_due_ns == 0 {
            self.first_due_ns = stamp.due_ns;
            self.last_due_ns = stamp.due_ns;
        }
        if stamp.due_ns > self.last_due_ns {
            self.last_due_ns = stamp.due_ns;
            self.steps += 1;
            self.events_before_last += u64::from(self.events_at_last);
            self.events_at_last = 0;
        }
        self.more(1);
    }

    /// So many more came with the last one.
    pub(crate) fn more(&mut self, events: u32) {
        self.events_at_last = self.events_at_last.saturating_add(events);
    }

    /// How many events have come.
    pub(crate) fn events(&self) -> u64 {
        self.events_before_last + u64::from(self.events_at_last)
    }

    /// What was due by `end_ns` and has not come, supposing that the schedule went on as it had.
    pub(crate) fn missing(&self, end_ns: u64) -> Option<Missing> {
        if !self.paced || self.steps == 0 {
            return None;
        }
        let step_ns = (self.last_due_ns - self.first_due_ns) / self.steps;
        let instants = end_ns
            .saturating_sub(self.last_due_ns)
            .checked_div(step_ns)?;
        let events_each = (self.events_before_last + self.steps / 2) / self.steps;
        (instants > 0).then_some(Missing {
            instants,
            events_each: events_each.max(1),
            first_due_ns: self.last_due_ns + step_ns,
            step_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events due at these instants, each sent 1 ns later.
    fn schedule(due_ns: &[u64]) -> StampedDue {
        let mut schedule = StampedDue::default();
        for (seq, &due_ns) in (0..).zip(due_ns) {
            schedule.take(Stamp {
                seq,
                due_ns,
                sent_ns: due_ns + 1,
            });
        }
        schedule
    }

    #[test]
    fn an_even_schedule_goes_on_as_it_was() {
        let missing = schedule(&[1_000, 1_010, 1_020]).missing(1_055).unwrap();
        assert_eq!(
            missing,
            Missing {
                instants: 3,
                events_each: 1,
                first_due_ns: 1_030,
                step_ns: 10
            }
        );
        assert_eq!(schedule(&[1_000, 1_010, 1_020]).missing(1_029), None);
    }

    #[test]
    fn batches_go_on_as_batches() {
        let missing = schedule(&[1_000, 1_000, 1_020, 1_020, 1_040, 1_040])
            .missing(1_085)
            .unwrap();
        assert_eq!(
            missing,
            Missing {
                instants: 2,
                events_each: 2,
                first_due_ns: 1_060,
                step_ns: 20
            }
        );
        assert_eq!(schedule(&[1_000, 1_000, 1_020, 1_020]).missing(1_039), None);
    }

    #[test]
    fn groups_hold_every_missing_event() {
        let missing = |instants| Missing {
            instants,
            events_each: 2,
            first_due_ns: 100,
            step_ns: 10,
        };
        assert_eq!(
            missing(3).groups().collect::<Vec<_>>(),
            [(2, 100), (2, 110), (2, 120)]
        );
        for instants in [GROUPS, GROUPS + 1, 7 * GROUPS + 3] {
            let groups: Vec<_> = missing(instants).groups().collect();
            assert!(groups.len() as u64 <= GROUPS);
            assert_eq!(
                groups.iter().map(|(events, _)| events).sum::<u64>(),
                2 * instants
            );
            assert!(
                groups
                    .iter()
                    .all(|(_, due_ns)| *due_ns < 100 + instants * 10)
            );
        }
    }

    #[test]
    fn without_a_schedule_nothing_is_owed() {
        assert_eq!(schedule(&[1_000]).missing(9_000), None);
        let mut unpaced = StampedDue::default();
        for seq in 0..5 {
            unpaced.take(Stamp {
                seq,
                due_ns: 1_000 + seq,
                sent_ns: 1_000 + seq,
            });
        }
        assert_eq!(unpaced.missing(9_000), None);
    }
}
