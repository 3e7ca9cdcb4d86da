use proptest::prelude::*;

use super::*;
use crate::analysis::threshold::judge;
use crate::measure::{Counters, Metric, SequenceSource, new_histogram};
use crate::report::{Encoded, Throughput};

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

/// What a second of a run was like: events, those lost, streams failed, and a gap in milliseconds, of which there are as many.
type Second = (u64, u64, u64, u64);

fn interval(t_s: f64, (events, lost, failed, gap_ms): Second) -> Interval {
    let mut gaps = new_histogram();
    gaps.record_n(gap_ms * 1_000_000, events).unwrap();
    let any = (events > 0).then(|| (Metric::Gap, Encoded::of(&gaps)));
    Interval {
        t_s,
        events_per_s: events as f64,
        counters: Counters {
            streams_started: 1,
            streams_failed: failed,
            events,
            lost,
            ..Counters::default()
        },
        histograms: any.into_iter().collect(),
        ..Interval::default()
    }
}

/// A run of such seconds, of which the last is only so long.
fn report(seconds: Vec<Second>, last_s: f64, sequence: SequenceSource) -> Report {
    let last = seconds.len();
    let end_s = |number| match number {
        number if number == last => number as f64 - 1.0 + last_s,
        number => number as f64,
    };
    let throughput = Throughput {
        window_s: end_s(last).max(0.0),
        ..Throughput::default()
    };
    let numbered = (1..).zip(seconds);
    Report {
        sequence,
        throughput,
        intervals: numbered
            .map(|(number, second)| interval(end_s(number), second))
            .collect(),
        ..crate::report::tests::report()
    }
}

/// Each figure that is asked for in windows of so many seconds, and what is asked of the whole.
fn asked(over_s: u64) -> Vec<Threshold> {
    let windowed = [
        "gap.p99<100ms",
        "gap.count>100",
        "lost<2",
        "failed_rate<20%",
        "events_per_s!=0",
        "events>=1",
    ];
    let whole = ["events>5", "lost==0", "gap.p50<1s abort after 1h"];
    let windowed = windowed.map(|text| format!("{text} over {over_s}s"));
    let whole = whole.map(str::to_owned);
    let texts = windowed.iter().chain(&whole);
    texts.map(|text| text.parse().unwrap()).collect()
}

proptest! {
    // Each takes hundreds of histograms apart.
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn a_run_that_was_followed_is_judged_as_its_series_is(
        seconds in prop::collection::vec((0..900u64, 0..3u64, 0..2u64, 1..200u64), 0..8),
        last_s in 0.01..1.0f64,
        over_s in 1..5u64,
        is_sequenced: bool,
    ) {
        let sequence = if is_sequenced { SequenceSource::Stamps } else { SequenceSource::None };
        let report = report(seconds, last_s, sequence);
        let thresholds = asked(over_s);
        let mut live = Live::new(&thresholds);
        for interval in &report.intervals {
            prop_assert_eq!(live.push(interval), None);
        }
        prop_assert_eq!(live.judge(&report), judge(&thresholds, &report));
    }
}

#[test]
fn a_run_that_was_followed_needs_no_series() {
    let expressions = ["gap.p80<50ms over 3s", "gap.p80<50ms over 16s"];
    let thresholds = expressions.map(|text| text.parse().unwrap());
    let gap_ms = |t_s| if t_s == 9 { 200 } else { 10 };
    let whole: Vec<Interval> = (1..=24).map(|t_s| second(t_s, 100, gap_ms(t_s))).collect();
    let mut live = Live::new(&thresholds);
    for interval in &whole {
        live.push(interval);
    }
    let thinned = Report {
        intervals: vec![second(12, 1_200, 10), second(24, 1_200, 10)],
        ..crate::report::tests::report()
    };
    let followed = live.judge(&thinned);
    let outcomes = followed.iter().map(|result| result.outcome);
    assert!(outcomes.eq([Outcome::Failed, Outcome::Passed]));
    let stored = judge(&thresholds, &thinned);
    let mut outcomes = stored.iter().map(|result| result.outcome);
    assert!(outcomes.all(|outcome| outcome == Outcome::Inconclusive));
}

#[test]
fn what_came_with_a_breach_is_seen_too() {
    let expressions = ["lost<5 over 1s", "lost<1 abort after 0"];
    let thresholds = expressions.map(|text| text.parse().unwrap());
    let lossy = |t_s, lost| interval(t_s, (10, lost, 0, 1));
    let intervals = vec![lossy(1.0, 1), lossy(2.0, 6), lossy(3.0, 0)];
    let mut live = Live::new(&thresholds);
    let breaches: Vec<_> = intervals.iter().map(|second| live.push(second)).collect();
    let aborted = breaches[0].clone();
    assert_eq!(aborted.as_ref().map(|aborted| aborted.t_s), Some(1.0));
    let report = Report {
        intervals,
        aborted,
        ..crate::report::tests::report()
    };
    let [windowed, ended] = &live.judge(&report)[..] else {
        panic!("there are two");
    };
    assert_eq!(
        (windowed.outcome, windowed.observed),
        (Outcome::Failed, Some(6.0))
    );
    assert_eq!(
        (ended.outcome, ended.observed),
        (Outcome::Failed, Some(1.0))
    );
}
