//! Shards whose series are kept in longer steps.

use super::*;
use crate::report::{Outcome, Series, coarsened};

/// A shard whose series is kept in steps that are so many times as long.
fn in_steps(mut report: Report, times: usize) -> Report {
    report.intervals = coarsened(&report.intervals, times).into_owned();
    report
}

fn later(report: Report, started_at: &str) -> Report {
    Report {
        started_at: started_at.to_owned(),
        ..report
    }
}

fn events(report: &Report) -> Vec<(f64, u64)> {
    let intervals = report.intervals.iter();
    intervals
        .map(|interval| (interval.t_s, interval.counters.events))
        .collect()
}

#[test]
fn the_sum_has_the_longest_steps_of_all() {
    let whole = recorded(|_| true);
    let [one, other] = shards();
    for reports in [
        [one.clone(), in_steps(other.clone(), 2)],
        [in_steps(one.clone(), 2), other.clone()],
        [in_steps(one, 2), in_steps(other, 2)],
    ] {
        let sum = merged(reports).unwrap();
        assert_eq!(sum.intervals, *coarsened(&whole.intervals, 2));
        assert_eq!(sum.throughput, whole.throughput);
        assert_eq!(sum.notes, []);
    }
}

#[test]
fn shards_that_begin_whole_steps_apart_lie_beside_each_other() {
    let [one, other] = shards();
    let other = later(in_steps(other, 2), "2026-01-02T03:04:06.900Z");
    let sum = merged([one, other]).unwrap();
    assert_eq!(events(&sum), [(2.0, 1_800), (4.0, 3_300), (5.0, 1_200)]);
    let rates: Vec<f64> = sum
        .intervals
        .iter()
        .map(|interval| interval.events_per_s)
        .collect();
    assert_eq!(rates, [900.0, 1_650.0, 1_200.0]);
    let Throughput {
        window_s, events, ..
    } = sum.throughput;
    assert_eq!((window_s, events), (2.0, 3_300));
}

#[test]
fn a_series_of_steps_that_do_not_lie_on_each_other_is_left_out() {
    let [a, b, c] = [0, 1, 2].map(|part| recorded(|stream| stream % 3 == part));
    let rates = [&a, &b].map(|report| report.throughput.events_per_s);
    let b = later(in_steps(b, 2), "2026-01-02T03:04:06.000Z");
    let c = later(c, "2026-01-02T03:04:05.001Z");
    let named = [a, b].map(|report| (report.started_at.clone(), report));
    let lossless = "lost<1 over 1s".parse().unwrap();
    let sum = merge(&named, &[lossless]).unwrap();
    assert!(sum.intervals.is_empty());
    assert_eq!(
        sum.notes[0].message,
        "shards began to measure up to 1.0 s apart, and series in steps of 1 s and 2 s cannot be put beside each other: the series is \
         left out, and rates are the sums of the shards' own"
    );
    assert!(
        sum.notes[1]
            .message
            .starts_with("at most 5 streams were open at one time:")
    );
    assert_eq!(sum.throughput.events, 1_500 * 3);
    assert_eq!(sum.throughput.events_per_s, rates[0] + rates[1]);
    assert_eq!(sum.thresholds[0].outcome, Outcome::Inconclusive);
    // What others have of a second is not the whole of it.
    let more = [
        (
            "sum",
            Report {
                thresholds: Vec::new(),
                ..sum
            },
        ),
        ("c", c),
    ];
    let more = merge(&more.map(|(name, report)| (name.to_owned(), report)), &[]).unwrap();
    assert!(more.intervals.is_empty());
    assert_eq!(
        more.notes[0].message,
        "series in steps of 1 s and unknown length cannot be put beside each other: the series is left out"
    );
}

#[test]
fn the_series_of_a_sum_is_no_longer_than_others() {
    let long = |started_at: &str| {
        let second = |number| Interval {
            t_s: f64::from(number),
            counters: Counters {
                events: 1,
                ..Counters::default()
            },
            ..Interval::default()
        };
        let mut report = later(report(), started_at);
        report.throughput.window_s = Series::LENGTH_MAX as f64;
        report.intervals = (1..=600).map(second).collect();
        report
    };
    let sum = merged([
        long("2026-01-02T03:04:05.000Z"),
        long("2026-01-02T03:04:06.000Z"),
    ]);
    let events = events(&sum.unwrap());
    assert_eq!(events.len(), 301);
    assert_eq!(events[..2], [(2.0, 3), (4.0, 4)]);
    assert_eq!(events[300], (601.0, 1));
}
