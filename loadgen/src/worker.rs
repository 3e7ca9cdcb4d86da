//! One thread of the generator: its runtime, its share of the streams, its record.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use weir_time::{Alarm, Clock, NANOS_PER_SEC, Timers, nanoseconds};

use crate::gauge::Gauge;
use crate::load::ClosedPopulation;
use crate::measure::{CpuTime, IntervalShard, Recorder, Window};
use crate::plan::Plan;
use crate::stream::{self, Context};

/// The length of an interval of the report.
pub(crate) const INTERVAL_NS: u64 = NANOS_PER_SEC;

/// After a failure a place waits before its next stream, twice as long with each failure in a row: a target that
/// refuses is asked again soon, but not in a loop that takes the whole processor.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How long what is on its way when the window ends is waited for. A server that goes on all the same is cut off.
const DRAIN: Duration = Duration::from_secs(1);

/// What a worker is given.
pub(crate) struct Assignment {
    pub(crate) index: usize,
    pub(crate) plan: Arc<Plan>,
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    /// When the first stream may start.
    pub(crate) begin_ns: u64,
    pub(crate) window: Window,
    pub(crate) gauge: Arc<Gauge>,
    pub(crate) intervals: mpsc::UnboundedSender<IntervalShard>,
    /// Becomes true when the window has ended, or is to end now.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What a worker brings back.
pub(crate) struct Yield {
    pub(crate) recorder: Recorder,
    /// Its thread's processor time inside the window.
    pub(crate) cpu: CpuTime,
    /// When its window ended: as planned, or when it saw the stop or its last stream ended, if that was sooner.
    pub(crate) ended_ns: u64,
}

/// Runs a worker to its end on the calling thread.
///
/// # Errors
/// When the runtime or its timers cannot be made.
pub(crate) fn run(assignment: &Assignment) -> io::Result<Yield> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let streams = LocalSet::new();
    let Assignment {
        plan,
        addr,
        clock,
        gauge,
        window,
        ..
    } = assignment;
    let context = Rc::new(Context::new(plan, *addr, *clock, gauge, *window));
    let cpu_before = Rc::new(Cell::new(CpuTime::of_thread()));
    let live = live(assignment, &context, &cpu_before);
    let (ended_ns, cpu_after) = runtime.block_on(streams.run_until(live))?;
    // Streams that are still open are dropped here, and account for themselves.
    drop(streams);
    let mut recorder = context.take_recorder();
    // The coordinator outlives its workers; if it is gone nobody reads intervals.
    let _unread = assignment.intervals.send(recorder.last_interval());
    let cpu = cpu_after.since(cpu_before.get());
    Ok(Yield {
        recorder,
        cpu,
        ended_ns,
    })
}

/// Keeps this worker's share of the population until the stop, or until it has had its last stream, and drains it. Says
/// when the window ended, and what processor time the thread had used by then.
async fn live(
    assignment: &Assignment,
    context: &Rc<Context>,
    cpu_before: &Rc<Cell<CpuTime>>,
) -> io::Result<(u64, CpuTime)> {
    let timers = Timers::new(assignment.clock)?;
    let driver = timers.clone();
    tokio::task::spawn_local(async move { driver.run().await });
    let (context_there, cpu_there) = (Rc::clone(context), Rc::clone(cpu_before));
    let intervals = assignment.intervals.clone();
    tokio::task::spawn_local(keep_intervals(
        context_there,
        timers.alarm(),
        cpu_there,
        intervals,
    ));
    let mut stop = assignment.stop.clone();
    let mut population = pin!(populate(assignment, context, &timers));
    let is_over = tokio::select! {
        // The coordinator does not go away before its workers.
        _stopped = stop.wait_for(|stopped| *stopped) => false,
        () = population.as_mut() => true,
    };
    let cpu_after = CpuTime::of_thread();
    let ended_ns = assignment.window.end_ns.min(assignment.clock.now_ns());
    context.gauge.begin_no_more();
    context.drain(ended_ns);
    if !is_over {
        let _late = tokio::time::timeout(DRAIN, population).await;
    }
    Ok((ended_ns, cpu_after))
}

/// Starts this worker's share of the population, and completes when every place of it has had its last stream.
async fn populate(assignment: &Assignment, context: &Rc<Context>, timers: &Timers) {
    let Plan {
        streams,
        warmup,
        seed,
        threads,
        ..
    } = *assignment.plan;
    let population = ClosedPopulation {
        streams,
        over: warmup,
        seed,
    };
    let mut places = JoinSet::new();
    for start_ns in population.starts_ns(assignment.index, threads) {
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
        let completed = stream::run(&context, intended_ns).await;
        failures = if completed {
            0
        } else {
            failures.saturating_add(1)
        };
        if failures == 1 {
            context.gauge.place_fails();
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

/// Marks the window's start, and ships an interval at the end of each but the last, which ends with the window and is
/// shipped after the drain.
async fn keep_intervals(
    context: Rc<Context>,
    mut alarm: Alarm,
    cpu_before: Rc<Cell<CpuTime>>,
    intervals: mpsc::UnboundedSender<IntervalShard>,
) {
    let window = context.recorder.borrow().window;
    alarm.at(window.start_ns).await;
    cpu_before.set(CpuTime::of_thread());
    let mut boundary_ns = window.start_ns.saturating_add(INTERVAL_NS);
    while boundary_ns < window.end_ns {
        alarm.at(boundary_ns).await;
        if context.is_draining() {
            return;
        }
        let shard = context.recorder.borrow_mut().next_interval();
        if intervals.send(shard).is_err() {
            return;
        }
        boundary_ns = boundary_ns.saturating_add(INTERVAL_NS);
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
