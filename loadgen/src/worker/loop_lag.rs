//! How late this worker wakes, whatever the target does.

use std::cell::Cell;
use std::rc::Rc;

use weir_time::Alarm;

use crate::measure::{Cohort, Metric};
use crate::stream::Context;

/// A wake-up each millisecond: about a thousandth of a core.
const TICK_NS: u64 = 1_000_000;

/// The wake-ups of one worker inside the window.
pub(super) struct LoopLag {
    context: Rc<Context>,
    next_ns: Cell<u64>,
}

impl LoopLag {
    pub(super) fn new(context: &Rc<Context>) -> Self {
        let start_ns = context.recorder.borrow().window().start_ns;
        Self {
            context: Rc::clone(context),
            next_ns: Cell::new(start_ns),
        }
    }

    /// Wakes at each of them that is not overslept.
    pub(super) async fn keep(&self, mut alarm: Alarm) {
        while self.next_ns.get() <= self.end_ns() {
            let now_ns = alarm.at(self.next_ns.get()).await;
            self.catch_up(now_ns);
        }
    }

    fn end_ns(&self) -> u64 {
        self.context.recorder.borrow().window().end_ns
    }

    /// Records by how much each wake-up until now was overslept, in the interval in which it was due; of a long sleep every one in it.
    pub(super) fn catch_up(&self, now_ns: u64) {
        let mut recorder = self.context.recorder.borrow_mut();
        let end_ns = recorder.window().end_ns;
        let mut next_ns = self.next_ns.get();
        while next_ns <= now_ns.min(end_ns) {
            recorder.record(Cohort::FIRST, next_ns, Metric::LoopLag, now_ns - next_ns);
            next_ns += TICK_NS;
        }
        self.next_ns.set(next_ns);
    }
}
