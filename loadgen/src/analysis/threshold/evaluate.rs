//! Thresholds held against a report.

use super::judgement::Judgement;
use super::series;
use crate::plan::threshold::Threshold;
use crate::report::{Report, ThresholdResult};

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

impl Threshold {
    /// Why nothing in the report says anything of the figure, if so: its plan could not measure it, or its streams had not what it
    /// is told by.
    fn untold_in(&self, report: &Report) -> Option<&'static str> {
        let unmeasurable = self.unmeasurable_in(&report.plan);
        unmeasurable.or_else(|| self.figure.untold_in(report))
    }
}

#[cfg(test)]
mod tests;
