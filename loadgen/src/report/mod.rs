//! The data model of a report, separate from every way of printing it.
//!
//! The names are an interface: they do not change within a schema version.

mod encoded;
mod expected_interval;
mod headline;
mod interval;
mod latency;
mod machine;
mod note;
mod origin;
mod part;
pub mod schema;
mod series;
mod stored;
mod target;
mod threshold;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use encoded::{DecodeError, Encoded};
pub use expected_interval::ExpectedInterval;
pub use headline::{Headline, TargetStatus};
pub use interval::Interval;
pub use latency::Latency;
pub use machine::{Machine, Tool};
pub use note::{Note, NoteCode};
pub use origin::Origin;
pub use part::Part;
pub(crate) use series::{Series, Steps, coarsened, lengths_s};
pub use stored::{ReadError, read};
pub use target::{TargetSample, TargetUse};
pub use threshold::{Aborted, Outcome, ThresholdResult};

use crate::measure::{Counters, DueSource, ErrorKind, HostUse, Metric, Rx, SequenceSource, Truth};
use crate::plan::{Plan, Settings};
use crate::verdict::{Code, Reason, Status, Verdict};

/// The schema's name and version.
pub const SCHEMA: &str = "weir.report/1";

/// All that a run found.
#[derive(Debug, Clone, JsonSchema, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    #[schemars(extend("const" = SCHEMA))]
    pub schema: String,
    /// What measured.
    pub tool: Tool,
    /// When the first stream could start, RFC 3339 in UTC.
    pub started_at: String,
    /// What was asked for.
    #[schemars(with = "Settings")]
    pub plan: Plan,
    /// Where it ran.
    pub machine: Machine,
    /// Where receive times came from: `kernel` only if all did.
    pub rx: Rx,
    /// What lost, duplicated and reordered are told by.
    pub sequence: SequenceSource,
    /// What `delivery` counts from.
    pub due: DueSource,
    /// What became of the period that the user gave; absent without one, or where no stream was long enough to tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected_interval: Option<ExpectedInterval>,
    /// Whether the user ended the run before its plan did.
    pub interrupted: bool,
    /// Whether it was given up, since nothing but failures came of it.
    pub given_up: bool,
    /// The threshold that ended it before its plan did, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aborted: Option<Aborted>,
    /// What became of the target, whatever may be thought of the figures.
    #[serde(default)]
    pub headline: Headline,
    /// Whether the figures may be believed.
    pub verdict: Verdict,
    /// What else has to be known to read the figures.
    pub notes: Vec<Note>,
    /// Counts over the whole run, warm-up included.
    pub counters: Counters,
    /// Failed streams by kind.
    pub errors: BTreeMap<ErrorKind, u64>,
    /// What the first failure of each kind looked like.
    pub error_samples: BTreeMap<ErrorKind, String>,
    /// Rates inside the window.
    pub throughput: Throughput,
    /// Latencies by metric: of events inside the window, of streams that were alive in it; those without samples are
    /// left out.
    pub latency: BTreeMap<Metric, Latency>,
    /// The same of each cohort of streams, by its name, where a load has several.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub cohorts: BTreeMap<String, Part>,
    /// The same of each phase of a load, in their order, where it has several.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub phases: Vec<Part>,
    /// What the generator used inside the window.
    pub resources: Resources,
    /// What an embedded server counted; absent for any other target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<Served>,
    /// What the target used, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetUse>,
    /// What was asked of the figures, and whether they hold it.
    pub thresholds: Vec<ThresholdResult>,
    /// The window in steps of a second, or in a long run of two, four, eight and so on: 600 at most, all equally long but the last.
    pub intervals: Vec<Interval>,
    /// By metric.
    pub histograms: BTreeMap<Metric, Encoded>,
    /// The reports that this one was made of, if it was (`weir merge`).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub merged_from: Vec<Origin>,
    /// What the server's stamps say of the same events, in a calibration.
    #[serde(skip)]
    pub truth: Option<Box<Truth>>,
}

impl Report {
    /// With what became of the thresholds that were asked of it, and the headline that follows from all of it.
    #[must_use]
    pub fn judged(mut self, thresholds: Vec<ThresholdResult>) -> Self {
        self.thresholds = thresholds;
        self.headline = Headline::of(&self);
        self
    }

    /// Whether it is invalid by the generator's doing or its machine's. That nothing came is the target's, if streams failed or
    /// waited in vain.
    #[must_use]
    pub fn is_spoilt(&self) -> bool {
        let mut invalid = self.invalid_reasons();
        let is_targets = invalid.next().is_some() && self.spoilt_by().is_none();
        self.verdict.status == Status::Invalid && !is_targets
    }

    /// What spoilt it, if it says.
    #[must_use]
    pub fn spoilt_by(&self) -> Option<&Reason> {
        let in_vain = self.counters.streams_failed + self.counters.streams_unanswered;
        let is_targets = |reason: &&Reason| reason.code == Code::FewSamples && in_vain > 0;
        self.invalid_reasons().find(|reason| !is_targets(reason))
    }

    fn invalid_reasons(&self) -> impl Iterator<Item = &Reason> {
        let reasons = self.verdict.reasons.iter();
        reasons.filter(|reason| reason.severity == Status::Invalid)
    }

    /// Whether it measured, and has no series of it: that of a merged report may have been left out.
    pub(crate) fn lacks_series(&self) -> bool {
        self.intervals.is_empty() && self.throughput.window_s > 0.0
    }

    /// Streams that failed for want of a local port or descriptor.
    #[must_use]
    pub fn local_failures(&self) -> u64 {
        let local = self.errors.iter().filter(|(kind, _)| kind.is_local());
        local.map(|(_, count)| count).sum()
    }
}

/// Rates inside the measuring window.
#[derive(Debug, Clone, Copy, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Throughput {
    /// The window's length.
    pub window_s: f64,
    /// Events received in it.
    pub events: u64,
    /// Events received a second.
    pub events_per_s: f64,
    /// Bytes read a second.
    pub bytes_per_s: f64,
    /// Streams completed a second.
    pub streams_per_s: f64,
    /// Streams started a second, those that found no local port or descriptor left out.
    pub started_streams_per_s: f64,
    /// Streams a second that were meant to start in it, in the open model; of a fixed number of streams until the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offered_streams_per_s: Option<f64>,
}

/// What the generator's threads used inside the window, and the process at most.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Resources {
    /// Processor time in user space, of all workers.
    pub cpu_user_s: f64,
    /// Processor time in the kernel, of all workers.
    pub cpu_sys_s: f64,
    /// Most memory resident; with an embedded server its memory too.
    pub rss_peak_bytes: u64,
    /// Each worker.
    pub threads: Vec<ThreadUse>,
    /// This host's processors, whoever used them; absent where the kernel does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<HostUse>,
    /// Processor time for an event, user and system; absent without events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_event: Option<f64>,
}

/// One worker's thread.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ThreadUse {
    /// Processor time over the window's length.
    pub busy_ratio: f64,
}

/// What the embedded server counted over the whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Served {
    /// Streams it served.
    pub streams: u64,
    /// Events it handed to their sockets.
    pub events: u64,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::measure::new_histogram;
    use crate::plan::tests::plan;

    /// Of a run that the generator spoilt.
    pub(crate) fn invalid() -> Verdict {
        let reason = Reason {
            code: Code::StartLag,
            severity: Status::Invalid,
            figure: 20.0,
            limit: 10.0,
            unit: crate::verdict::ReasonUnit::Ms,
            message: "streams started late".to_owned(),
        };
        Verdict {
            status: Status::Invalid,
            reasons: vec![reason],
        }
    }

    /// A valid report of a second and a half: 600 events without a gap, then 400 with gaps of 10 ms or, a tenth of them,
    /// 20 ms; 1,000 gaps.
    pub(crate) fn report() -> Report {
        let mut gaps = new_histogram();
        gaps.record_n(10_000_000, 900).unwrap();
        gaps.record_n(20_000_000, 100).unwrap();
        let interval = |t_s, events| Interval {
            t_s,
            events_per_s: events as f64,
            counters: Counters {
                events,
                ..Counters::default()
            },
            ..Interval::default()
        };
        Report {
            schema: SCHEMA.to_owned(),
            tool: Tool::this(),
            started_at: "2026-01-02T03:04:05.000Z".to_owned(),
            plan: plan("http://127.0.0.1:1/"),
            machine: Machine::this(),
            rx: Rx::Kernel,
            sequence: SequenceSource::Stamps,
            due: DueSource::Stamps,
            expected_interval: None,
            interrupted: false,
            given_up: false,
            aborted: None,
            headline: Headline::default(),
            verdict: Verdict {
                status: Status::Valid,
                reasons: Vec::new(),
            },
            notes: Vec::new(),
            counters: Counters {
                streams_started: 1,
                streams_established: 1,
                streams_cut: 1,
                streams_open_peak: 1,
                events: 1_000,
                ..Counters::default()
            },
            errors: BTreeMap::new(),
            error_samples: BTreeMap::new(),
            throughput: Throughput {
                window_s: 1.5,
                events: 1_000,
                events_per_s: 1_000.0 / 1.5,
                ..Throughput::default()
            },
            latency: [(Metric::Gap, Latency::of(&gaps).unwrap())].into(),
            cohorts: BTreeMap::new(),
            phases: Vec::new(),
            resources: Resources::default(),
            server: None,
            target: None,
            thresholds: Vec::new(),
            intervals: vec![
                interval(1.0, 600),
                Interval {
                    gap_p99_ns: Some(20_000_000),
                    histograms: [(Metric::Gap, Encoded::of(&gaps))].into(),
                    ..interval(1.5, 400)
                },
            ],
            histograms: [(Metric::Gap, Encoded::of(&gaps))].into(),
            merged_from: Vec::new(),
            truth: None,
        }
    }
}
