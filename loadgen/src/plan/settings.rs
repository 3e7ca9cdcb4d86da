//! What is asked of a run.

use std::net::IpAddr;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::threshold::Threshold;
use super::{Request, Target};
use crate::load::Load;
use crate::measure::Rx;
use crate::seconds;

/// Everything a run goes by.
#[derive(Debug, Clone, JsonSchema, Serialize, Deserialize)]
#[schemars(rename = "Plan")]
pub struct Settings {
    /// Where the streams are.
    #[serde(flatten)]
    pub target: Target,
    /// Whether the target is weir's own server in this process.
    pub embedded: bool,
    /// When its streams start.
    #[serde(flatten)]
    pub load: Load,
    /// Measuring time, if the run ends by that.
    #[serde(
        rename = "duration_s",
        skip_serializing_if = "Option::is_none",
        default,
        with = "seconds::maybe"
    )]
    #[schemars(with = "Option<f64>")]
    pub duration: Option<Duration>,
    /// Time before the measuring time.
    #[serde(rename = "warmup_s", with = "seconds")]
    #[schemars(with = "f64")]
    pub warmup: Duration,
    /// Events after which a stream is ended from here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_stream: Option<u64>,
    /// The period of a server that does not say when its events are due.
    #[serde(
        rename = "expect_interval_s",
        skip_serializing_if = "Option::is_none",
        default,
        with = "seconds::maybe"
    )]
    #[schemars(with = "Option<f64>")]
    pub expect_interval: Option<Duration>,
    /// Where the target says what it uses itself, if that is asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub watch: Option<TargetFigures>,
    /// What is asked of the figures; some of it may end the run.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub thresholds: Vec<Threshold>,
    /// What is asked.
    pub request: Request,
    /// How long is waited.
    pub timeouts: Timeouts,
    /// Source addresses, taken in turn; without any the kernel chooses.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub local_addrs: Vec<IpAddr>,
    /// Worker threads.
    pub threads: usize,
    /// Where receive times come from, if the kernel has them.
    pub rx: Rx,
    /// Whether what the stamps say is recorded beside what is measured: for a calibration.
    #[serde(skip)]
    pub truth: bool,
}

/// Where the target's own figures are read.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetFigures {
    /// From proc(5), of a process of this host.
    Pid(u32),
    /// From metrics in a text format of Prometheus.
    Metrics(Target),
}

/// After how long a stream is given up; `None` is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Timeouts {
    /// For a connection.
    #[serde(rename = "connect_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub connect: Option<Duration>,
    /// From the request to the first event.
    #[serde(rename = "first_event_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub first_event: Option<Duration>,
    /// From any byte to the next.
    #[serde(rename = "idle_s", with = "seconds::maybe")]
    #[schemars(with = "Option<f64>")]
    pub idle: Option<Duration>,
}

impl Settings {
    /// One stamped stream at a time on one thread for as long as it is let, without a warm-up and without timeouts.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            embedded: false,
            load: Load::default(),
            duration: None,
            warmup: Duration::ZERO,
            events_per_stream: None,
            expect_interval: None,
            watch: None,
            thresholds: Vec::new(),
            request: Request {
                method: "GET".to_owned(),
                headers: Vec::new(),
                body: None,
                stamp: true,
            },
            timeouts: Timeouts {
                connect: None,
                first_event: None,
                idle: None,
            },
            local_addrs: Vec::new(),
            threads: 1,
            rx: Rx::Kernel,
            truth: false,
        }
    }
}
