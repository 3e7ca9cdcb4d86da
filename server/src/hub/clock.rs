//! Topics that a clock publishes to.

use std::rc::Rc;

use crate::core::Core;
use crate::pace::Pace;
use crate::scenario::sse::Filler;

use super::Topic;

/// How often an event is published, and of what size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Clock {
    /// In a million seconds; above 0.
    pub(crate) per_megasecond: u64,
    pub(crate) size_bytes: usize,
}

impl Clock {
    /// Publishes to `topic` at instants fixed in advance, from now on and as long as there are subscribers. What is
    /// late is published late, never skipped.
    pub(super) async fn run(self, core: Rc<Core>, topic: Topic) {
        let pace = Pace::per_megasecond(self.per_megasecond);
        let filler = Filler::of_size(self.size_bytes, 0);
        let start_ns = core.timers.clock().now_ns();
        let mut alarm = core.timers.alarm();
        for number in 1.. {
            let due_ns = start_ns.saturating_add(pace.due_ns(number));
            alarm.at(due_ns).await;
            if !core.shared.hub.keeps_clock(&topic) {
                return;
            }
            let data = filler.data(number);
            core.shared.hub.publish(&topic, None, data, due_ns).await;
        }
    }
}
