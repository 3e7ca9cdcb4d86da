//! What ties the workers of a run together.

use std::any::Any;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use weir_time::{Clock, nanoseconds};

use super::RunError;
use super::aggregation::{Aggregate, Results};
use super::host_watch::HostWatch;
use super::intervals::Intervals;
use super::observer::Observer;
use super::target_watch::TargetWatch;
use crate::analysis::threshold::Live;
use crate::load::Admission;
use crate::measure::{HostUse, IntervalShard, OpenStreams, Window};
use crate::plan::Plan;
use crate::report::{Aborted, Interval};
use crate::worker::{Assignment, Shipment, WorkerResult};

/// From the call to when the first stream may start: what a handful of threads need to be up and waiting.
const LEAD: Duration = Duration::from_millis(20);
/// After this long of nothing but failures a run is given up, if its warm-up is not longer.
const HOPELESS_AFTER: Duration = Duration::from_secs(1);

/// The workers of a run, and what they share.
pub(super) struct Coordinator {
    clock: Clock,
    begin_ns: u64,
    window: Window,
    admission: Arc<Admission>,
    open_streams: Arc<OpenStreams>,
    /// Nothing comes of one that panicked.
    threads: Vec<JoinHandle<Option<io::Result<WorkerResult>>>>,
    shipments: mpsc::UnboundedReceiver<Shipment>,
    host: HostWatch,
    /// What may end the run.
    live: Live,
    stop: watch::Sender<bool>,
    /// If so many fail without a success the run is given up.
    hopeless_failures: u64,
    hopeless_ns: u64,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ending {
    /// As planned.
    Planned,
    /// By the user.
    Interrupted,
    /// Since nothing could be established.
    GivenUp,
    /// By a threshold that was breached.
    Aborted(Aborted),
}

/// What came of the workers of a run.
pub(super) struct Collected {
    pub(super) begin_ns: u64,
    /// Ended when the last of them did.
    pub(super) window: Window,
    pub(super) aggregate: Aggregate,
    pub(super) intervals: Vec<Interval>,
    pub(super) results: Results,
    pub(super) live: Live,
    pub(super) streams_open_peak: u64,
    /// How far the wall clock moved against the run's own.
    pub(super) clock_drift_ns: u64,
    pub(super) host: Option<HostUse>,
}

/// What a worker does: [`run`](crate::worker::run).
pub(super) type Work = fn(&Assignment) -> io::Result<WorkerResult>;

impl Coordinator {
    /// Starts the workers.
    pub(super) fn start(
        plan: &Arc<Plan>,
        addr: SocketAddr,
        clock: Clock,
        work: Work,
    ) -> io::Result<Self> {
        let begin_ns = clock.now_ns().saturating_add(nanoseconds(LEAD));
        let start_ns = begin_ns.saturating_add(nanoseconds(plan.warmup));
        let end_ns = plan.duration.map_or(u64::MAX, |duration| {
            start_ns.saturating_add(nanoseconds(duration))
        });
        let window = Window { start_ns, end_ns };
        let admission = Arc::new(Admission::new(&plan.load));
        let open_streams = Arc::new(OpenStreams::default());
        let (sender, shipments) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let threads = (0..plan.threads)
            .map(|index| {
                let assignment = Assignment {
                    index,
                    plan: Arc::clone(plan),
                    addr,
                    clock,
                    begin_ns,
                    window,
                    admission: Arc::clone(&admission),
                    open_streams: Arc::clone(&open_streams),
                    shipments: sender.clone(),
                    stop: stopped.clone(),
                };
                let thread = std::thread::Builder::new().name(format!("weir-worker-{index}"));
                thread.spawn(move || reporting_panics(&assignment, work))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            clock,
            begin_ns,
            window,
            admission,
            open_streams,
            threads,
            shipments,
            host: HostWatch::default(),
            live: Live::new(&plan.thresholds),
            stop,
            hopeless_failures: hopeless_failures(plan),
            hopeless_ns: begin_ns.saturating_add(nanoseconds(plan.warmup.max(HOPELESS_AFTER))),
        })
    }

    /// Has the target watched while the workers work, and until its memory has come back.
    pub(super) fn watched_by(
        &self,
        watch: TargetWatch,
    ) -> impl Future<Output = TargetWatch> + use<> {
        let start = self.instant(self.window.start_ns);
        let end = self.instant(self.window.end_ns);
        let stop = self.stop.subscribe();
        let open_streams = Arc::clone(&self.open_streams);
        let task = tokio::spawn(watch.keep(start, end, open_streams, stop));
        async { task.await.expect("the watch neither panics nor is aborted") }
    }

    /// Waits for the end, whichever comes, and collects intervals until all workers are done.
    ///
    /// # Errors
    /// When a worker panicked.
    pub(super) async fn work(
        &mut self,
        interrupt: impl Future<Output = ()>,
        intervals: &mut Intervals,
        observer: &mut impl Observer,
    ) -> Result<Ending, RunError> {
        let (mut ending, mut panicked) = (None, None);
        let mut has_begun = false;
        let mut interrupt = pin!(interrupt);
        let mut begins = pin!(tokio::time::sleep_until(self.instant(self.window.start_ns)));
        let mut planned = pin!(tokio::time::sleep_until(self.instant(self.window.end_ns)));
        let mut checks = tokio::time::interval_at(self.instant(self.hopeless_ns), HOPELESS_AFTER);
        loop {
            let is_going_on = ending.is_none() && panicked.is_none();
            let new = tokio::select! {
                shipment = self.shipments.recv() => match shipment {
                    Some(Shipment::Interval(shard)) => {
                        let breach = self.take(shard, intervals, observer);
                        let Some(aborted) = breach.filter(|_| is_going_on) else {
                            continue;
                        };
                        Ending::Aborted(aborted)
                    }
                    Some(Shipment::Panicked(what)) => {
                        panicked.get_or_insert(what);
                        self.stop.send_replace(true);
                        continue;
                    }
                    Some(Shipment::Failed) => {
                        self.stop.send_replace(true);
                        continue;
                    }
                    None => break,
                },
                () = &mut begins, if !has_begun => {
                    has_begun = true;
                    self.host.begin();
                    continue;
                }
                () = &mut planned, if is_going_on => Ending::Planned,
                () = &mut interrupt, if is_going_on => Ending::Interrupted,
                _ = checks.tick(), if is_going_on => {
                    if !self.is_hopeless() {
                        continue;
                    }
                    Ending::GivenUp
                }
            };
            ending = Some(new);
            self.end();
        }
        if let Some(what) = panicked {
            return Err(RunError::Panicked { what });
        }
        Ok(ending.unwrap_or_else(|| {
            self.end();
            Ending::Planned
        }))
    }

    /// What the workers bring back, and what is known of the run beside.
    ///
    /// # Errors
    /// When a worker could not start.
    pub(super) fn finish(
        mut self,
        intervals: Intervals,
        observer: &mut impl Observer,
    ) -> io::Result<Collected> {
        let threads = self.threads.into_iter();
        let results = threads.filter_map(join).collect::<io::Result<Vec<_>>>()?;
        let results = Results::of(results);
        let window = Window {
            end_ns: results.ended_ns,
            ..self.window
        };
        let (intervals, aggregate) = intervals.finish(window, |tick| {
            observer.tick(tick);
            if !tick.is_warmup {
                // Nothing is left to be ended.
                let _breach = self.live.push(tick.interval);
            }
        });
        Ok(Collected {
            begin_ns: self.begin_ns,
            window,
            aggregate,
            intervals,
            results,
            live: self.live,
            streams_open_peak: self.open_streams.peak(),
            clock_drift_ns: self.clock.drift_ns().unsigned_abs(),
            host: self.host.used(),
        })
    }

    /// Takes a worker's part of an interval, and says which threshold that breaches, if one has to end the run.
    fn take(
        &mut self,
        shard: IntervalShard,
        intervals: &mut Intervals,
        observer: &mut impl Observer,
    ) -> Option<Aborted> {
        let mut breach = None;
        intervals.take(shard, |tick| {
            observer.tick(tick);
            if !tick.is_warmup {
                let aborted = self.live.push(tick.interval);
                breach = breach.take().or(aborted);
            }
        });
        breach
    }

    fn end(&mut self) {
        self.host.end();
        self.stop.send_replace(true);
    }

    /// Whether so many fail, while no stream was ever established.
    fn is_hopeless(&self) -> bool {
        !self.open_streams.any() && self.admission.failing() >= self.hopeless_failures
    }

    fn instant(&self, at_ns: u64) -> Instant {
        // A run that ends by its number of streams has no planned end; a year is as good as none.
        const FAR: Duration = Duration::from_secs(365 * 24 * 3_600);
        Instant::now() + Duration::from_nanos(at_ns.saturating_sub(self.clock.now_ns())).min(FAR)
    }
}

/// Of a closed population every place; of arrivals as many as leave no doubt.
fn hopeless_failures(plan: &Plan) -> u64 {
    const ARRIVALS: u64 = 10;
    let load = plan.load;
    let places = u64::from(load.streams).min(load.total_streams.unwrap_or(u64::MAX));
    if load.is_closed() {
        places
    } else {
        places.min(ARRIVALS)
    }
}

/// Works, and says so if that comes to nothing, or to a panic: nobody else waits for this thread before the end of the run.
fn reporting_panics(assignment: &Assignment, work: Work) -> Option<io::Result<WorkerResult>> {
    match catch_unwind(AssertUnwindSafe(|| work(assignment))) {
        Ok(result) => {
            if result.is_err() {
                tell(assignment, Shipment::Failed);
            }
            Some(result)
        }
        Err(panic) => {
            tell(assignment, Shipment::Panicked(message(&*panic).to_owned()));
            None
        }
    }
}

fn tell(assignment: &Assignment, shipment: Shipment) {
    // The coordinator outlives its workers.
    let _unread = assignment.shipments.send(shipment);
}

/// What was said at a panic; where it was has been printed by then.
fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

fn join(thread: JoinHandle<Option<io::Result<WorkerResult>>>) -> Option<io::Result<WorkerResult>> {
    thread.join().expect("a worker's panics are caught")
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;
    use crate::plan::Settings;
    use crate::plan::tests::settings;
    use crate::worker;

    /// What becomes of a run of 20 s whose workers do this.
    async fn run(work: Work) -> Result<Ending, RunError> {
        let settings = Settings {
            duration: Some(Duration::from_secs(20)),
            threads: 2,
            ..settings("http://127.0.0.1:1/")
        };
        let plan = Arc::new(Plan::build(settings).unwrap());
        let addr = plan.target.addrs[0];
        let mut coordinator = Coordinator::start(&plan, addr, Clock::new(), work).unwrap();
        let mut intervals = Intervals::new(plan.threads, &plan.load);
        coordinator.work(pending(), &mut intervals, &mut ()).await
    }

    #[tokio::test]
    async fn a_panic_of_one_worker_ends_the_run_for_all() {
        let begun = std::time::Instant::now();
        let ended = run(|assignment| match assignment.index {
            0 => panic!("no way on"),
            _ => worker::run(assignment),
        });
        let error = ended.await.unwrap_err();
        assert_eq!(error.to_string(), "a worker panicked: no way on");
        // The other one was to work for 20 s.
        assert!(begun.elapsed() < Duration::from_secs(15));
    }

    #[tokio::test]
    async fn a_worker_that_cannot_begin_ends_the_run_for_all() {
        let begun = std::time::Instant::now();
        let ended = run(|assignment| match assignment.index {
            0 => Err(io::ErrorKind::OutOfMemory.into()),
            _ => worker::run(assignment),
        });
        ended.await.unwrap();
        assert!(begun.elapsed() < Duration::from_secs(15));
    }
}
