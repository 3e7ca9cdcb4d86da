//! A run: warm-up, measure, merge.

mod aggregation;
mod coordinator;
mod findings;
mod host_watch;
mod intervals;
mod observer;
mod target_watch;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;

use thiserror::Error;
use weir_time::Clock;

use self::coordinator::{Coordinator, Ending};
use self::findings::Findings;
use self::intervals::Intervals;
pub use self::observer::{Observer, Tick};
use self::target_watch::{TargetWatch, WatchError};
use crate::plan::Plan;
use crate::plan::threshold::Threshold;
use crate::preflight::{self, PreflightError};
use crate::report::{Report, Served};
use crate::transport::hold_kernel_stamping;
use crate::worker;

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
    /// A threshold is about what such a run cannot measure.
    #[error("the threshold {expression:?} cannot be measured in this run: {reason}")]
    Unmeasurable {
        /// As typed.
        expression: String,
        /// Why.
        reason: &'static str,
    },
    /// A worker broke down: what the others measured is not the load that was asked for.
    #[error("a worker panicked: {what}")]
    Panicked {
        /// What it said.
        what: String,
    },
}

/// Carries out a plan. `interrupt` ends it early, with a report of what was measured until then; `observer` hears of it as it goes on.
///
/// # Errors
/// When the run cannot begin, `interrupt` completes before it has, or a worker breaks down.
pub async fn run(
    plan: Plan,
    interrupt: impl Future<Output = ()>,
    observer: &mut impl Observer,
) -> Result<Report, RunError> {
    run_served_by(plan, || None, interrupt, observer).await
}

/// The same, against a server in this process: `stop` ends it when the last stream has, and says what it served.
///
/// # Errors
/// As those of [`run`].
pub async fn run_served_by(
    plan: Plan,
    stop: impl FnOnce() -> Option<Served>,
    interrupt: impl Future<Output = ()>,
    observer: &mut impl Observer,
) -> Result<Report, RunError> {
    all_measurable(&plan)?;
    let mut interrupt = pin!(interrupt);
    let (addr, watch, _stamping) = tokio::select! {
        ready = ready(&plan) => ready?,
        () = interrupt.as_mut() => return Err(RunError::Interrupted),
    };
    preflight::reserve_descriptors(&plan);
    let plan = Arc::new(plan);
    let clock = Clock::new();
    observer.began(&plan);
    let mut coordinator = Coordinator::start(&plan, addr, clock, worker::run)?;
    let watch = watch.map(|watch| coordinator.watched_by(watch));
    let mut intervals = Intervals::new(plan.threads, &plan.load);
    let working = coordinator.work(interrupt.as_mut(), &mut intervals, observer);
    let ending = working.await?;
    let is_over = ending == Ending::Interrupted;
    let collected = coordinator.finish(intervals, observer)?;
    let ends = async {
        if !is_over {
            interrupt.await;
        }
    };
    let watched = match watch {
        Some(watch) => Some(watch.await.settled(ends).await),
        None => None,
    };
    let findings = Findings {
        collected,
        ending,
        target_is_local: preflight::is_local(addr.ip()),
        watched,
        served: stop(),
    };
    let report = findings.report(&plan);
    observer.ended(&report);
    Ok(report)
}

fn all_measurable(plan: &Plan) -> Result<(), RunError> {
    let reason = |threshold: &Threshold| {
        let reason = threshold.unmeasurable_in(plan)?;
        let expression = threshold.expression().to_owned();
        Some(RunError::Unmeasurable { expression, reason })
    };
    plan.thresholds.iter().find_map(reason).map_or(Ok(()), Err)
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
