//! One thread of the generator: its runtime, its share of the streams, its record.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::{JoinSet, LocalSet};
use weir_time::{Alarm, Clock, NANOS_PER_SEC, Timers};

use crate::load::ClosedPopulation;
use crate::measure::{CpuTime, IntervalShard, Recorder, Window};
use crate::plan::Plan;
use crate::stream;
use crate::transport::ReadBuffer;

/// The length of an interval of the report.
pub(crate) const INTERVAL_NS: u64 = NANOS_PER_SEC;

/// After a failure a place waits before its next stream, twice as long with each failure in a row: a target that
/// refuses is asked again soon, but not in a loop that takes the whole processor.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What all workers share: touched when a stream begins or ends, never by an event.
#[derive(Debug)]
pub(crate) struct Gauge {
    open: AtomicU64,
    peak: AtomicU64,
    established: AtomicU64,
    failed: AtomicU64,
    /// Streams that may still be begun.
    tickets: AtomicU64,
}

impl Gauge {
    pub(crate) fn new(total_streams: Option<u64>) -> Self {
        Self {
            open: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            established: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            tickets: AtomicU64::new(total_streams.unwrap_or(u64::MAX)),
        }
    }

    pub(crate) fn opened(&self) {
        self.established.fetch_add(1, Ordering::Relaxed);
        let open = self.open.fetch_add(1, Ordering::Relaxed) + 1;
        self.peak.fetch_max(open, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// Whether so many streams have failed while none was ever established.
    pub(crate) fn hopeless(&self, failures: u64) -> bool {
        self.established.load(Ordering::Relaxed) == 0
            && self.failed.load(Ordering::Relaxed) >= failures
    }

    /// Takes one of the streams that may still be begun.
    fn take_ticket(&self) -> bool {
        self.tickets
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(1)
            })
            .is_ok()
    }
}

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
    /// Becomes the instant at which the window ended.
    pub(crate) stop: watch::Receiver<Option<u64>>,
}

/// What a worker brings back.
pub(crate) struct Yield {
    pub(crate) recorder: Recorder,
    /// Its thread's processor time inside the window.
    pub(crate) cpu: CpuTime,
    /// When its last stream ended, if all did before the stop.
    pub(crate) ended_ns: u64,
}

/// What the streams of one thread share.
pub(crate) struct Worker {
    pub(crate) plan: Arc<Plan>,
    pub(crate) addr: SocketAddr,
    pub(crate) clock: Clock,
    pub(crate) gauge: Arc<Gauge>,
    /// The request's bytes, the same for every stream.
    pub(crate) request: Vec<u8>,
    pub(crate) buffer: RefCell<ReadBuffer>,
    pub(crate) recorder: RefCell<Recorder>,
    /// Processor time when the window began.
    cpu_before: RefCell<CpuTime>,
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
    let mut stop = assignment.stop.clone();
    let (worker, ended_ns) = runtime.block_on(streams.run_until(async {
        let timers = Timers::new(assignment.clock)?;
        let driver = timers.clone();
        tokio::task::spawn_local(async move { driver.run().await });
        let worker = Rc::new(Worker::new(assignment));
        tokio::task::spawn_local(keep_intervals(
            Rc::clone(&worker),
            timers.alarm(),
            assignment.intervals.clone(),
        ));
        let population = populate(assignment, &worker, &timers);
        let ended_ns = tokio::select! {
            stopped = stop.wait_for(Option::is_some) => stopped.ok().and_then(|end_ns| *end_ns),
            () = population => None,
        };
        io::Result::Ok((
            worker,
            ended_ns.unwrap_or_else(|| assignment.clock.now_ns()),
        ))
    }))?;
    worker.recorder.borrow_mut().window.end_ns = ended_ns;
    // Streams that are still open are dropped here, and account for themselves.
    drop(streams);
    Ok(worker.finish(ended_ns, &assignment.intervals))
}

impl Worker {
    fn new(assignment: &Assignment) -> Self {
        Self {
            plan: Arc::clone(&assignment.plan),
            addr: assignment.addr,
            clock: assignment.clock,
            gauge: Arc::clone(&assignment.gauge),
            request: assignment.plan.request.wire(&assignment.plan.target),
            buffer: RefCell::new(ReadBuffer::new()),
            recorder: RefCell::new(Recorder::new(assignment.window)),
            cpu_before: RefCell::new(CpuTime::of_thread()),
        }
    }

    fn finish(&self, ended_ns: u64, intervals: &mpsc::UnboundedSender<IntervalShard>) -> Yield {
        let mut recorder = self.recorder.replace(Recorder::new(Window {
            start_ns: 0,
            end_ns: 0,
        }));
        // The coordinator outlives its workers; if it is gone nobody reads intervals.
        let _unread = intervals.send(recorder.last_interval());
        let cpu = CpuTime::of_thread().since(*self.cpu_before.borrow());
        Yield {
            recorder,
            cpu,
            ended_ns,
        }
    }
}

/// Starts this worker's share of the population, and completes when every place of it has had its last stream.
async fn populate(assignment: &Assignment, worker: &Rc<Worker>, timers: &Timers) {
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
        places.spawn_local(keep_place(Rc::clone(worker), timers.alarm(), first_ns));
    }
    places.join_all().await;
}

/// One place of a closed population: a stream, and when it ends the next one.
async fn keep_place(worker: Rc<Worker>, mut alarm: Alarm, first_ns: u64) {
    let mut intended_ns = first_ns;
    let mut failures: u32 = 0;
    loop {
        alarm.at(intended_ns).await;
        if !worker.gauge.take_ticket() {
            return;
        }
        let completed = stream::run(&worker, intended_ns).await;
        failures = if completed {
            0
        } else {
            failures.saturating_add(1)
        };
        intended_ns = worker.clock.now_ns() + pause_ns(failures);
    }
}

fn pause_ns(failures: u32) -> u64 {
    let Some(doublings) = failures.checked_sub(1) else {
        return 0;
    };
    let pause = FIRST_PAUSE
        .saturating_mul(1 << doublings.min(16))
        .min(LONGEST_PAUSE);
    u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX)
}

/// Marks the window's start, and ships an interval at the end of each but the last, which ends with the window.
async fn keep_intervals(
    worker: Rc<Worker>,
    mut alarm: Alarm,
    intervals: mpsc::UnboundedSender<IntervalShard>,
) {
    let window = worker.recorder.borrow().window;
    alarm.at(window.start_ns).await;
    worker.cpu_before.replace(CpuTime::of_thread());
    let mut boundary_ns = window.start_ns + INTERVAL_NS;
    while boundary_ns < window.end_ns {
        alarm.at(boundary_ns).await;
        let shard = worker.recorder.borrow_mut().next_interval();
        if intervals.send(shard).is_err() {
            return;
        }
        boundary_ns += INTERVAL_NS;
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

    #[test]
    fn tickets_run_out() {
        let gauge = Gauge::new(Some(2));
        assert!(gauge.take_ticket() && gauge.take_ticket());
        assert!(!gauge.take_ticket());
    }

    #[test]
    fn only_a_run_in_which_everything_fails_is_hopeless() {
        let gauge = Gauge::new(None);
        gauge.failed();
        assert!(!gauge.hopeless(2));
        gauge.failed();
        assert!(gauge.hopeless(2));
        gauge.opened();
        assert!(!gauge.hopeless(2));
        gauge.closed();
        gauge.opened();
        assert_eq!(gauge.peak(), 1);
    }
}
