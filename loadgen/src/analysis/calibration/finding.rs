//! What a calibration found: the data model, separate from every way of printing it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::case::Case;
use super::comparison::Comparison;
use super::rates::Rates;
use crate::exit::Exit;
use crate::measure::{Metric, Rx};
use crate::report::{Machine, Report, Tool};
use crate::verdict::{Status, Verdict};

/// The schema's name and version.
pub const SCHEMA: &str = "weir.calibrate/1";

/// All that a calibration found.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// What was calibrated.
    pub tool: Tool,
    /// When it began, RFC 3339 in UTC.
    pub started_at: String,
    /// What was typed.
    pub command: String,
    /// Where.
    pub machine: Machine,
    /// Whether it was only to see that everything runs.
    pub smoke: bool,
    /// Whether the user ended it early.
    pub interrupted: bool,
    /// The known answers.
    pub cases: Vec<CaseResult>,
    /// The search for the highest rate.
    #[serde(flatten)]
    pub rates: Rates,
}

/// What became of a case.
#[derive(Debug, Clone, Serialize)]
pub struct CaseResult {
    /// What it is.
    #[serde(flatten)]
    pub case: Case,
    /// With kernel and user-space receive times in turn.
    pub runs: Vec<Run>,
}

/// One run of a case.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Where receive times came from.
    pub rx: Rx,
    /// Whether its figures may be believed, as any run is judged.
    pub verdict: Verdict,
    /// Events received in the measuring time.
    pub events: u64,
    /// Events received a second.
    pub events_per_s: f64,
    /// Share of events whose receive time is that of a later one.
    pub coalesced_ratio: f64,
    /// By metric; what the case is about.
    pub metrics: BTreeMap<&'static str, Comparison>,
}

impl Calibration {
    /// The exit code that it calls for: that it is invalid if every run of a single stream is, since there is nothing
    /// easier to measure.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let single = |result: &&CaseResult| result.case.streams.count == 1;
        let is_hopeless = |result: &CaseResult| {
            let mut verdicts = result.runs.iter().map(|run| &run.verdict);
            verdicts.all(|verdict| verdict.status == Status::Invalid)
        };
        if self.cases.iter().find(single).is_some_and(is_hopeless) {
            Exit::Invalid
        } else {
            Exit::Success
        }
    }
}

impl CaseResult {
    /// The runs with receive times from one source.
    pub fn runs_by(&self, rx: Rx) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.rx == rx)
    }

    /// What one source of receive times made of a metric: of several runs the one whose 99th percentile is furthest off.
    #[must_use]
    pub fn worst(&self, rx: Rx, metric: Metric) -> Option<&Comparison> {
        self.runs_by(rx)
            .filter_map(|run| run.metrics.get(metric.name()))
            .max_by_key(|comparison| comparison.p99_error_ns())
    }
}

impl Run {
    /// What a run of a case came to, by these metrics.
    #[must_use]
    pub fn of(report: Report, metrics: &[Metric]) -> Self {
        let counters = &report.counters;
        Self {
            rx: report.rx,
            events: report.throughput.events,
            events_per_s: report.throughput.events_per_s,
            coalesced_ratio: counters.coalesced_events as f64 / counters.events.max(1) as f64,
            metrics: metrics
                .iter()
                .filter_map(|&metric| Some((metric.name(), Comparison::of(&report, metric)?)))
                .collect(),
            verdict: report.verdict,
        }
    }
}
