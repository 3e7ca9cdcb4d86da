//! Things made once and shared by all who hold them at the same time.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::rc::{Rc, Weak};

/// Finds what someone still holds.
pub(crate) struct Cache<K, V> {
    held: RefCell<HashMap<K, Weak<V>>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self {
            held: RefCell::default(),
        }
    }
}

impl<K: Clone + Eq + Hash, V> Cache<K, V> {
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
        let cache = Cache::default();
        let first = cache.find_or_make(&1, || Rc::new("first"));
        let again = cache.find_or_make(&1, || unreachable!("it is held"));
        assert!(Rc::ptr_eq(&first, &again));
        drop((first, again));
        assert_eq!(*cache.find_or_make(&1, || Rc::new("second")), "second");
    }

    #[test]
    fn forgets_what_nobody_holds() {
        let cache = Cache::default();
        for key in 0..10_000 {
            cache.find_or_make(&key, || Rc::new(key));
        }
        assert!(cache.held.borrow().capacity() < 100);
    }
}
