//! Streams that advance together, as the answers of one batch do on a GPU: with every step each of them has one more
//! event, and the more of them there are, the longer a step takes.
//!
//! The streams of one core with the same [`Batching`] share its [`Batch`]. Nothing runs between two events: whoever is
//! awake takes all the steps that have come, and all alarms are set to the same instant.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroU64;
use std::rc::Rc;

use crate::cache::Cache;

/// Past steps whose instants are kept for streams that are late: at 20 ms a step it is 20 s, and 8 KiB. A stream that is
/// later than that takes the oldest one kept.
const STEPS_KEPT: usize = 1024;

/// How fast a batch advances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Batching {
    /// From step to step.
    pub(crate) interval_ns: u64,
    /// Streams of which a step takes as long as that of one. With more of them it takes longer, in proportion.
    pub(crate) max_batch: NonZeroU64,
}

impl Batching {
    /// How long a step of so many streams takes.
    fn step_ns(&self, active: u64) -> u64 {
        let knee = self.max_batch.get();
        let exact = u128::from(self.interval_ns) * u128::from(active.max(knee)) / u128::from(knee);
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}

/// The batches of one thread.
#[derive(Default)]
pub(crate) struct Batches {
    shared: Cache<Batching, RefCell<Batch>>,
}

impl Batches {
    /// A member of the batch of `batching`: from the first step at or after `ready_ns` on it has a part in so many
    /// `steps`, 1 or more.
    pub(crate) fn join(&self, batching: Batching, ready_ns: u64, steps: u64) -> Member {
        let shared = self
            .shared
            .find_or_make(&batching, || Rc::new(RefCell::new(Batch::new(batching))));
        let (key, first) = shared.borrow_mut().join(ready_ns, steps);
        Member {
            shared,
            key,
            steps,
            first,
        }
    }
}

/// A stream's part in the steps it shares. Dropping it takes the stream out of them.
pub(crate) struct Member {
    shared: Rc<RefCell<Batch>>,
    key: Key,
    steps: u64,
    /// The number of its first step, once that has been taken.
    first: Rc<Cell<Option<u64>>>,
}

/// When something of a member is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// Then.
    Due(u64),
    /// Not known before then.
    Later(u64),
}

impl Look {
    /// The one instant or the other.
    pub(crate) fn at_ns(self) -> u64 {
        let (Self::Due(at_ns) | Self::Later(at_ns)) = self;
        at_ns
    }
}

impl Member {
    /// Takes the steps that have come by `now_ns`, and tells when the member's `number`th (from 0) is due.
    pub(crate) fn look(&mut self, number: u64, now_ns: u64) -> Look {
        let mut steps = self.shared.borrow_mut();
        steps.advance(now_ns);
        let (ready_ns, _) = self.key;
        match self.first.get() {
            None => Look::Later(ready_ns.max(steps.next_ns().unwrap_or(ready_ns))),
            Some(first) => steps.look(first + number),
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut steps = self.shared.borrow_mut();
        match self.first.get() {
            None => {
                steps.waiting.remove(&self.key);
            }
            Some(first) => steps.leave(first + self.steps - 1),
        }
    }
}

/// When a member is ready, and a number that no other one has.
type Key = (u64, u64);

/// One batch, and its steps so far.
struct Batch {
    batching: Batching,
    /// How many have been taken.
    taken: u64,
    /// The instants of the last of those.
    instants: VecDeque<u64>,
    /// When the next is due; it is not known while nobody is active.
    next_ns: Option<u64>,
    /// Members between their first and their last step.
    active: u64,
    waiting: BTreeMap<Key, Waiting>,
    /// How many have their last step with that of the number.
    leaving: BTreeMap<u64, u64>,
    joined: u64,
}

struct Waiting {
    steps: u64,
    first: Rc<Cell<Option<u64>>>,
}

impl Batch {
    fn new(batching: Batching) -> Self {
        Self {
            batching,
            taken: 0,
            instants: VecDeque::new(),
            next_ns: None,
            active: 0,
            waiting: BTreeMap::new(),
            leaving: BTreeMap::new(),
            joined: 0,
        }
    }

    fn join(&mut self, ready_ns: u64, steps: u64) -> (Key, Rc<Cell<Option<u64>>>) {
        // Steps that have been taken were without it.
        let earliest_ns = self.instants.back().map_or(0, |last_ns| last_ns + 1);
        let key = (ready_ns.max(earliest_ns), self.joined);
        self.joined += 1;
        let first = Rc::new(Cell::new(None));
        let waiting = Waiting {
            steps,
            first: Rc::clone(&first),
        };
        self.waiting.insert(key, waiting);
        (key, first)
    }

    /// Takes one away from those whose last step is `last`, if that has not been taken.
    fn leave(&mut self, last: u64) {
        if let Some(leaving) = self.leaving.get_mut(&last) {
            *leaving -= 1;
            self.active -= 1;
        }
    }

    /// When the next step is due, if there is someone for it: a batch of nobody begins anew with whoever is ready.
    fn next_ns(&self) -> Option<u64> {
        let first_ready_ns = || self.waiting.keys().next().map(|(ready_ns, _)| *ready_ns);
        self.next_ns.or_else(first_ready_ns)
    }

    fn advance(&mut self, now_ns: u64) {
        while let Some(at_ns) = self.next_ns().filter(|at_ns| *at_ns <= now_ns) {
            self.step(at_ns);
        }
    }

    fn step(&mut self, at_ns: u64) {
        let number = self.taken;
        self.taken += 1;
        if self.instants.len() == STEPS_KEPT {
            self.instants.pop_front();
        }
        self.instants.push_back(at_ns);
        while let Some(entry) = self.waiting.first_entry() {
            let (ready_ns, _) = *entry.key();
            if ready_ns > at_ns {
                break;
            }
            let Waiting { steps, first } = entry.remove();
            first.set(Some(number));
            *self.leaving.entry(number + steps - 1).or_default() += 1;
            self.active += 1;
        }
        self.active -= self.leaving.remove(&number).unwrap_or(0);
        self.next_ns =
            (self.active > 0).then(|| at_ns.saturating_add(self.batching.step_ns(self.active)));
    }

    fn look(&self, number: u64) -> Look {
        let Some(back) = self.taken.checked_sub(number + 1) else {
            // Whoever has a step to come is active.
            return Look::Later(self.next_ns().unwrap_or(u64::MAX));
        };
        let kept = self.instants.len() as u64;
        let at = kept.saturating_sub(back + 1) as usize;
        Look::Due(self.instants[at])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn batching(max_batch: u64) -> Batching {
        Batching {
            interval_ns: 10,
            max_batch: NonZeroU64::new(max_batch).unwrap(),
        }
    }

    /// The instants of all the `steps` of `member`, each asked for when it comes.
    fn instants(member: &mut Member, steps: u64) -> Vec<u64> {
        let (mut now_ns, _) = member.key;
        let mut due_ns = Vec::new();
        while (due_ns.len() as u64) < steps {
            match member.look(due_ns.len() as u64, now_ns) {
                Look::Due(at_ns) => due_ns.push(at_ns),
                Look::Later(at_ns) => {
                    assert!(at_ns > now_ns);
                    now_ns = at_ns;
                }
            }
        }
        due_ns
    }

    #[test]
    fn up_to_the_knee_a_step_takes_one_interval_and_past_it_longer_in_proportion() {
        let step_ns = |active| batching(4).step_ns(active);
        assert_eq!([1, 4, 5, 6, 8].map(step_ns), [10, 10, 12, 15, 20]);
        let batches = Batches::default();
        let mut four = [(); 4].map(|()| batches.join(batching(1), 100, 3));
        for member in &mut four {
            assert_eq!(instants(member, 3), [100, 140, 180]);
        }
    }

    #[test]
    fn one_alone_goes_by_the_interval() {
        let batches = Batches::default();
        let mut one = batches.join(batching(1), 7, 4);
        assert_eq!(instants(&mut one, 4), [7, 17, 27, 37]);
    }

    #[test]
    fn who_comes_later_begins_with_the_next_step_of_the_others() {
        let batches = Batches::default();
        let mut first = batches.join(batching(1), 0, 4);
        let mut second = batches.join(batching(1), 13, 2);
        // At 20 they are two, until the second has had its last step, at 40.
        assert_eq!(instants(&mut first, 4), [0, 10, 20, 40]);
        assert_eq!(instants(&mut second, 2), [20, 40]);
    }

    #[test]
    fn a_batch_of_nobody_begins_with_who_is_ready() {
        let batches = Batches::default();
        let mut first = batches.join(batching(1), 0, 2);
        let mut second = batches.join(batching(1), 1_234, 2);
        assert_eq!(second.look(0, 5), Look::Later(1_234));
        assert_eq!(instants(&mut first, 2), [0, 10]);
        assert_eq!(instants(&mut second, 2), [1_234, 1_244]);
        // Steps that have been taken were without this one.
        let mut third = batches.join(batching(1), 0, 1);
        assert_eq!(instants(&mut third, 1), [1_245]);
    }

    #[test]
    fn who_leaves_early_is_no_longer_counted() {
        let batches = Batches::default();
        let mut stays = batches.join(batching(1), 0, 5);
        let mut leaves = batches.join(batching(1), 0, 5);
        let never_ready = batches.join(batching(1), 35, 5);
        assert_eq!(leaves.look(1, 20), Look::Due(20));
        drop((leaves, never_ready));
        assert_eq!(instants(&mut stays, 5), [0, 20, 40, 50, 60]);
        drop(stays);
        let mut next = batches.join(batching(1), 1_000, 1);
        assert_eq!(next.look(0, 2_000), Look::Due(1_000));
    }

    #[test]
    fn a_late_one_is_told_the_instants_it_missed_as_far_as_they_are_kept() {
        let batches = Batches::default();
        let mut late = batches.join(batching(1), 0, 2_000);
        let now_ns = 1_500 * 10;
        assert_eq!(late.look(1_500, now_ns), Look::Due(now_ns));
        assert_eq!(late.look(1_400, now_ns), Look::Due(14_000));
        let oldest_ns = now_ns - (STEPS_KEPT as u64 - 1) * 10;
        assert_eq!(late.look(3, now_ns), Look::Due(oldest_ns));
        assert_eq!(late.look(1_501, now_ns), Look::Later(now_ns + 10));
    }

    #[test]
    fn batches_do_not_mix() {
        let batches = Batches::default();
        let mut ones = [1, 2].map(|max_batch| batches.join(batching(max_batch), 0, 2));
        for one in &mut ones {
            assert_eq!(instants(one, 2), [0, 10]);
        }
    }

    proptest! {
        /// Whoever polls, and when: all see the same steps, in order, and none before it is ready.
        #[test]
        fn who_takes_the_steps_makes_no_difference(
            members in prop::collection::vec((0u64..200, 1u64..20), 1..8),
            max_batch in 1u64..5,
            late_ns in 0u64..500,
        ) {
            let seen = |order: &mut dyn Iterator<Item = usize>, late_ns: u64| {
                let batches = Batches::default();
                let mut joined: Vec<Member> = members
                    .iter()
                    .map(|&(ready_ns, steps)| batches.join(batching(max_batch), ready_ns, steps))
                    .collect();
                let mut due_ns = vec![Vec::new(); joined.len()];
                joined[0].look(0, late_ns);
                for index in order {
                    due_ns[index] = instants(&mut joined[index], members[index].1);
                }
                due_ns
            };
            let forward = seen(&mut (0..members.len()), 0);
            prop_assert_eq!(&forward, &seen(&mut (0..members.len()).rev(), late_ns));
            for (due_ns, (ready_ns, _)) in forward.iter().zip(&members) {
                prop_assert!(due_ns[0] >= *ready_ns);
                prop_assert!(due_ns.is_sorted_by(|one, next| one < next));
            }
        }
    }
}
