//! One worker's share of the streams, as the load model starts them.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use weir_time::{Alarm, Timers, nanoseconds};

use super::Assignment;
use crate::load::{Arrivals, ClosedPopulation};
use crate::stream::{self, Context};

/// After a failure a place waits before its next stream, twice as long with each failure in a row: a target that
/// refuses is asked again soon, but not in a loop that takes the whole processor.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Starts streams, and completes when no more are to be started and all have ended.
pub(super) async fn live(assignment: &Assignment, context: &Rc<Context>, timers: &Timers) {
    match assignment.plan.arrivals {
        None => keep_places(assignment, context, timers).await,
        Some(arrivals) => let_arrive(arrivals, assignment, context, timers).await,
    }
}

/// The closed model: so many places, each with one stream after the other.
async fn keep_places(assignment: &Assignment, context: &Rc<Context>, timers: &Timers) {
    let plan = &assignment.plan;
    let population = ClosedPopulation {
        streams: plan.streams,
        over: plan.opening,
        seed: plan.seed,
    };
    let mut places = JoinSet::new();
    for start_ns in population.starts_ns(assignment.index, plan.threads) {
        let first_ns = assignment.begin_ns + start_ns;
        places.spawn_local(keep_place(Rc::clone(context), timers.alarm(), first_ns));
    }
    places.join_all().await;
}

/// One place of a closed population: a stream, and when it ends the next one.
async fn keep_place(context: Rc<Context>, mut alarm: Alarm, first_ns: u64) {
    let mut intended_ns = first_ns;
    let mut failures: u32 = 0;
    loop {
        tokio::select! {
            _ = alarm.at(intended_ns) => {}
            () = context.gauge.tickets_used_up() => return,
        }
        if !context.gauge.take_ticket() {
            return;
        }
        let completed = stream::run(&context, intended_ns, &mut alarm).await;
        failures = if completed {
            0
        } else {
            failures.saturating_add(1)
        };
        if failures == 1 {
            context.gauge.fails();
        }
        intended_ns = context.clock.now_ns() + pause_ns(failures);
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

/// The open model: each stream starts at its instant, or as soon after it as there is room below the cap. Those that
/// wait for room start in their order, and what each waits counts, since its instant does not move.
async fn let_arrive(
    arrivals: Arrivals,
    assignment: &Assignment,
    context: &Rc<Context>,
    timers: &Timers,
) {
    let mut alarm = timers.alarm();
    let (plan, worker) = (&assignment.plan, assignment.index);
    let mut streams = JoinSet::new();
    for start_ns in arrivals.starts_ns(plan.seed, worker, plan.threads) {
        let intended_ns = assignment.begin_ns.saturating_add(start_ns);
        if intended_ns >= assignment.window.end_ns {
            // The run goes on until then, even if all streams end before.
            context.gauge.tickets_used_up().await;
            break;
        }
        let is_to_start = tokio::select! {
            () = wait_for_room(&mut alarm, intended_ns, context) => true,
            () = context.gauge.tickets_used_up() => false,
        };
        if !is_to_start || !context.gauge.take_ticket() {
            break;
        }
        let (context, mut alarm) = (Rc::clone(context), timers.alarm());
        streams.spawn_local(async move {
            if !stream::run(&context, intended_ns, &mut alarm).await {
                context.gauge.fails();
            }
            context.gauge.make_room();
        });
        while streams.try_join_next().is_some() {}
    }
    streams.join_all().await;
}

/// Waits for a stream's instant, and then until there is room for it, which it takes.
async fn wait_for_room(alarm: &mut Alarm, intended_ns: u64, context: &Context) {
    alarm.at(intended_ns).await;
    if !context.gauge.try_take_room() {
        context.recorder.borrow_mut().counters.streams_held += 1;
        context.gauge.take_room().await;
    }
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
