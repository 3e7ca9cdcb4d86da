//! Thresholds that may end a run.

use weir_time::nanoseconds;

use super::stretch::Slide;
use crate::plan::threshold::Threshold;
use crate::report::{Aborted, Interval, Outcome};

/// Those of a run's thresholds that may end it, and what they have seen.
pub(crate) struct Live {
    watched: Vec<(Threshold, Slide)>,
}

impl Live {
    pub(crate) fn new(thresholds: &[Threshold]) -> Self {
        let may_abort = thresholds
            .iter()
            .filter(|threshold| threshold.abort_after.is_some());
        let watched = may_abort.map(|threshold| {
            let slide = Slide::new(threshold.figure.metric(), threshold.over);
            (threshold.clone(), slide)
        });
        Self {
            watched: watched.collect(),
        }
    }

    /// Takes the next interval, and says which threshold is breached after it, if one is.
    pub(crate) fn push(&mut self, interval: &Interval) -> Option<Aborted> {
        for (_, slide) in &mut self.watched {
            slide.push(interval);
        }
        self.watched
            .iter()
            .find_map(|(threshold, slide)| breach(threshold, slide))
    }
}

/// A breach that is beyond doubt: after the grace time, of a whole window, with enough samples.
fn breach(threshold: &Threshold, slide: &Slide) -> Option<Aborted> {
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
mod tests {
    use super::*;
    use crate::measure::{Counters, Metric, new_histogram};
    use crate::report::Encoded;

    /// Second `t_s` of a run with so many gaps of so many milliseconds.
    fn second(t_s: u64, gaps: u64, gap_ms: u64) -> Interval {
        let mut histogram = new_histogram();
        histogram.record_n(gap_ms * 1_000_000, gaps).unwrap();
        Interval {
            t_s: t_s as f64,
            counters: Counters {
                streams_failed: u64::from(t_s == 3),
                ..Counters::default()
            },
            histograms: [(Metric::Gap, Encoded::of(&histogram))].into(),
            ..Interval::default()
        }
    }

    /// The second after which a run whose gaps are all of 100 ms, so many a second, is ended.
    fn ends_after(expression: &str, gaps: u64) -> Option<f64> {
        let mut live = Live::new(&[expression.parse().unwrap()]);
        (1..=30).find_map(|t_s| {
            live.push(&second(t_s, gaps, 100))
                .map(|aborted| aborted.t_s)
        })
    }

    #[test]
    fn a_breach_ends_a_run_once_its_grace_is_over() {
        assert_eq!(ends_after("gap.p99<50ms abort after 5s", 1_000), Some(5.0));
        assert_eq!(ends_after("gap.p99<50ms abort", 1_000), Some(10.0));
        assert_eq!(ends_after("gap.p99<50ms abort after 0", 1_000), Some(1.0));
        assert_eq!(ends_after("gap.p99<50ms", 1_000), None);
        assert_eq!(ends_after("gap.p99<150ms abort after 0", 1_000), None);
    }

    #[test]
    fn a_window_must_be_whole_and_a_quantile_have_its_samples() {
        assert_eq!(
            ends_after("gap.p99<50ms over 7s abort after 2s", 1_000),
            Some(7.0)
        );
        assert_eq!(ends_after("gap.p99<50ms abort after 1s", 200), Some(4.0));
        assert_eq!(ends_after("gap.p99<50ms over 2s abort after 1s", 200), None);
    }

    #[test]
    fn a_breach_ends_a_run_while_its_window_is_open() {
        assert_eq!(ends_after("errors==0 abort after 1s", 1), Some(3.0));
        assert_eq!(ends_after("errors==0 over 2s abort after 4s", 1), Some(4.0));
        assert_eq!(ends_after("errors==0 over 2s abort after 5s", 1), None);
    }
}
