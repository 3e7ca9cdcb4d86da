//! How punctually weir-server sends what has its instant, beside a bare timer that wakes at as many instants.

use std::time::Duration;

use serde::Serialize;
use weir::measure::new_histogram;
use weir::report::Latency;

use crate::bare::late_wakes_ns;
use crate::ceiling::settings::{PACED_RATE, Span};
use crate::ceiling::side::{Child, Lag, Role};

/// Delays of both.
#[derive(Debug, Serialize)]
pub(crate) struct Pacing {
    pub(crate) streams: usize,
    pub(crate) rate_per_s: usize,
    /// From an event's instant until weir-server sent it.
    pub(crate) server_lag: Lag,
    /// From a timer's instant until its thread ran.
    pub(crate) timer_lag: Lag,
}

impl Pacing {
    pub(crate) fn measure(streams: usize, span: Span) -> anyhow::Result<Self> {
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
