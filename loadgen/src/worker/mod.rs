//! One thread of the generator: its runtime, its share of the streams, its record.

mod loop_lag;
mod population;

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use weir_time::{Alarm, Clock, NANOS_PER_SEC, Timers};

use self::loop_lag::Ticks;
use crate::load::Gauge;
use crate::measure::{CpuTime, IntervalShard, Recorder, Window};
use crate::plan::Plan;
use crate::stream::Context;

/// The length of an interval of the report.
pub(crate) const INTERVAL_NS: u64 = NANOS_PER_SEC;

/// How often the runtime looks for what has come and what is due: after each turn of the `LocalSet`, which is 61 tasks.
/// The usual interval is 61 turns, in which an overloaded worker reads 3,721 sockets and then wakes for what was due
/// a third of a second ago.
const TURNS_OF_TASKS: u32 = 1;

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
        .event_interval(TURNS_OF_TASKS)
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
    let cpu = if ended_ns < window.start_ns {
        CpuTime::default()
    } else {
        cpu_after.since(cpu_before.get())
    };
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
    let ticks = Rc::new(Ticks::new(context));
    let (kept, alarm) = (Rc::clone(&ticks), timers.alarm());
    tokio::task::spawn_local(async move { kept.keep(alarm).await });
    let mut stop = assignment.stop.clone();
    let mut population = pin!(population::live(assignment, context, &timers));
    let is_over = tokio::select! {
        // The coordinator does not go away before its workers.
        _stopped = stop.wait_for(|stopped| *stopped) => false,
        () = population.as_mut() => true,
    };
    let cpu_after = CpuTime::of_thread();
    let ended_ns = assignment.window.end_ns.min(assignment.clock.now_ns());
    context.gauge.begin_no_more();
    context.drain(ended_ns);
    // A worker that never came round to its ticks overslept all of them.
    ticks.catch_up(assignment.clock.now_ns());
    if !is_over {
        let _late = tokio::time::timeout(DRAIN, population).await;
    }
    Ok((ended_ns, cpu_after))
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
