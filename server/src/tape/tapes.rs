//! The tapes of one core, shared by the streams of a shape.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::encoded::Tape;
use super::shape::AnyShape;
use crate::cache::Cache;

/// Tapes kept though no stream is using them, so that the next stream of their shape finds them. Making a tape is
/// filling one block, 0.1 ms as measured; 16 are more shapes than a test mixes, and 1 MiB per core at common event
/// sizes.
const TAPES_KEPT: usize = 16;

/// The tapes of one core.
#[derive(Default)]
pub(crate) struct Tapes {
    tapes: Cache<AnyShape, Tape>,
    kept: RefCell<VecDeque<Rc<Tape>>>,
}

impl Tapes {
    /// The tape of `shape`.
    pub(crate) fn tape(&self, shape: &AnyShape) -> Rc<Tape> {
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
