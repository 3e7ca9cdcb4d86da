//! What became of the target in a run, in one line: beside it stands whether the measurement can be trusted (`verdict`).

use std::cmp::Reverse;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Outcome, Report};
use crate::measure::ErrorKind;
use crate::plan::threshold::Threshold;

/// What became of the target.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
pub struct Headline {
    /// In a word.
    pub target: TargetStatus,
    /// What speaks for that: failed streams by kind, streams without an event, lost events, thresholds.
    pub summary: String,
}

/// How the target fared, whatever may be thought of the measurement.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// No stream failed, none was without an event, nothing was lost, and every threshold holds.
    Ok,
    /// Something of that is not so, and no threshold asks for it.
    Degraded,
    /// The figures cannot say whether a threshold holds, or no stream was started.
    Inconclusive,
    /// A threshold is breached, more than half of the streams failed while no threshold is on failures, or no event came.
    Failed,
}

/// Of nothing.
impl Default for Headline {
    fn default() -> Self {
        Self {
            target: TargetStatus::Inconclusive,
            summary: "no stream was started".to_owned(),
        }
    }
}

impl TargetStatus {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Degraded, Self::Inconclusive, Self::Failed];

    /// As in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::Inconclusive => "inconclusive",
            Self::Failed => "failed",
        }
    }
}

impl Headline {
    /// That of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let findings = [
            unstarted(report),
            failed(report),
            unanswered(report),
            silent(report),
            lost(report),
            thresholds(report),
        ];
        let findings: Vec<Finding> = findings.into_iter().flatten().collect();
        let target = findings.iter().map(|(target, _)| *target).max();
        let texts: Vec<String> = findings.into_iter().map(|(_, text)| text).collect();
        Self {
            target: target.unwrap_or(TargetStatus::Ok),
            summary: if texts.is_empty() {
                well(report)
            } else {
                texts.join("; ")
            },
        }
    }
}

impl Report {
    /// Whether more than half of the streams failed, and no threshold says how many may.
    #[must_use]
    pub fn is_mostly_failed(&self) -> bool {
        let on_failures = |expression: &str| {
            let threshold = expression.parse();
            threshold.is_ok_and(|threshold: Threshold| threshold.figure.is_of_failures())
        };
        let mut expressions = self.thresholds.iter().map(|result| &result.expression);
        self.counters.streams_failed > self.counters.streams_started / 2
            && !expressions.any(|expression| on_failures(expression))
    }
}

type Finding = (TargetStatus, String);

fn unstarted(report: &Report) -> Option<Finding> {
    (report.counters.streams_started == 0).then(|| {
        (
            TargetStatus::Inconclusive,
            "no stream was started".to_owned(),
        )
    })
}

fn failed(report: &Report) -> Option<Finding> {
    let (failed, started) = (
        report.counters.streams_failed,
        report.counters.streams_started,
    );
    if failed == 0 {
        return None;
    }
    let target = if report.is_mostly_failed() {
        TargetStatus::Failed
    } else {
        TargetStatus::Degraded
    };
    let mut kinds: Vec<(&ErrorKind, &u64)> = report.errors.iter().collect();
    kinds.sort_by_key(|(_, count)| Reverse(**count));
    let kinds = kinds
        .iter()
        .map(|(kind, count)| format!("{} {count}", kind.name()));
    let kinds: Vec<String> = kinds.collect();
    let text = format!("{failed} of {started} streams failed: {}", kinds.join(", "));
    Some((target, text))
}

/// Streams that waited in vain and did not fail of it: those that did are named there.
fn unanswered(report: &Report) -> Option<Finding> {
    let timeouts = report.errors.iter().filter(|(kind, _)| kind.is_timeout());
    let timed_out: u64 = timeouts.map(|(_, count)| count).sum();
    let counters = &report.counters;
    let unanswered = counters.streams_unanswered.saturating_sub(timed_out);
    let (of, started) = (unanswered, counters.streams_started);
    (unanswered > 0).then(|| {
        let what = if counters.streams_established == 0 {
            "were accepted and never answered"
        } else {
            "had no event by the end"
        };
        (
            TargetStatus::Degraded,
            format!("{of} of {started} streams {what}"),
        )
    })
}

fn silent(report: &Report) -> Option<Finding> {
    let counters = &report.counters;
    (counters.streams_started > 0 && counters.events == 0)
        .then(|| (TargetStatus::Failed, "no event came".to_owned()))
}

fn lost(report: &Report) -> Option<Finding> {
    let lost = report.counters.lost;
    let events = if lost == 1 {
        "event was"
    } else {
        "events were"
    };
    (lost > 0).then(|| (TargetStatus::Degraded, format!("{lost} {events} lost")))
}

fn thresholds(report: &Report) -> Option<Finding> {
    let of = |outcome| {
        let results = report.thresholds.iter();
        let matching = results.filter(move |result| result.outcome == outcome);
        matching.map(|result| result.expression.as_str())
    };
    let (failed, unknown): (Vec<&str>, Vec<&str>) = (
        of(Outcome::Failed).collect(),
        of(Outcome::Inconclusive).collect(),
    );
    let all = report.thresholds.len();
    let named = |few: &[&str], what| {
        format!(
            "{} of {all} thresholds {what}: {}",
            few.len(),
            few.join(", ")
        )
    };
    let texts = [
        (failed.as_slice(), "failed"),
        (unknown.as_slice(), "cannot be judged"),
    ];
    let texts = texts.into_iter().filter(|(few, _)| !few.is_empty());
    let texts: Vec<String> = texts.map(|(few, what)| named(few, what)).collect();
    let target = if failed.is_empty() {
        TargetStatus::Inconclusive
    } else {
        TargetStatus::Failed
    };
    (!texts.is_empty()).then(|| (target, texts.join("; ")))
}

fn well(report: &Report) -> String {
    let streams = match report.counters.streams_started {
        1 => "the stream did not fail".to_owned(),
        started => format!("none of {started} streams failed"),
    };
    match report.thresholds.len() {
        0 => streams,
        1 => format!("{streams}, the threshold holds"),
        thresholds => format!("{streams}, all {thresholds} thresholds hold"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use crate::measure::Counters;
    use crate::measure::Unit;
    use crate::report::ThresholdResult;
    use crate::report::tests::report;

    fn said(report: &Report) -> (TargetStatus, String) {
        let Headline { target, summary } = Headline::of(report);
        (target, summary)
    }

    fn of(counters: Counters, errors: &[(ErrorKind, u64)]) -> Report {
        Report {
            counters,
            errors: errors.iter().copied().collect(),
            ..report()
        }
    }

    fn asked(expression: &str, outcome: Outcome) -> ThresholdResult {
        ThresholdResult {
            expression: expression.to_owned(),
            observed: None,
            limit: 1.0,
            unit: Unit::Ns,
            outcome,
            passed: outcome == Outcome::Passed,
            remark: None,
        }
    }

    #[test]
    fn a_target_that_died_is_named_first_and_by_its_failures() {
        let counters = Counters {
            streams_started: 400,
            streams_established: 390,
            streams_failed: 400,
            events: 1_000,
            ..Counters::default()
        };
        let errors = [(ErrorKind::ConnectRefused, 20), (ErrorKind::Reset, 380)];
        let mut report = of(counters, &errors);
        let text = "400 of 400 streams failed: reset 380, connect_refused 20";
        assert_eq!(said(&report), (TargetStatus::Failed, text.to_owned()));
        assert_eq!(Exit::of(&report), Exit::Breached);
        // Who says how many may fail has it so.
        report.thresholds = vec![asked("failed_rate<=100%", Outcome::Passed)];
        assert_eq!(said(&report), (TargetStatus::Degraded, text.to_owned()));
        assert_eq!(Exit::of(&report), Exit::Success);
    }

    #[test]
    fn half_is_not_more_than_half() {
        for (failed, exit) in [(0, Exit::Success), (5, Exit::Success), (6, Exit::Breached)] {
            let counters = Counters {
                streams_started: 10,
                streams_established: 10,
                streams_failed: failed,
                events: 1_000,
                ..Counters::default()
            };
            assert_eq!(Exit::of(&of(counters, &[(ErrorKind::Reset, failed)])), exit);
        }
    }

    #[test]
    fn who_accepts_and_never_answers_is_named_as_that() {
        let counters = Counters {
            streams_started: 7,
            streams_unanswered: 7,
            streams_failed: 2,
            ..Counters::default()
        };
        let report = of(counters, &[(ErrorKind::FirstEventTimeout, 2)]);
        let text = "2 of 7 streams failed: first_event_timeout 2; 5 of 7 streams were accepted and never answered; no event came";
        assert_eq!(said(&report), (TargetStatus::Failed, text.to_owned()));
    }

    #[test]
    fn thresholds_are_named_and_what_is_well_is_said() {
        let mut report = report();
        assert_eq!(
            said(&report),
            (TargetStatus::Ok, "the stream did not fail".to_owned())
        );
        report.thresholds = vec![
            asked("gap.p99<1ms", Outcome::Failed),
            asked("ttfe.p99<1ms", Outcome::Inconclusive),
            asked("lost==0", Outcome::Passed),
        ];
        let text = "1 of 3 thresholds failed: gap.p99<1ms; 1 of 3 thresholds cannot be judged: ttfe.p99<1ms";
        assert_eq!(said(&report), (TargetStatus::Failed, text.to_owned()));
        report.thresholds.remove(0);
        assert_eq!(said(&report).0, TargetStatus::Inconclusive);
        report.thresholds.remove(0);
        let text = "the stream did not fail, the threshold holds";
        assert_eq!(said(&report), (TargetStatus::Ok, text.to_owned()));
    }
}
