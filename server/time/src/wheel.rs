//! A hashed timing wheel (Varghese & Lauck 1987, scheme 6), and for what lies beyond one turn the turns to come.
//!
//! Pure: it holds keys and instants and is told what time it is.

use std::collections::BTreeMap;

/// Width of one slot: 2^16 ns = 65.5 us. Whatever falls into one slot fires together at its end, so a timer is late by
/// 33 us on average and never early; half of this would double the wake-ups of a paced server and gain 16 us, which is
/// less than the scheduler takes to wake the thread (30-60 us measured here).
pub const TICK_NS: u64 = 1 << TICK_BITS;
const TICK_BITS: u32 = 16;

/// Slots of one turn: 4096 x 65.5 us = 268 ms, so that streams of four events a second and faster never touch later turns.
const SLOTS: u64 = 4096;
const WORD_BITS: u64 = 64;

/// Keys that fall due at instants, in nanoseconds since any fixed epoch. Keys are small: what is kept of each is found by
/// index, and takes 16 bytes.
#[derive(Debug)]
pub struct Wheel {
    /// The first key of each slot.
    slots: Box<[u32]>,
    /// One bit a slot: set when it holds a key.
    occupied: Box<[u64]>,
    /// The first key of each turn that lies beyond the slots.
    turns: BTreeMap<u64, u32>,
    /// By key. A slot can hold the alarms of all streams, and is not searched for each that leaves.
    entries: Vec<Entry>,
    /// Every tick up to and including this one has been fired.
    fired_tick: u64,
}

/// A key's place in the ring of those in its slot or turn, in the order in which they were entered.
#[derive(Debug, Clone, Copy)]
struct Entry {
    previous: u32,
    next: u32,
    /// When it fires.
    due: Due,
}

/// A tick, and whether it lay in a turn to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due(u64);

impl Due {
    const NEVER: Self = Self(u64::MAX);
    const FAR: u64 = 1 << 63;

    fn tick(self) -> u64 {
        self.0 & !Self::FAR
    }

    fn is_far(self) -> bool {
        self.0 & Self::FAR != 0
    }
}

const NO_KEY: u32 = u32::MAX;

impl Wheel {
    /// An empty wheel that has fired everything up to `now_ns`.
    #[must_use]
    pub fn new(now_ns: u64) -> Self {
        Self {
            slots: vec![NO_KEY; SLOTS as usize].into_boxed_slice(),
            occupied: vec![0; (SLOTS / WORD_BITS) as usize].into_boxed_slice(),
            turns: BTreeMap::new(),
            entries: Vec::new(),
            fired_tick: now_ns >> TICK_BITS,
        }
    }

    /// Enters `key`, which is not entered, to fall due at `due_ns`, and says when it will fire: at the end of its slot, which
    /// for an instant that has passed is the next one.
    ///
    /// # Panics
    /// When keys are not small.
    pub fn insert(&mut self, due_ns: u64, key: usize) -> u64 {
        let tick = self.tick_of(due_ns);
        let key = u32::try_from(key).expect("keys are small");
        let is_far = tick - self.fired_tick >= SLOTS;
        self.enter(key, Due(tick | if is_far { Due::FAR } else { 0 }));
        tick.saturating_mul(TICK_NS)
    }

    /// When a key fires, if it is entered.
    #[must_use]
    pub fn fires_ns(&self, key: usize) -> Option<u64> {
        let due = self.entries.get(key)?.due;
        (due != Due::NEVER).then(|| due.tick().saturating_mul(TICK_NS))
    }

    /// Takes out a `key`, if it is entered, in a time that does not depend on how many keys are in its slot.
    pub fn remove(&mut self, key: usize) {
        let Some(Entry {
            previous,
            next,
            due,
        }) = self.entries.get(key).copied()
        else {
            return;
        };
        if due == Due::NEVER {
            return;
        }
        self.entries[key].due = Due::NEVER;
        let is_alone = next as usize == key;
        if !is_alone {
            self.entries[previous as usize].next = next;
            self.entries[next as usize].previous = previous;
        }
        if self.first(due) as usize == key {
            self.set_first(due, if is_alone { NO_KEY } else { next });
        }
    }

    /// When [`Wheel::expire`] will next have something to do, if anything is entered: to fire it, or to draw a turn in.
    #[must_use]
    pub fn next_ns(&self) -> Option<u64> {
        let near = self.next_occupied_tick();
        let far = self.turns.first_key_value().map(|(turn, _)| turn * SLOTS);
        near.into_iter()
            .chain(far)
            .min()
            .map(|tick| tick.saturating_mul(TICK_NS))
    }

    /// Moves every key due at `now_ns` or before to the end of `fired`.
    pub fn expire(&mut self, now_ns: u64, fired: &mut Vec<usize>) {
        let now_tick = now_ns >> TICK_BITS;
        while let Some(tick) = self.next_occupied_tick().filter(|&tick| tick <= now_tick) {
            let due = Due(tick);
            let first = self.first(due);
            self.set_first(due, NO_KEY);
            self.drain(first, |wheel, key| {
                wheel.entries[key as usize].due = Due::NEVER;
                fired.push(key as usize);
            });
        }
        self.fired_tick = self.fired_tick.max(now_tick);
        self.draw_in(now_tick, fired);
    }

    /// Brings the turns that have begun closer: each key into its slot, or straight to `fired` if the time has jumped past it.
    fn draw_in(&mut self, now_tick: u64, fired: &mut Vec<usize>) {
        while let Some(turn) = self.turns.first_entry()
            && *turn.key() * SLOTS <= now_tick
        {
            let first = turn.remove();
            self.drain(first, |wheel, key| {
                let tick = wheel.entries[key as usize].due.tick();
                if tick <= now_tick {
                    wheel.entries[key as usize].due = Due::NEVER;
                    fired.push(key as usize);
                } else {
                    wheel.enter(key, Due(tick));
                }
            });
        }
    }

    /// Hands over the keys of a ring, in order.
    fn drain(&mut self, first: u32, mut take: impl FnMut(&mut Self, u32)) {
        let mut key = first;
        loop {
            let next = self.entries[key as usize].next;
            take(self, key);
            if next == first {
                return;
            }
            key = next;
        }
    }

    /// Rounded up, so that nothing fires early; never a tick that has been fired.
    fn tick_of(&self, due_ns: u64) -> u64 {
        due_ns.div_ceil(TICK_NS).max(self.fired_tick + 1)
    }

    /// Puts a key behind those of its slot or turn.
    fn enter(&mut self, key: u32, due: Due) {
        let mut entry = Entry {
            previous: key,
            next: key,
            due,
        };
        match self.first(due) {
            NO_KEY => self.set_first(due, key),
            first => {
                let last = self.entries[first as usize].previous;
                (entry.previous, entry.next) = (last, first);
                self.entries[first as usize].previous = key;
                self.entries[last as usize].next = key;
            }
        }
        let index = key as usize;
        if index >= self.entries.len() {
            let nowhere = Entry {
                due: Due::NEVER,
                ..entry
            };
            self.entries.resize(index + 1, nowhere);
        }
        debug_assert!(
            self.entries[index].due == Due::NEVER || self.entries[index].due.is_far(),
            "key {key} is entered"
        );
        self.entries[index] = entry;
    }

    /// The first key of a slot or turn.
    fn first(&self, due: Due) -> u32 {
        if due.is_far() {
            let turn = due.tick() / SLOTS;
            self.turns.get(&turn).copied().unwrap_or(NO_KEY)
        } else {
            self.slots[slot_of(due.tick())]
        }
    }

    fn set_first(&mut self, due: Due, key: u32) {
        if !due.is_far() {
            let slot = slot_of(due.tick());
            self.slots[slot] = key;
            self.mark(slot, key != NO_KEY);
        } else if key == NO_KEY {
            self.turns.remove(&(due.tick() / SLOTS));
        } else {
            self.turns.insert(due.tick() / SLOTS, key);
        }
    }

    fn mark(&mut self, slot: usize, filled: bool) {
        let bit = 1 << (slot as u64 % WORD_BITS);
        let word = &mut self.occupied[slot / WORD_BITS as usize];
        if filled { *word |= bit } else { *word &= !bit }
    }

    /// The first tick after the fired ones whose slot holds a key: a scan of the 64 words of `occupied`, from the
    /// word of the next tick on and round to it again.
    fn next_occupied_tick(&self) -> Option<u64> {
        let first_tick = self.fired_tick + 1;
        let first_slot = slot_of(first_tick) as u64;
        let words = self.occupied.len() as u64;
        (0..=words).find_map(|step| {
            let word_index = (first_slot / WORD_BITS + step) % words;
            let mut word = self.occupied[word_index as usize];
            let skip = first_slot % WORD_BITS;
            if step == 0 {
                word &= u64::MAX << skip;
            } else if step == words {
                word &= !(u64::MAX << skip);
            }
            (word != 0).then(|| {
                let slot = word_index * WORD_BITS + u64::from(word.trailing_zeros());
                first_tick + (slot + SLOTS - first_slot) % SLOTS
            })
        })
    }
}

fn slot_of(tick: u64) -> usize {
    (tick % SLOTS) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fire(wheel: &mut Wheel, now_ns: u64) -> Vec<usize> {
        let mut fired = Vec::new();
        wheel.expire(now_ns, &mut fired);
        fired
    }

    #[test]
    fn fires_at_the_end_of_the_slot_and_once() {
        let mut wheel = Wheel::new(0);
        wheel.insert(TICK_NS + 1, 7);
        assert_eq!(wheel.next_ns(), Some(2 * TICK_NS));
        assert!(fire(&mut wheel, 2 * TICK_NS - 1).is_empty());
        assert_eq!(fire(&mut wheel, 2 * TICK_NS), [7]);
        assert!(fire(&mut wheel, 100 * TICK_NS).is_empty());
        assert_eq!(wheel.next_ns(), None);
    }

    #[test]
    fn an_instant_in_the_past_fires_at_the_next_tick() {
        let mut wheel = Wheel::new(10 * TICK_NS);
        wheel.insert(TICK_NS, 1);
        assert_eq!(wheel.next_ns(), Some(11 * TICK_NS));
        wheel.remove(1);
        assert_eq!(wheel.next_ns(), None);
    }

    #[test]
    fn a_far_timer_is_drawn_in_and_can_be_removed_on_either_side() {
        let mut wheel = Wheel::new(0);
        let far_ns = 3 * SLOTS * TICK_NS;
        wheel.insert(far_ns, 1);
        wheel.insert(far_ns, 2);
        wheel.remove(1);
        assert!(fire(&mut wheel, far_ns - SLOTS * TICK_NS / 2).is_empty());
        wheel.insert(far_ns, 3);
        wheel.remove(2);
        assert_eq!(fire(&mut wheel, far_ns), [3]);
    }

    /// A drain of a core, or a load test that ends: were the slot searched for each, it would be 2 * 10^10 looks.
    #[test]
    fn a_slot_of_many_is_emptied_one_by_one() {
        const KEYS: usize = 200_000;
        let mut wheel = Wheel::new(0);
        (0..KEYS).for_each(|key| {
            wheel.insert(TICK_NS, key);
        });
        (0..KEYS).for_each(|turn| wheel.remove(turn * 77_777 % KEYS));
        assert_eq!(wheel.next_ns(), None);
        assert!(fire(&mut wheel, TICK_NS).is_empty());
    }

    proptest! {
        /// Against the plain model, where many share a slot: whichever are taken out, all others fire, and once.
        #[test]
        fn whatever_is_removed_leaves_the_others(
            steps in prop::collection::vec((0u64..4 * TICK_NS, 0u64..TICK_NS / 8, 0usize..3), 1..300),
            far_ns in prop_oneof![Just(0), Just(SLOTS * TICK_NS)],
        ) {
            let mut now_ns = 12_345;
            let mut wheel = Wheel::new(now_ns);
            let mut model: Vec<(u64, usize)> = Vec::new();
            for (key, (ahead_ns, advance_ns, removals)) in steps.into_iter().enumerate() {
                let due_ns = now_ns + far_ns + ahead_ns;
                wheel.insert(due_ns, key);
                model.push((due_ns, key));
                for _ in 0..removals.min(model.len()) {
                    let (_, key) = model.swap_remove((ahead_ns as usize) % model.len());
                    wheel.remove(key);
                }
                now_ns += advance_ns;
                for key in fire(&mut wheel, now_ns) {
                    let at = model.iter().position(|(_, held)| *held == key).expect("fires once");
                    prop_assert!(model.swap_remove(at).0 <= now_ns, "fired early");
                }
            }
            let mut fired = fire(&mut wheel, now_ns + 2 * SLOTS * TICK_NS);
            let mut left: Vec<usize> = model.into_iter().map(|(_, key)| key).collect();
            fired.sort_unstable();
            left.sort_unstable();
            prop_assert_eq!(fired, left);
            prop_assert_eq!(wheel.next_ns(), None);
        }

        /// Against the plain model: a list of instants. Nothing fires early, nothing later than one tick, nothing twice,
        /// nothing that was removed; and the wheel always knows when it next has work.
        #[test]
        fn agrees_with_a_sorted_list(
            steps in prop::collection::vec((0u64..2_000_000_000, 0u64..100_000_000, any::<bool>()), 1..200),
        ) {
            let mut now_ns = 12_345;
            let mut wheel = Wheel::new(now_ns);
            let mut model: Vec<(u64, usize)> = Vec::new();
            for (key, (ahead_ns, advance_ns, removed)) in steps.into_iter().enumerate() {
                let due_ns = now_ns + ahead_ns;
                wheel.insert(due_ns, key);
                if removed {
                    wheel.remove(key);
                } else {
                    model.push((due_ns, key));
                }
                now_ns += advance_ns;
                prop_assert_eq!(wheel.next_ns().is_none(), model.is_empty());
                let fired = fire(&mut wheel, now_ns);
                for key in &fired {
                    let at = model.iter().position(|(_, held)| held == key).expect("fires once");
                    prop_assert!(model.swap_remove(at).0 <= now_ns, "fired early");
                }
                for (due_ns, _) in &model {
                    prop_assert!(*due_ns + TICK_NS > now_ns, "late by more than a tick");
                }
            }
        }
    }
}
