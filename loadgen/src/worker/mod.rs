//! One thread of the generator: its runtime, its share of the streams, its record.

mod loop_lag;
mod population;
mod shipping;
mod streams;

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::{JoinError, JoinSet, LocalSet};
use weir_time::{Alarm, Clock, RUNTIME_EVENT_INTERVAL, Timers};

use self::loop_lag::LoopLag;
use self::population::Population;
use self::streams::Streams;
use crate::load::{Admission, Offered};
use crate::measure::{
    CpuTime, DueSource, IntervalShard, OpenStreams, Recorder, SeenPeriods, SequenceSource,
    StreamSetup, Truth, Window,
};
use crate::plan::Plan;
use crate::stream::Context;
use crate::transport::{Client, ReadBuffer};

/// How long what is on its way when the window ends is waited for. A server that goes on all the same is cut off: one of which no
/// stream ends meanwhile. Where two cores end 200,000 streams, they take longer (`scripts/many-streams.py`).
const DRAIN: Duration = Duration::from_secs(1);

/// So many times at most.
const DRAINS_MAX: usize = 10;

/// What a worker is given.
pub(crate) struct Assignment {
    pub(crate) index: usize,
    pub(crate) plan: Arc<Plan>,
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    /// When the first stream may start.
    pub(crate) begin_ns: u64,
    pub(crate) window: Window,
    pub(crate) admission: Arc<Admission>,
    pub(crate) open_streams: Arc<OpenStreams>,
    pub(crate) shipments: mpsc::UnboundedSender<Shipment>,
    /// Becomes true when the window has ended, or is to end now.
    pub(crate) stop: watch::Receiver<bool>,
}

/// What a worker sends while it works.
#[derive(Debug)]
pub(crate) enum Shipment {
    /// Its part of an interval, in their order.
    Interval(IntervalShard),
    /// It is no more, and this is what it died of.
    Panicked(String),
    /// It could not begin, and brings back why.
    Failed,
}

/// What a worker brings back at its end, beside the intervals that it shipped.
pub(crate) struct WorkerResult {
    /// What sequences were told by.
    pub(crate) sequence: SequenceSource,
    /// What deliveries were counted from.
    pub(crate) due: DueSource,
    /// What periods streams without stamps were seen to have.
    pub(crate) seen_periods: SeenPeriods,
    /// Whether every read carried a kernel receive time.
    pub(crate) kernel_rx: bool,
    /// By so much, at least, the server's clock is ahead.
    pub(crate) server_ahead_ns: u64,
    /// When the last stream was begun; 0 without one.
    pub(crate) last_start_ns: u64,
    /// Of a calibration.
    pub(crate) truth: Option<Box<Truth>>,
    /// What the load asked for.
    pub(crate) offered: Offered,
    /// Its thread's processor time inside the window.
    pub(crate) cpu: CpuTime,
    /// When its window ended: as planned, or when it saw the stop or its last stream ended, if that was sooner.
    pub(crate) ended_ns: u64,
}

/// Runs a worker to its end on the calling thread.
///
/// # Errors
/// When the runtime or its timers cannot be made.
///
/// # Panics
/// When one of its tasks does.
pub(crate) fn run(assignment: &Assignment) -> io::Result<WorkerResult> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .event_interval(RUNTIME_EVENT_INTERVAL)
        .build()?;
    let tasks = LocalSet::new();
    let context = {
        let _inside = runtime.enter();
        Rc::new(context(assignment)?)
    };
    let cpu_before = Rc::new(Cell::new(CpuTime::of_thread()));
    let offered = RefCell::new(Offered::NOTHING);
    let live = live(assignment, &context, &cpu_before, &offered);
    let (ended_ns, cpu_after) = runtime.block_on(tasks.run_until(live))?;
    let mut recorder = context.recorder.borrow_mut();
    for shard in recorder.finish() {
        // The coordinator outlives its workers; if it is gone nobody reads intervals.
        let _unread = assignment.shipments.send(Shipment::Interval(shard));
    }
    let cpu = if ended_ns < assignment.window.start_ns {
        CpuTime::default()
    } else {
        cpu_after.since(cpu_before.get())
    };
    Ok(WorkerResult {
        sequence: recorder.sequence,
        due: recorder.due,
        seen_periods: recorder.seen_periods,
        kernel_rx: recorder.kernel_rx,
        server_ahead_ns: recorder.server_ahead_ns,
        last_start_ns: recorder.last_start_ns,
        truth: recorder.truth.take(),
        offered: offered.into_inner(),
        cpu,
        ended_ns,
    })
}

fn context(assignment: &Assignment) -> io::Result<Context> {
    let Assignment {
        plan,
        addr,
        clock,
        begin_ns,
        window,
        ..
    } = assignment;
    let mut recorder = Recorder::new(*begin_ns, *window, plan.load.cohorts().len());
    recorder.truth = plan.truth.then(Box::default);
    Ok(Context {
        client: Client::new(plan, *addr, *clock)?,
        clock: *clock,
        timeouts: plan.timeouts,
        setup: StreamSetup {
            events_max: plan.events_per_stream.unwrap_or(u64::MAX),
            expect_interval: plan.expect_interval,
            is_resumed: plan.request.has("last-event-id"),
            truth: plan.truth,
        },
        open_streams: Arc::clone(&assignment.open_streams),
        buffer: RefCell::new(ReadBuffer::new()),
        recorder: RefCell::new(recorder),
        draining: Cell::new(false),
        drain_begins: Notify::new(),
    })
}

/// Keeps this worker's share of the population until the stop, or until it has had its last stream, and drains it. Says
/// when the window ended, and what processor time the thread had used by then.
async fn live(
    assignment: &Assignment,
    context: &Rc<Context>,
    cpu_before: &Rc<Cell<CpuTime>>,
    offered: &RefCell<Offered>,
) -> io::Result<(u64, CpuTime)> {
    let Assignment { clock, window, .. } = assignment;
    let timers = Timers::new(*clock)?;
    let loop_lag = Rc::new(LoopLag::new(context));
    let Assignment {
        admission, plan, ..
    } = assignment;
    let streams = Streams::new(context, admission, plan.load);
    let streams = Rc::new(RefCell::new(streams));
    let mut beside = beside(assignment, context, cpu_before, &timers, &loop_lag);
    beside.spawn_local(streams::drive(Rc::clone(&streams), timers.alarm()));
    let mut stop = assignment.stop.clone();
    let population = Population {
        assignment,
        context,
        timers: &timers,
        offered,
        streams: &streams,
    };
    let mut population = pin!(population.live());
    let is_over = loop {
        tokio::select! {
            // The coordinator does not go away before its workers.
            _stopped = stop.wait_for(|stopped| *stopped) => break false,
            () = population.as_mut() => break true,
            Some(ended) = beside.join_next() => unharmed(ended)??,
        }
    };
    let cpu_after = CpuTime::of_thread();
    let ended_ns = window.end_ns.min(clock.now_ns());
    context.drain(ended_ns);
    streams.borrow().end_requests();
    // A worker that never came round to its ticks overslept all of them.
    loop_lag.catch_up(clock.now_ns());
    if !is_over {
        admission.close();
        drain(population, &streams, &mut beside).await?;
    }
    streams.borrow_mut().cut();
    Ok((ended_ns, cpu_after))
}

/// Waits for streams to end, as long as they do.
async fn drain(
    population: Pin<&mut impl Future<Output = ()>>,
    streams: &RefCell<Streams>,
    beside: &mut JoinSet<io::Result<()>>,
) -> io::Result<()> {
    let mut over = pin!(until_over(population, beside));
    for _ in 0..DRAINS_MAX {
        let open = streams.borrow().len();
        if let Ok(drained) = tokio::time::timeout(DRAIN, over.as_mut()).await {
            return drained;
        }
        if streams.borrow().len() == open {
            break;
        }
    }
    Ok(())
}

/// Waits for what ends, while nothing of what runs beside it fails.
async fn until_over(
    mut over: Pin<&mut impl Future<Output = ()>>,
    beside: &mut JoinSet<io::Result<()>>,
) -> io::Result<()> {
    loop {
        tokio::select! {
            () = over.as_mut() => return Ok(()),
            Some(ended) = beside.join_next() => unharmed(ended)??,
        }
    }
}

/// What a worker does beside its streams: some of it ends on its way, nothing of it may fail.
fn beside(
    assignment: &Assignment,
    context: &Rc<Context>,
    cpu_before: &Rc<Cell<CpuTime>>,
    timers: &Timers,
    loop_lag: &Rc<LoopLag>,
) -> JoinSet<io::Result<()>> {
    let mut beside = JoinSet::new();
    let driver = timers.clone();
    beside.spawn_local(async move { driver.run().await });
    let start_ns = assignment.window.start_ns;
    let mark = mark_start(timers.alarm(), start_ns, Rc::clone(cpu_before));
    beside.spawn_local(async {
        mark.await;
        Ok(())
    });
    let ship = shipping::ship_intervals(
        Rc::clone(context),
        assignment.clock,
        assignment.begin_ns,
        timers.alarm(),
        assignment.shipments.clone(),
    );
    beside.spawn_local(async {
        ship.await;
        Ok(())
    });
    let (loop_lag, alarm) = (Rc::clone(loop_lag), timers.alarm());
    beside.spawn_local(async move {
        loop_lag.keep(alarm).await;
        Ok(())
    });
    beside
}

/// What a task came to; its panic goes on here.
fn unharmed<T>(ended: Result<T, JoinError>) -> io::Result<T> {
    ended.map_err(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(cancelled) => io::Error::other(cancelled),
    })
}

/// Marks what processor time the thread had used at the window's start.
async fn mark_start(mut alarm: Alarm, start_ns: u64, cpu_before: Rc<Cell<CpuTime>>) {
    alarm.at(start_ns).await;
    cpu_before.set(CpuTime::of_thread());
}
