//! One worker's share of the streams, as the load starts them.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use weir_time::{Alarm, Timers};

use super::Assignment;
use super::streams::Streams;
use crate::load::{Offered, Start};
use crate::stream::Context;

/// Starts the streams of one worker.
pub(super) struct Population<'a> {
    pub(super) assignment: &'a Assignment,
    pub(super) context: &'a Rc<Context>,
    pub(super) timers: &'a Timers,
    /// What the load asked for, as far as it has come.
    pub(super) offered: &'a RefCell<Offered>,
    pub(super) streams: &'a RefCell<Streams>,
}

impl Population<'_> {
    /// Starts streams, and completes when no more are to be started and all have ended.
    pub(super) async fn live(self) {
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
            let is_going_on = self.wait_for(start, &mut alarm).await;
            if !is_going_on || !load.is_closed() && !self.assignment.admission.take_ticket() {
                break Some(start);
            }
            self.begin(start);
            // Those that are open have their turn, however many are to be opened.
            tokio::task::yield_now().await;
        };
        if !load.is_closed() {
            if unstarted.is_some() {
                // Another worker may have seen the stop first: only then is it known when the window of this one ended.
                self.context.drained().await;
            }
            self.settle(unstarted, starts);
        }
        self.all_ended().await;
    }

    /// Waits for a stream's instant, and in the open model until the cap allows it. Says whether the load still goes on then.
    async fn wait_for(&self, start: Start, alarm: &mut Alarm) -> bool {
        tokio::select! {
            biased;
            () = self.assignment.admission.closed() => false,
            () = due(start, alarm, self.assignment, self.context) => true,
        }
    }

    fn begin(&self, start: Start) {
        let window = self.context.recorder.borrow().window();
        self.offered.borrow_mut().count(start.at_ns, window);
        self.streams.borrow_mut().begin(start);
    }

    async fn all_ended(&self) {
        let emptied = self.streams.borrow().emptied();
        let mut closed = pin!(self.assignment.admission.closed());
        let mut is_closed = false;
        while !self.streams.borrow().is_empty() {
            tokio::select! {
                () = emptied.notified() => {}
                () = closed.as_mut(), if !is_closed => {
                    is_closed = true;
                    self.streams.borrow_mut().leave_waiting();
                }
            }
        }
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
