//! Plans, runs and what is read from their reports.

#![allow(dead_code, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

pub(crate) mod peer;

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use weir::load::Load;
use weir::measure::{ErrorKind, Metric};
use weir::plan::{Plan, Settings, Target, Timeouts};
use weir::report::{Interval, Latency, Report};
use weir::run::{Observer, RunError, Tick};
use weir_server::{Config, Server};

/// A test that waits for what does not come should fail, not hang.
const PATIENCE: Duration = Duration::from_secs(20);

/// One stamped stream after the other on one thread, without a warm-up.
pub(crate) fn plan(url: &str) -> Settings {
    Settings {
        duration: Some(PATIENCE),
        timeouts: Timeouts {
            connect: Some(PATIENCE),
            first_event: Some(PATIENCE),
            idle: Some(PATIENCE),
        },
        ..Settings::new(Target::literal(url).unwrap())
    }
}

/// One stream, after which the run is over.
pub(crate) fn one_stream(url: &str) -> Settings {
    Settings {
        load: Load {
            total_streams: Some(1),
            ..Load::default()
        },
        ..plan(url)
    }
}

pub(crate) fn run(plan: Settings) -> Report {
    run_until(plan, pending())
}

/// Runs `plan` until it is done or `interrupt` is.
pub(crate) fn run_until(plan: Settings, interrupt: impl Future<Output = ()>) -> Report {
    block_on(weir::run::run(built(plan), interrupt, &mut ()))
}

/// Runs `plan`, and does something as each second of it ends; the workers do not wait for that.
pub(crate) fn run_watched(plan: Settings, each_second: impl FnMut(&Interval)) -> Report {
    block_on(weir::run::run(
        built(plan),
        pending(),
        &mut EachSecond(each_second),
    ))
}

fn built(settings: Settings) -> Plan {
    Plan::build(settings).unwrap()
}

struct EachSecond<F>(F);

impl<F: FnMut(&Interval)> Observer for EachSecond<F> {
    fn tick(&mut self, tick: &Tick<'_>) {
        if !tick.is_warmup {
            (self.0)(tick.interval);
        }
    }
}

fn block_on(run: impl Future<Output = Result<Report, RunError>>) -> Report {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(run).unwrap()
}

/// A server on a free port of this process.
pub(crate) fn server() -> Server {
    Server::start(&Config {
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 2,
        drain: Duration::from_secs(5),
        reuse_port: false,
        ..Config::default()
    })
    .unwrap()
}

/// The URL of a server's generic stream.
pub(crate) fn sse(server: &Server, query: &str) -> String {
    format!("http://{}/sse?{query}", server.addr())
}

pub(crate) fn latency(report: &Report, metric: Metric) -> Option<&Latency> {
    report.latency.get(&metric)
}

/// How many samples a metric has; a metric without any is left out of a report.
pub(crate) fn count(report: &Report, metric: Metric) -> u64 {
    latency(report, metric).map_or(0, |latency| latency.count)
}

/// A report's histogram, as a reader of the report decodes it.
pub(crate) fn histogram(report: &Report, metric: Metric) -> Histogram<u64> {
    let text = report.histograms[&metric].as_str();
    let bytes = STANDARD.decode(text).unwrap();
    Deserializer::new()
        .deserialize(&mut bytes.as_slice())
        .unwrap()
}

/// Lost, duplicated and reordered.
pub(crate) fn irregular(report: &Report) -> [u64; 3] {
    let counters = &report.counters;
    [counters.lost, counters.duplicated, counters.reordered]
}

/// Every stream that was started is accounted for once, and every failure is of a kind.
pub(crate) fn assert_conserved(report: &Report) {
    let counters = &report.counters;
    let ended = counters.streams_completed + counters.streams_failed + counters.streams_cut;
    assert_eq!(counters.streams_started, ended, "{counters:?}");
    assert_eq!(
        report.errors.values().sum::<u64>(),
        counters.streams_failed,
        "{:?}",
        report.errors
    );
    assert!(report.errors.keys().eq(report.error_samples.keys()));
}

/// The counts of a report's errors, by the names of their kinds.
pub(crate) fn errors(counts: &[(&str, u64)]) -> BTreeMap<ErrorKind, u64> {
    let kind = |name: &str| serde_json::from_value(name.into()).unwrap();
    let named = counts.iter().map(|&(name, count)| (kind(name), count));
    named.collect()
}

pub(crate) fn events_of_intervals(report: &Report) -> u64 {
    let mut start_s = 0.0;
    let events = report.intervals.iter().map(|interval| {
        let length_s = interval.t_s - start_s;
        start_s = interval.t_s;
        interval.events_per_s * length_s
    });
    events.sum::<f64>().round() as u64
}
