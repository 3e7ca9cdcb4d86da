//! What is asked of a run's figures: the flag that `weir run` shares with what reads reports.

use clap::Args;

use super::UsageError;
use crate::plan::Settings;
use crate::plan::threshold::Threshold;

#[derive(Debug, Args)]
pub(super) struct ThresholdArgs {
    /// What has to hold, repeatable: 'ttfe.p99<50ms', 'lost==0', 'failed_rate<0.1%', 'gap.p99<50ms over 30s' (in every 30
    /// seconds), 'errors<5 abort' (ends the run). If it does not, weir exits with 10, and with 11 if that cannot be said.
    /// `weir explain thresholds` has every figure.
    #[arg(long = "threshold", value_name = "EXPRESSION")]
    pub(super) thresholds: Vec<Threshold>,
}

/// Refuses the thresholds of a flag whose figures no run of this plan can measure.
pub(super) fn check_measurable<'a>(
    flag: &'static str,
    thresholds: impl IntoIterator<Item = &'a Threshold>,
    plan: &Settings,
) -> Result<(), UsageError> {
    let reason = |threshold: &'a Threshold| Some((threshold, threshold.unmeasurable_in(plan)?));
    let refused = thresholds.into_iter().find_map(reason);
    refused.map_or(Ok(()), |(threshold, reason)| {
        Err(UsageError::Unmeasurable {
            flag,
            expression: threshold.expression().to_owned(),
            reason,
        })
    })
}
