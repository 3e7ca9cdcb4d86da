//! A run: warm-up, measure, merge.

mod aggregation;
mod intervals;
mod target_watch;

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use weir_time::{Clock, nanoseconds};

use self::aggregation::Harvest;
use self::intervals::Intervals;
use self::target_watch::{TargetWatch, WatchError};
use crate::analysis::threshold::{Live, judge};
use crate::load::Gauge;
use crate::measure::{HostTime, HostUse, IntervalShard, Window};
use crate::plan::Plan;
use crate::preflight::{self, PreflightError};
use crate::report::{Aborted, Interval, Report};
use crate::transport::hold_kernel_stamping;
use crate::worker::{self, Assignment, Yield};

/// From the call to when the first stream may start: what a handful of threads need to be up and waiting.
const LEAD: Duration = Duration::from_millis(20);
/// After this long of nothing but failures a run is given up, if its warm-up is not longer.
const HOPELESS_AFTER: Duration = Duration::from_secs(1);

/// Why there is no report.
#[derive(Debug, Error)]
pub enum RunError {
    /// This machine or the target will not do.
    #[error(transparent)]
    Preflight(#[from] PreflightError),
    /// What the target uses cannot be read.
    #[error(transparent)]
    Target(#[from] WatchError),
    /// The user ended it.
    #[error("interrupted before the first stream was opened")]
    Interrupted,
    /// A thread or its runtime could not be made.
    #[error("cannot start a worker")]
    Worker(#[from] io::Error),
}

/// Carries out a plan. `interrupt` ends it early, with a report of what was measured until then; `progress` is called
/// with each interval of the window as it ends.
///
/// # Errors
/// When the run cannot begin, or `interrupt` completes before it has.
pub async fn run(
    plan: Plan,
    interrupt: impl Future<Output = ()>,
    mut progress: impl FnMut(&Interval),
) -> Result<Report, RunError> {
    let mut interrupt = pin!(interrupt);
    let (addr, watch, _stamping) = tokio::select! {
        ready = ready(&plan) => ready?,
        () = interrupt.as_mut() => return Err(RunError::Interrupted),
    };
    preflight::reserve_descriptors(&plan);
    let plan = Arc::new(plan);
    let clock = Clock::new();
    let mut crew = Crew::start(&plan, addr, clock)?;
    let watch = watch.map(|watch| crew.watched_by(watch));
    let mut intervals = Intervals::new(plan.threads);
    let ending = crew.work(interrupt.as_mut(), &mut intervals, &mut progress);
    let ending = ending.await;
    let is_over = ending == Ending::Interrupted;
    let (harvest, intervals) = crew.harvest(intervals)?;
    let mut report = harvest.report(&plan, intervals, ending);
    if let Some(watch) = watch {
        let ends = async {
            if !is_over {
                interrupt.await;
            }
        };
        let watched = watch.await.settled(ends).await;
        watched.into_report(&mut report);
    }
    report.thresholds = judge(&plan.thresholds, &report);
    Ok(report)
}

/// Who is there, what the target uses before the first stream, and what keeps the kernel stamping.
async fn ready(
    plan: &Plan,
) -> Result<(SocketAddr, Option<TargetWatch>, Option<socket2::Socket>), RunError> {
    let addr = preflight::reachable(plan).await?;
    let watch = TargetWatch::begin(plan.watch.as_ref()).await?;
    // Without it receive times are taken in user space where the kernel does not stamp yet, and the report says so.
    let stamping = hold_kernel_stamping().await.ok();
    Ok((addr, watch, stamping))
}

/// The workers of a run, and what ties them together.
struct Crew {
    clock: Clock,
    target: IpAddr,
    begin_ns: u64,
    window: Window,
    gauge: Arc<Gauge>,
    threads: Vec<JoinHandle<io::Result<Yield>>>,
    shards: mpsc::UnboundedReceiver<IntervalShard>,
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
enum Ending {
    /// As planned.
    Planned,
    /// By the user.
    Interrupted,
    /// Since nothing could be established.
    GivenUp,
    /// By a threshold that was breached.
    Aborted(Aborted),
}

impl Crew {
    fn start(plan: &Arc<Plan>, addr: SocketAddr, clock: Clock) -> io::Result<Self> {
        let begin_ns = clock.now_ns().saturating_add(nanoseconds(LEAD));
        let start_ns = begin_ns.saturating_add(nanoseconds(plan.warmup));
        let end_ns = plan.duration.map_or(u64::MAX, |duration| {
            start_ns.saturating_add(nanoseconds(duration))
        });
        let window = Window { start_ns, end_ns };
        let gauge = Arc::new(Gauge::new(plan.total_streams, plan.streams));
        let (interval_sender, shards) = mpsc::unbounded_channel();
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
                    gauge: Arc::clone(&gauge),
                    intervals: interval_sender.clone(),
                    stop: stopped.clone(),
                };
                let name = format!("weir-worker-{index}");
                std::thread::Builder::new()
                    .name(name)
                    .spawn(move || worker::run(&assignment))
            })
            .collect::<io::Result<_>>()?;
        Ok(Self {
            clock,
            target: addr.ip(),
            begin_ns,
            window,
            gauge,
            threads,
            shards,
            host: HostWatch::default(),
            live: Live::new(&plan.thresholds),
            stop,
            hopeless_failures: hopeless_failures(plan),
            hopeless_ns: begin_ns.saturating_add(nanoseconds(plan.warmup.max(HOPELESS_AFTER))),
        })
    }

    /// Has the target watched while the crew works.
    fn watched_by(&self, watch: TargetWatch) -> impl Future<Output = TargetWatch> + use<> {
        let start = self.instant(self.window.start_ns);
        let end = self.instant(self.window.end_ns);
        let stop = self.stop.subscribe();
        let gauge = Arc::clone(&self.gauge);
        let task = tokio::spawn(watch.keep(start, end, gauge, stop));
        async { task.await.expect("the watch neither panics nor is aborted") }
    }

    /// Waits for the end, whichever comes, and collects intervals until all workers are done.
    async fn work(
        &mut self,
        interrupt: impl Future<Output = ()>,
        intervals: &mut Intervals,
        progress: &mut impl FnMut(&Interval),
    ) -> Ending {
        let mut ending = None;
        let mut has_begun = false;
        let mut interrupt = pin!(interrupt);
        let mut begins = pin!(tokio::time::sleep_until(self.instant(self.window.start_ns)));
        let mut planned = pin!(tokio::time::sleep_until(self.instant(self.window.end_ns)));
        let mut checks = tokio::time::interval_at(self.instant(self.hopeless_ns), HOPELESS_AFTER);
        loop {
            let new = tokio::select! {
                shard = self.shards.recv() => match shard {
                    Some(shard) => {
                        let complete = intervals.take(shard);
                        complete.iter().for_each(&mut *progress);
                        let breach = complete.iter().find_map(|interval| self.live.push(interval));
                        let Some(aborted) = breach.filter(|_| ending.is_none()) else {
                            continue;
                        };
                        Ending::Aborted(aborted)
                    }
                    None => break,
                },
                () = &mut begins, if !has_begun => {
                    has_begun = true;
                    self.host.begin();
                    continue;
                }
                () = &mut planned, if ending.is_none() => Ending::Planned,
                () = &mut interrupt, if ending.is_none() => Ending::Interrupted,
                _ = checks.tick(), if ending.is_none() => {
                    if !self.gauge.hopeless(self.hopeless_failures) {
                        continue;
                    }
                    Ending::GivenUp
                }
            };
            ending = Some(new);
            self.host.end();
            self.stop.send_replace(true);
        }
        ending.unwrap_or_else(|| {
            self.host.end();
            self.stop.send_replace(true);
            Ending::Planned
        })
    }

    /// What the workers bring back, merged.
    fn harvest(self, intervals: Intervals) -> io::Result<(Harvest, Vec<Interval>)> {
        let yields: Vec<Yield> = self
            .threads
            .into_iter()
            .map(join)
            .collect::<io::Result<_>>()?;
        let end_ns = yields
            .iter()
            .map(|worker| worker.ended_ns)
            .max()
            .unwrap_or(self.window.start_ns);
        let window = Window {
            end_ns,
            ..self.window
        };
        let (intervals, bank) = intervals.finish(window);
        let mut harvest = Harvest::new(self.begin_ns, window, bank);
        harvest.clock_drift_ns = self.clock.drift_ns().unsigned_abs();
        harvest.host = self.host.used;
        harvest.target_is_local = preflight::is_local(self.target);
        for worker in yields {
            harvest.add(worker);
        }
        harvest.counters.streams_open_peak = self.gauge.peak();
        Ok((harvest, intervals))
    }

    fn instant(&self, at_ns: u64) -> Instant {
        // A run that ends by its number of streams has no planned end; a year is as good as none.
        const FAR: Duration = Duration::from_secs(365 * 24 * 3_600);
        Instant::now() + Duration::from_nanos(at_ns.saturating_sub(self.clock.now_ns())).min(FAR)
    }
}

/// What this host's processors did inside the window, if the kernel says.
#[derive(Default)]
struct HostWatch {
    begun: Option<HostTime>,
    used: Option<HostUse>,
}

impl HostWatch {
    fn begin(&mut self) {
        self.begun = HostTime::now();
    }

    fn end(&mut self) {
        let times = self.begun.zip(HostTime::now());
        self.used = times.and_then(|(before, now)| now.since(before));
    }
}

/// Of a closed population every place; of arrivals as many as leave no doubt.
fn hopeless_failures(plan: &Plan) -> u64 {
    const ARRIVALS: u64 = 10;
    let places = u64::from(plan.streams).min(plan.total_streams.unwrap_or(u64::MAX));
    match plan.arrivals {
        None => places,
        Some(_) => places.min(ARRIVALS),
    }
}

fn join(thread: JoinHandle<io::Result<Yield>>) -> io::Result<Yield> {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
