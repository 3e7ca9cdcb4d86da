//! Thresholds in the windows of a stored series, which may be kept in longer steps than it was taken in.

use std::time::Duration;

use weir_time::{NANOS_PER_SEC, nanoseconds};

use super::judgement::Judgement;
use super::windows::Windows;
use crate::plan::threshold::Threshold;
use crate::report::{Outcome, Report, Steps};

/// What became of a threshold in the windows that a report's series has: those that end with a step.
pub(super) fn judgement(threshold: &Threshold, report: &Report) -> Judgement {
    if report.lacks_series() {
        return Judgement::unknown("the report has no series");
    }
    let steps = Steps::of(&report.intervals);
    if !threshold.over.is_none_or(|over| make(steps, over)) {
        return Judgement::unknown(remark(steps));
    }
    let mut windows = Windows::new(threshold);
    for interval in &report.intervals {
        windows.push(interval);
    }
    let mut judgement = windows.judgement();
    if steps.are_thinned() {
        judgement.remarks.push(remark(steps));
        // A breach in these windows is one; a window that begins within a step may have been worse than all of them.
        if judgement.outcome == Outcome::Passed {
            judgement.outcome = Outcome::Inconclusive;
        }
    }
    judgement
}

/// Whether windows of this length can be made of such steps.
fn make(steps: Steps, over: Duration) -> bool {
    let step_ns = steps.longest_s * NANOS_PER_SEC;
    !steps.are_thinned() || (steps.are_even && nanoseconds(over).is_multiple_of(step_ns))
}

fn remark(steps: Steps) -> String {
    format!("the series is kept in steps of {} s", steps.longest_s)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Counters;
    use crate::report::Interval;

    /// What becomes of it in a run whose intervals end at these seconds, and lose so many events.
    fn judged(expression: &str, series: &[(f64, u64)]) -> Judgement {
        let interval = |&(t_s, lost)| Interval {
            t_s,
            counters: Counters {
                lost,
                ..Counters::default()
            },
            ..Interval::default()
        };
        let report = Report {
            intervals: series.iter().map(interval).collect(),
            ..crate::report::tests::report()
        };
        judgement(&expression.parse().unwrap(), &report)
    }

    #[test]
    fn windows_that_the_steps_do_not_make_are_not_judged() {
        let twos = [(2.0, 0), (4.0, 0), (6.0, 9), (8.0, 0), (8.5, 0)];
        for over in ["1s", "3s", "5s"] {
            for limit in ["lost<1000", "lost<5"] {
                let judgement = judged(&format!("{limit} over {over}"), &twos);
                assert_eq!(judgement.outcome, Outcome::Inconclusive, "{over}");
                assert_eq!(judgement.observed, None);
                assert_eq!(judgement.remarks, ["the series is kept in steps of 2 s"]);
            }
        }
    }

    #[test]
    fn windows_that_the_steps_make_tell_a_breach_and_nothing_else() {
        let twos = [(2.0, 0), (4.0, 0), (6.0, 9), (8.0, 1)];
        let judgement = judged("lost<10 over 4s", &twos);
        assert_eq!(judgement.outcome, Outcome::Failed);
        assert_eq!(judgement.observed, Some(10.0));
        assert_eq!(judgement.remarks, ["the series is kept in steps of 2 s"]);
        let holds = judged("lost<=9 over 2s", &twos);
        assert_eq!(holds.outcome, Outcome::Inconclusive);
        assert_eq!(holds.observed, Some(9.0));
    }

    #[test]
    fn steps_of_different_lengths_make_no_windows() {
        let mixed = [(2.0, 0), (4.0, 0), (5.0, 0), (6.0, 0)];
        let judgement = judged("lost<1 over 4s", &mixed);
        assert_eq!(judgement.outcome, Outcome::Inconclusive);
    }

    #[test]
    fn windows_of_a_report_without_a_series_are_not_judged() {
        let judgement = judged("lost<1000 over 1s", &[]);
        assert_eq!(judgement.outcome, Outcome::Inconclusive);
        assert_eq!(judgement.remarks, ["the report has no series"]);
    }

    #[test]
    fn seconds_make_any_window_even_if_the_last_is_short() {
        let seconds = [(1.0, 0), (2.0, 0), (2.3, 0)];
        for over in ["1s", "2s", "5s"] {
            let judgement = judged(&format!("lost<1 over {over}"), &seconds);
            assert_eq!(judgement.outcome, Outcome::Passed, "{over}");
        }
        assert_eq!(
            judged("lost<1 over 2s", &[(0.3, 0)]).outcome,
            Outcome::Passed
        );
    }
}
