//! A threshold held against a figure.

use super::source::{Few, Found};
use crate::plan::threshold::{Figure, Stat, Threshold};
use crate::report::{Aborted, Outcome, ThresholdResult};

/// What became of a threshold in one stretch.
#[derive(Debug)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) observed: Option<f64>,
    pub(super) remarks: Vec<String>,
}

impl Threshold {
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
            // What was observed may breach a limit; that it keeps one is known only of enough.
            Some(true) if found.few.is_some() => Outcome::Inconclusive,
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

    pub(super) fn of_abort(aborted: &Aborted) -> Self {
        Self {
            outcome: Outcome::Failed,
            observed: Some(aborted.observed),
            remarks: vec![format!("ended the run after {:.0} s", aborted.t_s)],
        }
    }

    pub(super) fn result(self, threshold: &Threshold) -> ThresholdResult {
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
