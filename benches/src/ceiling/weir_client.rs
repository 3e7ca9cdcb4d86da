//! weir as the client of a measurement.

use std::future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use weir::plan::{Plan, Timeouts};
use weir::target::Target;

use super::settings::{Load, weir_server_path};
use crate::bare::{Received, Stretch};

/// No stream is silent for long in a flood; one that is for so long is stuck.
const TIMEOUT: Duration = Duration::from_secs(10);

/// As `weir run --threads 1 -c STREAMS -d DURATION --warmup WARMUP URL` does it.
pub(super) fn measure(load: &Load, target: SocketAddr) -> anyhow::Result<Received> {
    let stretch = Stretch::begin();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let report = runtime.block_on(weir::run::run(
        plan(load, target)?,
        future::pending(),
        |_| (),
    ))?;
    let counters = &report.counters;
    ensure!(
        report.errors.is_empty(),
        "streams failed: {:?}",
        report.error_samples
    );
    Ok(Received {
        events_per_s: report.throughput.events_per_s,
        whole: stretch.end(counters.events, counters.bytes),
    })
}

fn plan(load: &Load, target: SocketAddr) -> anyhow::Result<Plan> {
    let target = Target::resolve(&format!("http://{target}{}", weir_server_path(load.flood)))?;
    let mut plan = Plan {
        streams: u32::try_from(load.flood.streams)?,
        duration: Some(load.duration()),
        warmup: load.warmup(),
        opening: load.warmup(),
        timeouts: Timeouts {
            connect: Some(TIMEOUT),
            first_event: Some(TIMEOUT),
            idle: Some(TIMEOUT),
        },
        ..Plan::new(target)
    };
    plan.request.stamp = load.flood.stamped;
    Ok(plan)
}
