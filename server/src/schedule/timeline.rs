//! What is due next of one stream: its events, by its pace, its draws or the steps it shares, and its heartbeats.

use weir_time::Timers;

use super::batching::{Batches, Member};
use super::jitter::{Draws, Ordinals};
use super::pace::Pace;
use super::timing::Timing;

/// What the timelines of one thread have in common.
#[derive(Default)]
pub(crate) struct Timelines {
    batches: Batches,
    ordinals: Ordinals,
}

impl Timelines {
    /// `ordinals` are those of the whole server.
    pub(crate) fn new(ordinals: Ordinals) -> Self {
        Self {
            batches: Batches::default(),
            ordinals,
        }
    }

    /// The timeline of a stream whose request was read at `start_ns`.
    pub(crate) fn begin(&self, timing: &Timing, start_ns: u64) -> Timeline {
        let first_ns = start_ns.saturating_add(timing.pace.due_ns(0));
        let course = match (timing.batching, timing.jitter) {
            (Some(batching), _) => {
                let steps = timing.pace.steps();
                let member = self.batches.join(batching, first_ns, steps);
                Course::Shared(Box::new(member))
            }
            (None, Some(jitter)) => Course::Drawn(Box::new(jitter.draws(self.ordinals.take()))),
            (None, None) => Course::Paced,
        };
        Timeline::along(course, timing, start_ns)
    }
}

/// One response in time: its events, and its heartbeats among them.
pub(crate) struct Timeline {
    pace: Pace,
    course: Course,
    start_ns: u64,
    /// Number of the next event, counted from the first one this response sends.
    number: u64,
    batch_ns: u64,
    heartbeat_ns: u64,
    heartbeat_every_ns: u64,
}

/// What the instants of events go by. Boxed, since most streams have no more than a pace.
enum Course {
    Paced,
    Drawn(Box<Draws>),
    Shared(Box<Member>),
}

/// What there is to do at an instant.
pub(crate) enum Due {
    /// For now: streams that share their steps may find that the next one is later than it was to be.
    Nothing,
    Heartbeat,
    /// So many events, or as many as there are left.
    Batch {
        due_ns: u64,
        size: u64,
    },
}

impl Timeline {
    fn along(course: Course, timing: &Timing, start_ns: u64) -> Self {
        let heartbeat_every_ns = timing.heartbeat_ns.unwrap_or(u64::MAX);
        Self {
            pace: timing.pace,
            course,
            start_ns,
            number: 0,
            batch_ns: start_ns.saturating_add(timing.pace.due_ns(0)),
            heartbeat_ns: start_ns.saturating_add(heartbeat_every_ns),
            heartbeat_every_ns,
        }
    }

    /// When there will be something to take.
    pub(crate) fn next_ns(&self) -> u64 {
        self.batch_ns.min(self.heartbeat_ns)
    }

    /// Takes what was due first. `now_ns` is not before [`Timeline::next_ns`].
    pub(crate) fn take(&mut self, now_ns: u64) -> Due {
        let due_ns = self.due_ns(now_ns);
        if self.heartbeat_ns <= due_ns.min(now_ns) {
            self.heartbeat_ns = self.heartbeat_ns.saturating_add(self.heartbeat_every_ns);
            return Due::Heartbeat;
        }
        if due_ns > now_ns {
            self.batch_ns = due_ns;
            return Due::Nothing;
        }
        let size = self.pace.batch();
        self.batch_ns = self.after_ns(size, now_ns);
        self.number += size;
        Due::Batch { due_ns, size }
    }

    /// When the next batch is due, which for shared steps is known now.
    fn due_ns(&mut self, now_ns: u64) -> u64 {
        match &mut self.course {
            Course::Shared(member) => member.look(self.pace.step(self.number), now_ns).at_ns(),
            _ if self.pace.is_unpaced() => now_ns,
            _ => self.batch_ns,
        }
    }

    /// When the batch after that one is due, which has `size` events.
    fn after_ns(&mut self, size: u64, now_ns: u64) -> u64 {
        let next = self.number + size;
        match &mut self.course {
            Course::Paced => self.start_ns.saturating_add(self.pace.due_ns(next)),
            Course::Drawn(draws) => self
                .batch_ns
                .saturating_add(draws.gap_ns(self.pace.gap_ns(self.number))),
            Course::Shared(member) => member.look(self.pace.step(next), now_ns).at_ns(),
        }
    }

    /// Completes when the last of so many events is due.
    pub(crate) async fn last_due(mut self, events: u64, timers: &Timers) {
        let mut alarm = timers.alarm();
        let (mut left, mut last_ns) = (events, self.start_ns);
        while left > 0 {
            let mut now_ns = self.next_ns();
            if let Course::Shared(_) = self.course {
                // Only these must be waited for to be known.
                now_ns = alarm.at(now_ns).await;
            }
            if let Due::Batch { due_ns, size } = self.take(now_ns) {
                left = left.saturating_sub(size);
                last_ns = due_ns;
            }
        }
        alarm.at(last_ns).await;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use weir_time::NANOS_PER_SEC;

    use super::*;
    use crate::core::thread::with_core;
    use crate::schedule::batching::Batching;

    const SECOND: u64 = NANOS_PER_SEC;

    /// All that `schedule` has due before `end_ns`, taken at that instant.
    fn take_until(timeline: &mut Timeline, end_ns: u64) -> Vec<String> {
        let mut taken = Vec::new();
        while timeline.next_ns() < end_ns {
            taken.push(match timeline.take(end_ns) {
                Due::Nothing => continue,
                Due::Heartbeat => "heartbeat".to_owned(),
                Due::Batch { due_ns, size } => format!("{size} at {}", due_ns / SECOND),
            });
        }
        taken
    }

    #[test]
    fn late_events_and_heartbeats_come_in_order_of_due_time() {
        let pace = Pace::every(SECOND).with_ttfe(SECOND);
        let timing = Timing {
            heartbeat_ns: Some(3 * SECOND / 2),
            ..Timing::paced(pace.with_batch(NonZeroU64::new(2).unwrap()))
        };
        let mut timeline = Timelines::default().begin(&timing, 10 * SECOND);
        let taken = take_until(&mut timeline, 16 * SECOND);
        // The heartbeats are due at 11.5, 13 and 14.5 s.
        let expected = [
            "2 at 11",
            "heartbeat",
            "heartbeat",
            "2 at 13",
            "heartbeat",
            "2 at 15",
        ];
        assert_eq!(taken, expected);
    }

    #[test]
    fn unpaced_events_are_due_when_they_are_taken_but_not_before_the_first_is() {
        let timing = Timing {
            heartbeat_ns: Some(2 * SECOND),
            ..Timing::paced(Pace::unpaced().with_ttfe(3 * SECOND))
        };
        let mut timeline = Timelines::default().begin(&timing, 0);
        assert_eq!(timeline.next_ns(), 2 * SECOND);
        assert!(matches!(timeline.take(2 * SECOND), Due::Heartbeat));
        assert_eq!(timeline.next_ns(), 3 * SECOND);
        let taken_ns = 3 * SECOND + 7;
        assert!(matches!(timeline.take(taken_ns), Due::Batch { due_ns, .. } if due_ns == taken_ns));
        assert_eq!(timeline.next_ns(), 3 * SECOND);
    }

    /// Of 6 events: one that leads, 3 in steps, and 2 that trail.
    fn answer(max_batch: u64) -> Timing {
        Timing {
            batching: Some(Batching {
                interval_ns: 10,
                max_batch: NonZeroU64::new(max_batch).unwrap(),
            }),
            ..Timing::paced(Pace::every(10).with_ttfe(100).with_lead(1, 3))
        }
    }

    /// The next `count` instants of `schedule`, whatever is awaited in between.
    fn instants(timeline: &mut Timeline, count: usize) -> Vec<u64> {
        let mut due_ns = Vec::new();
        while due_ns.len() < count {
            match timeline.take(timeline.next_ns()) {
                Due::Batch { due_ns: at_ns, .. } => due_ns.push(at_ns),
                Due::Nothing => {}
                Due::Heartbeat => panic!("it has none"),
            }
        }
        due_ns
    }

    #[test]
    fn streams_of_one_batch_share_their_instants_and_slow_each_other_down() {
        let timelines = Timelines::default();
        let mut all = [0, 3, 5, 9].map(|start_ns| timelines.begin(&answer(1), start_ns));
        // The first begins alone, and with its second step all of the others begin.
        let first = instants(&mut all[0], 3);
        assert_eq!(first, [100, 100, 110]);
        for other in &mut all[1..] {
            assert_eq!(instants(other, 6), [110, 110, 150, 180, 180, 180]);
        }
        assert_eq!(instants(&mut all[0], 3), [150, 150, 150]);
    }

    #[test]
    fn who_is_late_is_due_when_its_steps_were() {
        let mut late = Timelines::default().begin(&answer(1), 0);
        let mut taken = Vec::new();
        for _ in 0..6 {
            if let Due::Batch { due_ns, .. } = late.take(1_000) {
                taken.push(due_ns);
            }
        }
        assert_eq!(taken, [100, 100, 110, 120, 120, 120]);
    }

    #[test]
    fn the_last_event_is_due_when_a_stream_would_send_it() {
        with_core(async |core| {
            let start_ns = core.timers.clock().now_ns();
            let pace = Pace::every(1_000_000).with_ttfe(2_000_000);
            let mut timings = [pace, pace.with_lead(1, 2), pace.with_lead(0, 4)].map(Timing::paced);
            timings[2].batching = Some(Batching {
                interval_ns: 1_000_000,
                max_batch: NonZeroU64::MIN,
            });
            for (timing, after_ms) in timings.iter().zip([5, 3, 5]) {
                let timeline = Timelines::default().begin(timing, start_ns);
                timeline.last_due(4, &core.timers).await;
                assert!(core.timers.clock().now_ns() >= start_ns + after_ms * 1_000_000);
            }
            let slow = Timing::paced(Pace::every(1_000 * SECOND));
            let slow = Timelines::default().begin(&slow, start_ns);
            let soon = std::time::Duration::from_millis(20);
            let outcome = tokio::time::timeout(soon, slow.last_due(2, &core.timers)).await;
            assert!(outcome.is_err());
        });
    }
}
