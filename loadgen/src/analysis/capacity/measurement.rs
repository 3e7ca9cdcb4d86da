//! A run as a trial.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Growth, Little, LostStreams, Outcome, Slo, Step, Trial};
use crate::measure::ErrorKind;
use crate::report::{Report, TargetUse};
use crate::verdict::{Code, Reason, Status};

/// A trial with what its run found beside.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What the search goes by.
    #[serde(flatten)]
    pub trial: Trial,
    /// Of the run's verdict.
    pub status: Status,
    /// Its reasons.
    pub codes: Vec<Code>,
    /// Events received a second.
    pub events_per_s: f64,
    /// The most streams open at one time.
    pub streams_open_peak: u64,
    /// The figure of each service level: nanoseconds, or a part of all.
    pub observed: Vec<Option<f64>>,
    /// Streams that were started.
    pub streams_started: u64,
    /// What part of them failed, starved or stalled.
    pub streams_lost: LostStreams,
    /// Those that failed, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub errors: BTreeMap<ErrorKind, u64>,
    /// What the first of each kind looked like: of a response its status and the beginning of its body.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub error_samples: BTreeMap<ErrorKind, String>,
    /// Little's law, where streams arrive and end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub little: Option<Little>,
    /// The window's length.
    pub window_s: f64,
    /// What the target used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetUse>,
}

impl Measurement {
    /// A run. What the generator did not do is none of the target's losses: a run that is invalid, or in
    /// which streams did not start as they were to, is no measurement of the target.
    #[must_use]
    pub fn of(step: Step, took_s: f64, report: &Report, slos: &[Slo]) -> Self {
        let outcome = match by_generator(report) {
            Some(because) => Outcome::Invalid { because },
            None => measured(report, slos),
        };
        Self {
            trial: step.trial(took_s, outcome),
            status: report.verdict.status,
            codes: report
                .verdict
                .reasons
                .iter()
                .map(|reason| reason.code)
                .collect(),
            events_per_s: report.throughput.events_per_s,
            streams_open_peak: report.counters.streams_open_peak,
            observed: slos.iter().map(|slo| slo.observed(report)).collect(),
            streams_started: report.counters.streams_started,
            streams_lost: LostStreams::of(report).unwrap_or_default(),
            errors: report.errors.clone(),
            error_samples: report.error_samples.clone(),
            little: Little::of(report),
            window_s: report.throughput.window_s,
            target: report.target.clone(),
        }
    }

    /// A load that this machine cannot make.
    #[must_use]
    pub fn refused(step: Step, took_s: f64, because: String, slos: &[Slo]) -> Self {
        Self {
            trial: step.trial(took_s, Outcome::Invalid { because }),
            status: Status::Invalid,
            codes: Vec::new(),
            events_per_s: 0.0,
            streams_open_peak: 0,
            observed: vec![None; slos.len()],
            streams_started: 0,
            streams_lost: LostStreams::default(),
            errors: BTreeMap::new(),
            error_samples: BTreeMap::new(),
            little: None,
            window_s: 0.0,
            target: None,
        }
    }
}

/// Why the generator was the limit, if it was.
fn by_generator(report: &Report) -> Option<String> {
    let missed = |reason: &&Reason| reason.code == Code::RateMissed;
    let reason = report
        .spoilt_by()
        .or_else(|| report.verdict.reasons.iter().find(missed));
    let local = report.local_failures();
    reason
        .map(|reason| format!("{}: {}", reason.code.name(), reason.message))
        .or_else(|| {
            (local > 0).then(|| format!("{local} streams lacked a local port or descriptor"))
        })
}

fn measured(report: &Report, slos: &[Slo]) -> Outcome {
    let lost: Option<Vec<f64>> = slos.iter().map(|slo| slo.loss_ratio(report)).collect();
    let Some(loss_ratios) = lost else {
        return Outcome::Invalid {
            because: "no stream was started".to_owned(),
        };
    };
    let levels = slos.iter().zip(&loss_ratios);
    let undecided: Vec<Option<String>> = levels
        .map(|(slo, &loss_ratio)| slo.undecided(report, loss_ratio))
        .collect();
    let is_decided = undecided.iter().all(Option::is_none);
    Outcome::Measured {
        loss_ratios,
        undecided: if is_decided { Vec::new() } else { undecided },
        grows: Growth::of(report),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::analysis::capacity::{Goal, Said};
    use crate::measure::{Counters, Metric, new_histogram};
    use crate::report::{Encoded, Interval, Throughput};
    use crate::verdict::ReasonUnit;

    pub(crate) const STEP: Step = Step {
        load: 10.0,
        trial_s: 5.0,
    };

    /// A valid report of so many streams, and of nothing else.
    pub(crate) fn report(streams: u64) -> Report {
        Report {
            counters: Counters {
                streams_started: streams,
                streams_established: streams,
                ..Counters::default()
            },
            throughput: Throughput::default(),
            latency: BTreeMap::new(),
            intervals: Vec::new(),
            histograms: BTreeMap::new(),
            ..crate::report::tests::report()
        }
    }

    pub(crate) fn histogram_ms(values_ms: impl IntoIterator<Item = u64>) -> Encoded {
        let mut histogram = new_histogram();
        for value_ms in values_ms {
            histogram.record(value_ms * 1_000_000).unwrap();
        }
        Encoded::of(&histogram)
    }

    fn reason(code: Code, severity: Status) -> Reason {
        Reason {
            code,
            severity,
            figure: 1.0,
            limit: 0.5,
            unit: ReasonUnit::Ratio,
            message: "too late".into(),
        }
    }

    fn outcome(reasons: Vec<Reason>, streams_failed: u64) -> Outcome {
        let mut report = report(10);
        report.verdict.status = reasons.iter().map(|reason| reason.severity).max().unwrap();
        report.verdict.reasons = reasons;
        report.counters.streams_failed = streams_failed;
        if streams_failed == 0 {
            report
                .histograms
                .insert(Metric::Delivery, histogram_ms([5; 700]));
        }
        let slos = ["delivery.p99<20ms".parse().unwrap()];
        Measurement::of(STEP, 6.0, &report, &slos).trial.outcome
    }

    #[test]
    fn a_run_that_the_generator_spoilt_is_no_loss_of_the_targets() {
        let spoilt = [
            reason(Code::ClientLag, Status::Invalid),
            reason(Code::DebugBuild, Status::Invalid),
            reason(Code::RateMissed, Status::Suspect),
            reason(Code::FewSamples, Status::Invalid),
        ];
        for reason in spoilt {
            let name = reason.code.name();
            let Outcome::Invalid { because } = outcome(vec![reason], 0) else {
                panic!("{name} was counted");
            };
            assert_eq!(because, format!("{name}: too late"));
        }
    }

    #[test]
    fn a_suspect_run_and_one_that_the_target_refused_count() {
        let measured = |loss_ratio| Outcome::lost(vec![loss_ratio]);
        let suspect = outcome(vec![reason(Code::SharedCores, Status::Suspect)], 0);
        assert_eq!(suspect, measured(0.0));
        let refused = outcome(vec![reason(Code::FewSamples, Status::Invalid)], 10);
        assert_eq!(refused, measured(1.0));
        let both = vec![
            reason(Code::FewSamples, Status::Invalid),
            reason(Code::Clock, Status::Invalid),
        ];
        assert!(matches!(outcome(both, 10), Outcome::Invalid { .. }));
    }

    #[test]
    fn without_samples_for_a_level_it_is_undecided_and_without_a_stream_nothing_is_said() {
        let slos = ["failed_rate<1%", "delivery.p99<20ms"].map(|slo| slo.parse().unwrap());
        let trial = Measurement::of(STEP, 6.0, &report(10), &slos).trial;
        assert_eq!(trial.undecided(0), None);
        assert_eq!(trial.undecided(1), Some("0 samples, a p99 needs 662"));
        let none = Measurement::of(STEP, 6.0, &report(0), &slos).trial;
        assert!(none.is_invalid());
    }

    #[test]
    fn a_latency_that_grows_through_the_trial_is_a_load_that_is_not_carried() {
        let second = |(t_s, ms): (u32, u64)| Interval {
            t_s: t_s.into(),
            histograms: [(Metric::Delivery, histogram_ms([ms; 1_000]))].into(),
            ..Interval::default()
        };
        let mut report = report(10);
        report.histograms = [(Metric::Delivery, histogram_ms([5; 5_000]))].into();
        report.intervals = (1..).zip([2, 4, 6, 8, 10]).map(second).collect();
        let slos = ["delivery.p99<20ms".parse().unwrap()];
        let trial = Measurement::of(STEP, 6.0, &report, &slos).trial;
        assert_eq!(trial.loss_ratio(0), Some(1.0));
        let goal = Goal::new(0.01, 5.0, 0.05);
        assert_eq!(trial.says(0, &goal), Said::Fails);
    }
}
