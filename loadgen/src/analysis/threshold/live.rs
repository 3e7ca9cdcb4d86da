//! Thresholds that are followed while a run goes on: what may end it, and what has to hold in every window of it.

use weir_time::nanoseconds;

use super::evaluate::result;
use super::windows::Windows;
use crate::plan::threshold::Threshold;
use crate::report::{Aborted, Interval, Outcome, Report, ThresholdResult};

/// A run's thresholds, and what they have seen of it.
pub(crate) struct Live {
    thresholds: Vec<Windows>,
}

impl Live {
    pub(crate) fn new(thresholds: &[Threshold]) -> Self {
        Self {
            thresholds: thresholds.iter().map(Windows::new).collect(),
        }
    }

    /// Takes the next interval, and says which threshold is breached after it, if one is that may end the run. All of them have to
    /// come, in their order and as they were taken, those after a breach too.
    pub(crate) fn push(&mut self, interval: &Interval) -> Option<Aborted> {
        for windows in &mut self.thresholds {
            if windows.are_followed() {
                windows.push(interval);
            }
        }
        self.thresholds.iter().find_map(breach)
    }

    /// What became of each threshold, in their order, now that the run is over and all intervals have come. Those without windows
    /// are held against the report; its series is not looked at.
    pub(crate) fn judge(self, report: &Report) -> Vec<ThresholdResult> {
        let thresholds = self.thresholds.into_iter();
        thresholds
            .map(|windows| {
                let threshold = windows.threshold().clone();
                result(&threshold, report, || windows.judgement())
            })
            .collect()
    }
}

/// A breach that is beyond doubt: after the grace time, of a whole window, with enough samples.
fn breach(windows: &Windows) -> Option<Aborted> {
    let (threshold, slide) = (windows.threshold(), windows.slide());
    let grace_ns = nanoseconds(threshold.abort_after?);
    let found = threshold.figure.of_stretch(slide.full()?)?;
    let is_settled = slide.elapsed_ns() >= grace_ns && found.few.is_none();
    let is_breached = threshold.judge(Some(found)).outcome == Outcome::Failed;
    (is_settled && is_breached).then(|| Aborted {
        expression: threshold.expression().to_owned(),
        t_s: slide.elapsed_ns() as f64 / 1e9,
        observed: found.value,
    })
}

#[cfg(test)]
mod tests;
