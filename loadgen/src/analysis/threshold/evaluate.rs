//! Thresholds held against a report.

use super::series;
use super::source::{Few, Found};
use crate::plan::threshold::{Figure, Stat, Threshold};
use crate::report::{Aborted, Outcome, Report, ThresholdResult};

/// What became of each threshold in a run that is over, be it stored or merged. Of one that was followed as it went on, `Live` knows
/// more.
#[must_use]
pub fn judge(thresholds: &[Threshold], report: &Report) -> Vec<ThresholdResult> {
    let thresholds = thresholds.iter();
    thresholds
        .map(|threshold| result(threshold, report, || series::judgement(threshold, report)))
        .collect()
}

/// What became of a threshold in a run; `in_windows` says it of one that has to hold in every window.
pub(super) fn result(
    threshold: &Threshold,
    report: &Report,
    in_windows: impl FnOnce() -> Judgement,
) -> ThresholdResult {
    let aborted = report.aborted.as_ref();
    let own = aborted.filter(|aborted| aborted.expression == threshold.expression());
    let judgement = match (own, threshold.untold_in(report), threshold.over) {
        (Some(aborted), ..) => Judgement::of_abort(aborted),
        (None, Some(why), _) => Judgement::unknown(why),
        (None, None, None) => threshold.judge(threshold.figure.of_run(report)),
        (None, None, Some(_)) => in_windows(),
    };
    judgement.result(threshold)
}

/// What became of a threshold in one stretch.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) observed: Option<f64>,
    pub(super) remarks: Vec<String>,
}

impl Threshold {
    /// Why nothing in the report says anything of the figure, if so: its plan could not measure it, or its streams had not what it
    /// is told by.
    fn untold_in(&self, report: &Report) -> Option<&'static str> {
        let unmeasurable = self.unmeasurable_in(&report.plan);
        unmeasurable.or_else(|| self.figure.untold_in(report))
    }

    /// Holds what was found against the limit.
    pub(super) fn judge(&self, found: Option<Found>) -> Judgement {
        let Some(found) = found else {
            return Judgement::unknown(self.figure.absent());
        };
        let holds = if found.at_least {
            self.op.holds_from(found.value, self.limit)
        } else {
            Some(self.op.holds(found.value, self.limit))
        };
        let outcome = match holds {
            Some(true) => Outcome::Passed,
            Some(false) => Outcome::Failed,
            None => Outcome::Inconclusive,
        };
        let bound = found
            .at_least
            .then(|| "a lower bound: waits that had not ended are in it".to_owned());
        let few = found.few.map(|few| self.too_few(few));
        Judgement {
            outcome,
            observed: Some(found.value),
            remarks: bound.into_iter().chain(few).collect(),
        }
    }

    fn too_few(&self, Few { samples, needed }: Few) -> String {
        let percentile = match self.figure {
            // As many digits as anybody types, and not those that a product ends in.
            Figure::Latency(_, Stat::Quantile(quantile)) => {
                format!("p{}", (quantile * 1e8).round() / 1e6)
            }
            Figure::Latency(..) | Figure::Scalar(_) | Figure::RunScalar(_) | Figure::Error(_) => {
                "figure".to_owned()
            }
        };
        let samples_are = if samples == 1 { "sample" } else { "samples" };
        format!("{samples} {samples_are}, a {percentile} needs {needed}")
    }

    /// Which of two judgements is worse; the first if they are alike.
    pub(super) fn worse(&self, one: Judgement, other: Judgement) -> Judgement {
        let key = |judgement: &Judgement| {
            let badness = |value| self.op.badness(value, self.limit);
            let badness = judgement.observed.map_or(f64::NEG_INFINITY, badness);
            (judgement.outcome, badness)
        };
        if key(&other) > key(&one) { other } else { one }
    }
}

impl Judgement {
    /// That nothing says.
    pub(super) fn unknown(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::Inconclusive,
            observed: None,
            remarks: vec![why.into()],
        }
    }

    fn of_abort(aborted: &Aborted) -> Self {
        Self {
            outcome: Outcome::Failed,
            observed: Some(aborted.observed),
            remarks: vec![format!("ended the run after {:.0} s", aborted.t_s)],
        }
    }

    fn result(self, threshold: &Threshold) -> ThresholdResult {
        ThresholdResult {
            expression: threshold.expression().to_owned(),
            observed: self.observed,
            limit: threshold.limit,
            unit: threshold.unit(),
            outcome: self.outcome,
            passed: self.outcome == Outcome::Passed,
            remark: (!self.remarks.is_empty()).then(|| self.remarks.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests;
