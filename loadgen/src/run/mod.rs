//! A run: warm-up, measure, merge.

mod aggregation;
mod coordinator;
mod findings;
mod host_watch;
mod intervals;
mod observer;
mod series;
mod target_watch;

use std::future::Future;
use std::io;
use std::sync::Arc;

use thiserror::Error;
use weir_time::Clock;

use self::coordinator::Coordinator;
use self::findings::Findings;
use self::intervals::Intervals;
pub use self::observer::{Observer, Tick};
use self::target_watch::{TargetWatch, WatchError};
use crate::plan::Plan;
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
    /// A thread or its runtime could not be made.
    #[error("cannot start a worker")]
    Worker(#[from] io::Error),
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
/// When the run cannot begin, or a worker breaks down.
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
    let addr = preflight::reachable(&plan)?;
    let watch = TargetWatch::begin(plan.watch.as_ref()).await?;
    preflight::reserve_descriptors(&plan);
    // Without it receive times are taken in user space where the kernel does not stamp yet, and the report says so.
    let _stamping = hold_kernel_stamping();
    let plan = Arc::new(plan);
    let clock = Clock::new();
    observer.began(&plan);
    let mut coordinator = Coordinator::start(&plan, addr, clock, worker::run)?;
    let watch = watch.map(|watch| coordinator.watched_by(watch));
    let mut intervals = Intervals::new(plan.threads, &plan.load());
    let ending = coordinator
        .work(interrupt, &mut intervals, observer)
        .await?;
    let findings = Findings {
        collected: coordinator.finish(intervals, observer)?,
        ending,
        target_is_local: preflight::is_local(addr.ip()),
        watched: match watch {
            Some(watch) => Some(watch.await),
            None => None,
        },
        served: stop(),
    };
    let report = findings.report(&plan);
    observer.ended(&report);
    Ok(report)
}
