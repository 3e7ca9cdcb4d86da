//! Thresholds in every window of a run, as its intervals come.

use super::judgement::Judgement;
use super::source::Found;
use super::stretch::Slide;
use crate::plan::threshold::Threshold;
use crate::report::Interval;

/// A threshold and the windows that it has to hold in: the present one, and what was found in those so far. It has no more in memory
/// than the intervals of one window, however long the run.
pub(super) struct Windows {
    threshold: Threshold,
    slide: Slide,
    all: u64,
    /// Those without the figure: they say nothing, and others may still.
    silent: u64,
    worst: Option<Judgement>,
}

impl Windows {
    pub(super) fn new(threshold: &Threshold) -> Self {
        Self {
            threshold: threshold.clone(),
            slide: Slide::new(threshold.figure.metric(), threshold.over),
            all: 0,
            silent: 0,
            worst: None,
        }
    }

    pub(super) fn threshold(&self) -> &Threshold {
        &self.threshold
    }

    /// Whether it is of use to take intervals: else only the whole run counts.
    pub(super) fn are_followed(&self) -> bool {
        let Threshold {
            over, abort_after, ..
        } = &self.threshold;
        over.is_some() || abort_after.is_some()
    }

    /// The last seconds, as long as a window once there are so many; all of them if windows have no length.
    pub(super) fn slide(&self) -> &Slide {
        &self.slide
    }

    /// Takes the next interval, and the window that ends with it.
    pub(super) fn push(&mut self, interval: &Interval) {
        self.slide.push(interval);
        if self.threshold.over.is_none() {
            return;
        }
        if let Some(stretch) = self.slide.full() {
            self.take(self.threshold.figure.of_stretch(stretch));
        }
    }

    /// The worst of all windows; of a run that was shorter than one, what there is.
    pub(super) fn judgement(mut self) -> Judgement {
        let is_short = self.all == 0;
        if is_short {
            self.take(self.threshold.figure.of_stretch(self.slide.stretch()));
        }
        let Self {
            threshold,
            slide,
            all,
            silent,
            worst,
        } = self;
        let mut judgement = worst.unwrap_or_else(|| threshold.judge(None));
        if silent > 0 && silent < all {
            let absent = threshold.figure.absent();
            let remark = format!("{absent} in {silent} of {all} windows");
            judgement.remarks.push(remark);
        }
        if is_short {
            let length_s = slide.elapsed_ns() as f64 / 1e9;
            let remark = format!("over {length_s:.1} s, which is all there is");
            judgement.remarks.push(remark);
        }
        judgement
    }

    fn take(&mut self, found: Option<Found>) {
        self.all += 1;
        if found.is_none() {
            self.silent += 1;
            return;
        }
        let judgement = self.threshold.judge(found);
        self.worst = Some(match self.worst.take() {
            Some(before) => self.threshold.worse(before, judgement),
            None => judgement,
        });
    }
}
