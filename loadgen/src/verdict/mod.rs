//! Whether a run's figures may be believed.

mod reasons;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::{Bank, Counters, HostUse, Rx, Totals};

/// How far the figures may be believed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As far as they go.
    Valid,
    /// With the reasons in mind.
    Suspect,
    /// Not at all.
    Invalid,
}

impl Status {
    /// As in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Suspect => "suspect",
            Self::Invalid => "invalid",
        }
    }
}

/// What speaks against a run.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Built without optimisation.
    DebugBuild,
    /// Too few events for a p99, or none.
    FewSamples,
    /// Arrivals were offered that did not start.
    RateMissed,
    /// Streams started late.
    StartLag,
    /// Events waited to be read while others came behind them.
    ClientLag,
    /// Receive times were taken by workers that woke late.
    LoopLag,
    /// A worker's thread had next to no time left.
    ClientCpu,
    /// The wall clock moved against the monotonic one, or the server's is ahead.
    Clock,
    /// The hypervisor took this host's time.
    Stolen,
    /// The target is on this host, and there was no time left.
    SharedCores,
}

impl Code {
    /// All of them, in the order in which they are named.
    pub const ALL: [Self; 10] = [
        Self::DebugBuild,
        Self::FewSamples,
        Self::RateMissed,
        Self::StartLag,
        Self::ClientLag,
        Self::LoopLag,
        Self::ClientCpu,
        Self::Clock,
        Self::Stolen,
        Self::SharedCores,
    ];

    /// As in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DebugBuild => "debug_build",
            Self::FewSamples => "few_samples",
            Self::RateMissed => "rate_missed",
            Self::StartLag => "start_lag",
            Self::ClientLag => "client_lag",
            Self::LoopLag => "loop_lag",
            Self::ClientCpu => "client_cpu",
            Self::Clock => "clock",
            Self::Stolen => "stolen",
            Self::SharedCores => "shared_cores",
        }
    }

    /// When a run is suspect or invalid by it.
    #[must_use]
    pub fn definition(self) -> &'static str {
        match self {
            Self::DebugBuild => "Invalid: weir was built without optimisation.",
            Self::FewSamples => {
                "Suspect below 662 events in the measuring time, which a p99 needs (binomial bound, 99 % confidence); invalid \
                 without any."
            }
            Self::RateMissed => {
                "Arrivals (open model) started at less than 99 % of the offered rate: suspect; less than 95 %: invalid. One that \
                 had yet to start at the end does not count; those that failed for want of a local port or descriptor did not \
                 start, in the closed model too."
            }
            Self::StartLag => {
                "Streams started late, p99 above 10 ms: suspect; and above a tenth of ttfe's p99: invalid. Of too few streams \
                 for a p99 the highest percentile counts that they carry, here and below."
            }
            Self::ClientLag => {
                "With kernel receive times the generator's delay hurts what it merges: p99 above 1 ms and above a tenth of the \
                 smaller of gap p50 (between reads) and delivery p99, and more than 1 % of events merged into a read with one that \
                 the server had sent before: suspect; above half of it, and more than 5 % merged: invalid."
            }
            Self::LoopLag => {
                "With user-space receive times: p99 above 1 ms and above a tenth of gap p50: suspect; above half of it: invalid."
            }
            Self::ClientCpu => {
                "Suspect: a worker's thread was busy more than 90 % of the measuring time."
            }
            Self::Clock => {
                "The wall clock moved against the monotonic one, or the server's clock is ahead (events received before they were \
                 sent), by more than 1 ms: suspect; by more than 10 ms: invalid."
            }
            Self::Stolen => {
                "Suspect: the hypervisor took more than 2 % of the measuring time. It is named beside what it is likely to have \
                 caused."
            }
            Self::SharedCores => {
                "Suspect: the target is on this host, whose processors were busy more than 90 % of the measuring time, whoever used \
                 them."
            }
        }
    }
}

/// One reason, with its figure and what to do about it.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Reason {
    /// Which.
    pub code: Code,
    /// How bad.
    pub severity: Status,
    /// What was found.
    pub figure: f64,
    /// What would have been good enough.
    pub limit: f64,
    /// Of figure and limit.
    pub unit: ReasonUnit,
    /// In words, with what to do.
    pub message: String,
}

/// What a reason's figure and limit count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonUnit {
    /// Milliseconds.
    Ms,
    /// Parts of a whole.
    Ratio,
    /// Events.
    Events,
    /// Level of optimisation.
    OptLevel,
}

/// The worst of its reasons.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Verdict {
    /// The worst.
    pub status: Status,
    /// All of them.
    pub reasons: Vec<Reason>,
}

/// What the judgement goes by.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// Of the whole run.
    pub counters: &'a Counters,
    /// Of the window.
    pub bank: &'a Bank,
    /// Of the window.
    pub totals: Totals,
    /// Of the open model, and of a closed one that could not start streams.
    pub starts: Option<StartRates>,
    /// Streams that failed for want of a local port or descriptor, in the whole run.
    pub local_failures: u64,
    /// Where receive times came from.
    pub rx: Rx,
    /// Whether this binary was built with optimisation.
    pub optimised: bool,
    /// Processor time of the busiest worker's thread over the window's length.
    pub busiest_thread: f64,
    /// Processor time of all workers over that of this host's processors.
    pub share_of_host: f64,
    /// How far the wall clock, by which the kernel stamps, moved away from the run's own, in nanoseconds.
    pub clock_drift_ns: u64,
    /// How far the server's clock is ahead at least, in nanoseconds.
    pub server_ahead_ns: u64,
    /// Of this host, over the window.
    pub host: HostUse,
    /// Whether the target is on this host.
    pub target_is_local: bool,
}

/// Streams that were to start inside the window, and did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartRates {
    /// Those that were meant to start in it.
    pub offered: u64,
    /// In this time: the window's length, or until the last of a fixed number.
    pub offered_s: f64,
    /// Those that did start in it.
    pub started: u64,
    /// In this time.
    pub started_s: f64,
}

impl StartRates {
    /// Achieved over offered rate.
    #[must_use]
    pub fn achieved_ratio(self) -> f64 {
        let offered_per_s = self.offered as f64 / self.offered_s;
        self.started as f64 / self.started_s / offered_per_s
    }
}

impl Verdict {
    /// Judges a run.
    #[must_use]
    pub fn of(evidence: Evidence<'_>) -> Self {
        let reasons: Vec<Reason> = reasons::ALL
            .into_iter()
            .filter_map(|reason| reason(&evidence))
            .collect();
        let status = reasons
            .iter()
            .map(|reason| reason.severity)
            .max()
            .unwrap_or(Status::Valid);
        Self { status, reasons }
    }
}
