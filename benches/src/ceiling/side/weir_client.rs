//! weir as the client of a measurement.

use std::future::{self, Future};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::sync::Notify;
use weir::load::Load;
use weir::measure::Metric;
use weir::plan::{Plan, Settings, Target, Timeouts};
use weir::report::{Interval, Report};
use weir::run::{Observer, Tick};

use super::lag::Lag;
use super::meter::Meter;
use super::paths::{IDLE_PATH, weir_server_path};
use crate::bare::{Flood, Received};
use crate::ceiling::settings::{PACED_RATE, Span};

/// The patience of `weir run`: it is a timer in each stream.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Some(Duration::from_secs(10)),
    first_event: Some(Duration::from_secs(60)),
    idle: Some(Duration::from_secs(60)),
};

/// In which a stream is opened: what `weir run` allows for it, too.
const OPENING: Duration = Duration::from_micros(200);

/// Takes all that comes.
pub(super) fn flood(target: SocketAddr, flood: Flood, span: Span) -> anyhow::Result<Received> {
    let mut settings = settings(target, &weir_server_path(flood), flood.streams)?;
    settings.request.stamp = flood.stamped;
    let mut meter = Meter::new(flood.streams, span);
    let measured = Notify::new();
    let report = run(settings, measured.notified(), |interval| {
        meter.take(interval);
        if meter.measured().is_some() {
            measured.notify_one();
        }
    })?;
    let counters = &report.counters;
    Ok(Received {
        measured: meter.measured().context("the run ended too early")?,
        events: counters.events,
        events_per_read: counters.events as f64 / counters.reads as f64,
    })
}

/// Reads streams that are paced, and says how late their events were sent.
pub(super) fn paced(target: SocketAddr, streams: usize, span: Span) -> anyhow::Result<Lag> {
    let mut settings = settings(target, &format!("/sse?rate={PACED_RATE}"), streams)?;
    settings.warmup = settings.load.opening + span.warmup();
    settings.duration = Some(span.duration());
    let report = run(settings, future::pending(), |_| ())?;
    let lag = report.latency.get(&Metric::ServerLag);
    Ok(lag.context("no stamped event came")?.into())
}

/// Holds streams on which nothing comes, calls `once_open` when all of them are open, and ends them when it returns.
pub(super) fn hold(
    target: SocketAddr,
    streams: usize,
    once_open: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let all_open = Notify::new();
    let mut outcome = Ok(());
    let interrupt = async {
        all_open.notified().await;
        outcome = once_open();
    };
    run(
        settings(target, IDLE_PATH, streams)?,
        interrupt,
        |interval| {
            if interval.streams_open == streams as u64 {
                all_open.notify_one();
            }
        },
    )?;
    outcome
}

/// As `weir run --threads 1 -c STREAMS URL`, without a warm-up or an end.
fn settings(target: SocketAddr, path: &str, streams: usize) -> anyhow::Result<Settings> {
    let target = Target::literal(&format!("http://{target}{path}"))?;
    Ok(Settings {
        load: Load::closed(u32::try_from(streams)?, OPENING.mul_f64(streams as f64)),
        timeouts: TIMEOUTS,
        ..Settings::new(target)
    })
}

/// Hears of every second of the window.
struct EachSecond<F>(F);

impl<F: FnMut(&Interval)> Observer for EachSecond<F> {
    fn tick(&mut self, tick: &Tick<'_>) {
        (self.0)(tick.interval);
    }
}

fn run(
    settings: Settings,
    interrupt: impl Future<Output = ()>,
    each_second: impl FnMut(&Interval),
) -> anyhow::Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(weir::run::run(
        Plan::build(settings)?,
        interrupt,
        &mut EachSecond(each_second),
    ))?;
    ensure!(
        report.errors.is_empty(),
        "streams failed: {:?}",
        report.error_samples
    );
    Ok(report)
}
