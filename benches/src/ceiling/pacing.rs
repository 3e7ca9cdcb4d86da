//! How punctually weir-server sends what has its instant, beside a bare timer that wakes at as many instants.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use weir::measure::new_histogram;
use weir::report::Latency;

use super::child::Child;
use super::role::Role;
use super::settings::{PACED_RATE, Span};
use crate::bare::late_wakes_ns;

/// Delays of both.
#[derive(Debug, Serialize)]
pub(super) struct Pacing {
    pub(super) streams: usize,
    pub(super) rate_per_s: usize,
    /// From an event's instant until weir-server sent it.
    pub(super) server_lag: Lag,
    /// From a timer's instant until its thread ran.
    pub(super) timer_lag: Lag,
}

/// A delay's distribution, in short.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Lag {
    pub(super) count: u64,
    pub(super) p50_ns: u64,
    pub(super) p99_ns: u64,
}

impl From<&Latency> for Lag {
    fn from(latency: &Latency) -> Self {
        Self {
            count: latency.count,
            p50_ns: latency.p50_ns,
            p99_ns: latency.p99_ns,
        }
    }
}

impl Pacing {
    pub(super) fn measure(streams: usize, span: Span) -> anyhow::Result<Self> {
        Ok(Self {
            streams,
            rate_per_s: PACED_RATE,
            server_lag: server_lag(streams, span)?,
            timer_lag: timer_lag(streams, span)?,
        })
    }
}

fn server_lag(streams: usize, span: Span) -> anyhow::Result<Lag> {
    let mut server = Child::spawn(Role::WeirServer, span)?;
    let target = server.receive()?;
    Child::spawn(Role::PacedWeir { target, streams }, span)?.receive()
}

fn timer_lag(streams: usize, span: Span) -> anyhow::Result<Lag> {
    let every = Duration::from_secs(1) / u32::try_from(streams * PACED_RATE)?;
    let mut histogram = new_histogram();
    for late_ns in late_wakes_ns(every, span.duration())? {
        histogram.saturating_record(late_ns);
    }
    Ok(Latency::of(&histogram)
        .as_ref()
        .map(Lag::from)
        .unwrap_or_default())
}
