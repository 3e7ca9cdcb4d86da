//! One worker's share of the streams, as the load starts them.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use weir_time::{Alarm, Timers, nanoseconds};

use super::{Assignment, unharmed};
use crate::load::{Admission, Offered, Start};
use crate::stream::{self, Context};

/// After a failure a place waits before its next stream, twice as long with each failure in a row: a target that
/// refuses is asked again soon, but not in a loop that takes the whole processor.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The streams of one worker.
pub(super) struct Population<'a> {
    assignment: &'a Assignment,
    context: &'a Rc<Context>,
    timers: &'a Timers,
    /// What the load asked for, as far as it has come.
    offered: &'a RefCell<Offered>,
    streams: JoinSet<()>,
}

impl<'a> Population<'a> {
    pub(super) fn new(
        assignment: &'a Assignment,
        context: &'a Rc<Context>,
        timers: &'a Timers,
        offered: &'a RefCell<Offered>,
    ) -> Self {
        Self {
            assignment,
            context,
            timers,
            offered,
            streams: JoinSet::new(),
        }
    }

    /// Starts streams, and completes when no more are to be started and all have ended.
    ///
    /// # Panics
    /// When the task of a stream does: a place that is never given back would make another load of it than was asked for.
    pub(super) async fn live(mut self) {
        let Assignment {
            index,
            plan,
            begin_ns,
            ..
        } = self.assignment;
        let load = plan.load;
        let mut alarm = self.timers.alarm();
        let mut starts = load.starts(*index, plan.threads).map(|start| Start {
            at_ns: begin_ns.saturating_add(start.at_ns),
            ..start
        });
        let unstarted = loop {
            let Some(start) = starts.next() else {
                break None;
            };
            // An arrival that is begun has its ticket: whatever comes before its task has its turn, it starts.
            let is_going_on = self.wait_for(start, &mut alarm).await;
            if !is_going_on || !load.is_closed() && !self.assignment.admission.take_ticket() {
                break Some(start);
            }
            self.begin(start);
        };
        if !load.is_closed() {
            if unstarted.is_some() {
                // Another worker may have seen the stop first: only then is it known when the window of this one ended.
                self.context.drained().await;
            }
            self.settle(unstarted, starts);
        }
        while let Some(ended) = self.streams.join_next().await {
            passed_on(ended);
        }
    }

    /// Waits for a stream's instant, and in the open model until the cap allows it. Says whether the load still goes on then.
    async fn wait_for(&mut self, start: Start, alarm: &mut Alarm) -> bool {
        let admission = &self.assignment.admission;
        let mut due = pin!(due(start, alarm, self.assignment, self.context));
        loop {
            tokio::select! {
                biased;
                () = admission.closed() => return false,
                () = &mut due => return true,
                Some(ended) = self.streams.join_next() => passed_on(ended),
            }
        }
    }

    fn begin(&mut self, start: Start) {
        let Assignment {
            admission, plan, ..
        } = self.assignment;
        let window = self.context.recorder.borrow().window();
        self.offered.borrow_mut().count(start.at_ns, window);
        let place = Place {
            context: Rc::clone(self.context),
            admission: Arc::clone(admission),
            alarm: self.timers.alarm(),
            is_followed: plan.load.is_closed(),
        };
        self.streams.spawn_local(place.keep(start));
    }

    /// Counts the arrivals that were to start before the end of the window and did not, of which `first` is the first.
    fn settle(&self, first: Option<Start>, rest: impl Iterator<Item = Start>) {
        let mut offered = self.offered.borrow_mut();
        let mut recorder = self.context.recorder.borrow_mut();
        let window = recorder.window();
        offered.is_whole = first.is_none();
        let missed = first.into_iter().chain(rest);
        for start in missed.take_while(|start| start.at_ns < window.end_ns) {
            offered.count(start.at_ns, window);
            recorder.unstarted(start.cohort, window.end_ns - start.at_ns);
        }
    }
}

/// Waits for a stream's instant, and in the open model until fewer streams are open than the cap allows. Those that wait for that start in
/// their order, and what each waits counts, since its instant does not move.
async fn due(start: Start, alarm: &mut Alarm, assignment: &Assignment, context: &Context) {
    if start.at_ns >= assignment.window.end_ns {
        // The run goes on until then, even if all streams end before.
        return std::future::pending().await;
    }
    alarm.at(start.at_ns).await;
    let admission = &assignment.admission;
    if !assignment.plan.load.is_closed() && !admission.try_take_room() {
        let now_ns = context.clock.now_ns();
        context.recorder.borrow_mut().held(start.cohort, now_ns);
        admission.take_room().await;
    }
}

/// Where one stream is, and in the closed model one after the other.
struct Place {
    context: Rc<Context>,
    admission: Arc<Admission>,
    alarm: Alarm,
    is_followed: bool,
}

impl Place {
    /// Not an `async fn`, which would have room for its arguments twice.
    fn keep(self, start: Start) -> impl Future<Output = ()> {
        let (mut place, mut start) = (self, start);
        async move {
            let mut failures: u32 = 0;
            while !place.is_followed || place.admission.take_ticket() {
                let is_ok = stream::run(&place.context, &start, &mut place.alarm).await;
                failures = if is_ok { 0 } else { failures.saturating_add(1) };
                if failures == 1 {
                    place.admission.fails();
                }
                if !place.is_followed {
                    return place.admission.make_room();
                }
                start.at_ns = place.context.clock.now_ns() + pause_ns(failures);
                tokio::select! {
                    _ = place.alarm.at(start.at_ns) => {}
                    () = place.admission.closed() => return,
                }
            }
        }
    }
}

fn pause_ns(failures: u32) -> u64 {
    let Some(doublings) = failures.checked_sub(1) else {
        return 0;
    };
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings.min(16))
        .min(LONGEST_PAUSE);
    nanoseconds(pause)
}

fn passed_on(ended: Result<(), JoinError>) {
    // Nobody cancels a stream's task but the end of the thread.
    let _cancelled = unharmed(ended);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_second() {
        let pauses_ms: Vec<u64> = (0..10)
            .map(|failures| pause_ns(failures) / 1_000_000)
            .collect();
        assert_eq!(pauses_ms, [0, 10, 20, 40, 80, 160, 320, 640, 1_000, 1_000]);
        assert_eq!(pause_ns(u32::MAX), 1_000_000_000);
    }
}
