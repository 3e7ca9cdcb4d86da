//! Things made once and shared by all who hold them at the same time.

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::rc::{Rc, Weak};

use crate::scenario::Shape;
use crate::tape::Tape;

/// Tapes kept though no stream is using them, so that the next stream of their shape finds them. Making a tape is
/// filling one block, 0.1 ms as measured; 16 are more shapes than a test mixes, and 1 MiB per core at common event
/// sizes.
const TAPES_KEPT: usize = 16;

/// The tapes of one core.
#[derive(Default)]
pub(crate) struct Library {
    tapes: Shelf<Shape, Tape>,
    kept: RefCell<VecDeque<Rc<Tape>>>,
}

impl Library {
    /// The tape of `shape`.
    pub(crate) fn tape(&self, shape: &Shape) -> Rc<Tape> {
        self.tapes.find_or_make(shape, || {
            let tape = Rc::new(Tape::new(shape.script()));
            self.keep(&tape);
            tape
        })
    }

    fn keep(&self, tape: &Rc<Tape>) {
        let mut kept = self.kept.borrow_mut();
        if kept.len() == TAPES_KEPT {
            kept.pop_front();
        }
        kept.push_back(Rc::clone(tape));
    }
}

/// Finds what someone still holds.
pub(crate) struct Shelf<K, V> {
    held: RefCell<HashMap<K, Weak<V>>>,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self {
            held: RefCell::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Shelf<K, V> {
    /// What is held under `key`, or else what `make` gives.
    pub(crate) fn find_or_make(&self, key: &K, make: impl FnOnce() -> Rc<V>) -> Rc<V> {
        if let Some(found) = self.held.borrow().get(key).and_then(Weak::upgrade) {
            return found;
        }
        let made = make();
        let mut held = self.held.borrow_mut();
        // Sweeping only when the map would grow keeps it within twice what is held, at constant cost per entry.
        if held.len() == held.capacity() {
            held.retain(|_, value| value.strong_count() > 0);
        }
        held.insert(key.clone(), Rc::downgrade(&made));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_what_is_held_and_makes_anew_what_is_not() {
        let shelf = Shelf::default();
        let first = shelf.find_or_make(&1, || Rc::new("first"));
        let again = shelf.find_or_make(&1, || unreachable!("it is held"));
        assert!(Rc::ptr_eq(&first, &again));
        drop((first, again));
        assert_eq!(*shelf.find_or_make(&1, || Rc::new("second")), "second");
    }

    #[test]
    fn forgets_what_nobody_holds() {
        let shelf = Shelf::default();
        for key in 0..10_000 {
            shelf.find_or_make(&key, || Rc::new(key));
        }
        assert!(shelf.held.borrow().capacity() < 100);
    }
}
