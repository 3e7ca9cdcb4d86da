use super::*;
use crate::measure::{
    Counters, DueSource, ErrorKind, Metric, Rx, SequenceSource, Unit, new_histogram,
};
use crate::plan::TargetFigures;
use crate::report::{Aborted, Encoded, Interval, Latency, Outcome, TargetUse, Throughput};
use crate::verdict::Status;

/// Ten seconds of 100 events each, one of which is lost, and of which the gaps are `gap_ms` of the second.
fn report(gap_ms: impl Fn(u64) -> u64) -> Report {
    let mut all = new_histogram();
    let mut intervals = Vec::new();
    for t_s in 1..=10 {
        let mut gaps = new_histogram();
        gaps.record_n(gap_ms(t_s) * 1_000_000, 100).unwrap();
        all.add(&gaps).unwrap();
        intervals.push(Interval {
            t_s: t_s as f64,
            events_per_s: 100.0,
            counters: counters(1),
            histograms: [(Metric::Gap, Encoded::of(&gaps))].into(),
            ..Interval::default()
        });
    }
    Report {
        counters: counters(10),
        errors: [(ErrorKind::Reset, 2)].into(),
        throughput: Throughput {
            window_s: 10.0,
            events: 1_000,
            events_per_s: 100.0,
            streams_per_s: 0.5,
            ..Throughput::default()
        },
        latency: [(Metric::Gap, Latency::of(&all).unwrap())].into(),
        intervals,
        histograms: [(Metric::Gap, Encoded::of(&all))].into(),
        ..crate::report::tests::report()
    }
}

/// Of so many seconds.
fn counters(seconds: u64) -> Counters {
    Counters {
        streams_started: 2 * seconds,
        streams_established: 2 * seconds,
        streams_failed: seconds / 5,
        events: 100 * seconds,
        lost: seconds,
        ..Counters::default()
    }
}

fn judged(expression: &str, report: &Report) -> ThresholdResult {
    let thresholds = [expression.parse().unwrap()];
    judge(&thresholds, report).remove(0)
}

#[test]
fn each_kind_of_figure_is_found_in_a_report() {
    let mut report = report(|_| 20);
    report.plan.watch = Some(TargetFigures::Pid(1));
    report.target = Some(TargetUse {
        bytes_per_stream: Some(11_000.0),
        ..TargetUse::default()
    });
    let found = [
        ("gap.count>=1k", 1_000.0, true),
        ("gap.count>1k", 1_000.0, false),
        ("lost==0", 10.0, false),
        ("lost_rate<1%", 10.0 / 1_010.0, true),
        ("failed_rate<=0.1", 0.1, true),
        ("errors<2", 2.0, false),
        ("reset==2", 2.0, true),
        ("truncated==0", 0.0, true),
        ("events_per_s>99", 100.0, true),
        ("streams_per_s>1", 0.5, false),
        ("target.bytes_per_stream<11KiB", 11_000.0, true),
    ];
    for (expression, observed, passed) in found {
        let result = judged(expression, &report);
        assert_eq!(result.observed, Some(observed), "{expression}");
        assert_eq!(result.passed, passed, "{expression}: {result:?}");
        let outcome = if passed {
            Outcome::Passed
        } else {
            Outcome::Failed
        };
        assert_eq!(
            (result.outcome, result.remark),
            (outcome, None),
            "{expression}"
        );
    }
    let gap = judged("gap.p99<50ms", &report);
    assert_eq!((gap.unit, gap.limit), (Unit::Ns, 50e6));
    assert_eq!(
        gap.observed,
        Some(report.latency[&Metric::Gap].p99_ns as f64)
    );
}

#[test]
fn percentiles_are_those_of_the_report() {
    let report = report(|t_s| t_s * t_s);
    let latency = report.latency[&Metric::Gap];
    let figures = [
        ("p50", latency.p50_ns),
        ("p95", latency.p95_ns),
        ("p99.9", latency.p99_9_ns),
        ("p99_99", latency.p99_99_ns),
        ("max", latency.max_ns),
        ("min", latency.min_ns),
    ];
    for (stat, value_ns) in figures {
        let result = judged(&format!("gap.{stat}<1h"), &report);
        assert_eq!(result.observed, Some(value_ns as f64), "{stat}");
    }
}

#[test]
fn what_is_not_there_is_inconclusive() {
    let mut report = report(|_| 20);
    report.sequence = SequenceSource::None;
    let absent = [
        ("ttfe.p99<1s", "no samples"),
        ("ttfe.p99<1s over 2s", "no samples"),
        ("lost==0", "no stamps"),
        ("lost==0 over 2s", "no stamps"),
        ("offered_streams_per_s>5", "(-r)"),
        ("target.rss_peak_bytes<1GB", "--server-pid"),
    ];
    for (expression, remark) in absent {
        let result = judged(expression, &report);
        assert_eq!(result.outcome, Outcome::Inconclusive, "{expression}");
        assert_eq!((result.observed, result.passed), (None, false));
        assert!(result.remark.unwrap().contains(remark), "{expression}");
    }
    assert_eq!(judged("ttfe.count==0", &report).outcome, Outcome::Passed);
}

#[test]
fn what_was_never_measured_never_passes() {
    let mut report = report(|_| 20);
    report.due = DueSource::ExpectInterval;
    report.rx = Rx::User;
    let unmeasured = [
        ("reconnects==0", "not reconnected"),
        ("reconnects==0 over 2s", "not reconnected"),
        ("streams_unstarted==0", "open model"),
        ("wire.count==0", "no stamps"),
        ("server_lag.count==0 over 2s", "no stamps"),
        ("client_lag.count==0", "no kernel receive times"),
    ];
    for (expression, remark) in unmeasured {
        let result = judged(expression, &report);
        assert_eq!(result.outcome, Outcome::Inconclusive, "{expression}");
        assert!(result.remark.unwrap().contains(remark), "{expression}");
    }
    assert!(judged("delivery.count==0", &report).passed);
    report.due = DueSource::None;
    for expression in [
        "delivery.count==0",
        "censored==0",
        "censored_rate<1% over 2s",
    ] {
        let result = judged(expression, &report);
        assert_eq!(result.outcome, Outcome::Inconclusive, "{expression}");
    }
}

#[test]
fn a_percentile_of_few_samples_may_breach_but_does_not_hold() {
    let report = report(|_| 20);
    let few = "1000 samples, a p99.9 needs 6636";
    let few_of_window = "200 samples, a p99 needs 662";
    for (expression, outcome, remark) in [
        ("gap.p99.9<50ms", Outcome::Inconclusive, Some(few)),
        ("gap.p99.9<5ms", Outcome::Failed, Some(few)),
        ("gap.p99.9>5ms", Outcome::Inconclusive, Some(few)),
        ("gap.p99<50ms", Outcome::Passed, None),
        (
            "gap.p99<50ms over 2s",
            Outcome::Inconclusive,
            Some(few_of_window),
        ),
        ("gap.p99<5ms over 2s", Outcome::Failed, Some(few_of_window)),
    ] {
        let result = judged(expression, &report);
        assert_eq!(result.outcome, outcome, "{expression}");
        assert_eq!(result.remark.as_deref(), remark, "{expression}");
    }
}

#[test]
fn a_lower_bound_settles_only_what_is_over_it() {
    let mut report = report(|_| 20);
    let gap = report.latency.get_mut(&Metric::Gap).unwrap();
    gap.lower_bound_above = Some(0.9);
    let outcomes = [
        ("gap.p50<50ms", Outcome::Passed),
        ("gap.p99<50ms", Outcome::Inconclusive),
        ("gap.max<50ms", Outcome::Inconclusive),
        ("gap.p99<10ms", Outcome::Failed),
        ("gap.p99>10ms", Outcome::Passed),
        ("gap.min<50ms", Outcome::Passed),
    ];
    for (expression, outcome) in outcomes {
        let result = judged(expression, &report);
        assert_eq!(result.outcome, outcome, "{expression}");
        let is_bound = result
            .remark
            .is_some_and(|remark| remark.contains("lower bound"));
        assert_eq!(
            is_bound,
            !expression.contains("p50") && !expression.contains("min")
        );
    }
}

#[test]
fn every_window_counts_and_the_worst_is_shown() {
    // One bad second in ten is not in the p80 of all, and half of each window of two that it is in.
    let report = report(|t_s| if t_s == 6 { 200 } else { 10 });
    assert!(judged("gap.p80<50ms", &report).passed);
    let windowed = judged("gap.p80<50ms over 2s", &report);
    assert_eq!(windowed.outcome, Outcome::Failed);
    assert!(windowed.observed.unwrap() > 199e6);
    assert!(judged("gap.p80<50ms over 6s", &report).passed);
    let least = judged("gap.p80>9ms over 2s", &report);
    assert!(least.passed && least.observed.unwrap() < 11e6);
    assert_eq!(judged("lost<=3 over 3s", &report).observed, Some(3.0));
}

#[test]
fn a_run_shorter_than_the_window_is_judged_over_what_there_is() {
    let report = report(|_| 20);
    let result = judged("lost<=10 over 30s", &report);
    assert_eq!((result.observed, result.passed), (Some(10.0), true));
    assert_eq!(result.remark.unwrap(), "over 10.0 s, which is all there is");
}

#[test]
fn windows_without_the_figure_are_named() {
    let mut report = report(|_| 20);
    for interval in &mut report.intervals[..5] {
        interval.histograms.clear();
    }
    let result = judged("gap.max<50ms over 2s", &report);
    assert!(result.passed);
    assert_eq!(result.remark.unwrap(), "no samples in 4 of 9 windows");
}

#[test]
fn the_threshold_that_ended_a_run_is_breached_whatever_came_after() {
    let mut report = report(|_| 20);
    report.aborted = Some(Aborted {
        expression: "gap.p99<50ms abort".to_owned(),
        t_s: 12.0,
        observed: 60e6,
    });
    let result = judged("gap.p99<50ms abort", &report);
    assert_eq!(
        (result.outcome, result.observed),
        (Outcome::Failed, Some(60e6))
    );
    assert_eq!(result.remark.unwrap(), "ended the run after 12 s");
    assert!(judged("gap.p99<50ms", &report).passed);
}

#[test]
fn the_exit_code_is_that_of_the_worst() {
    use crate::exit::Exit;
    let exit = |expressions: &[&str], status, established| {
        let mut report = report(|_| 20);
        report.verdict.status = status;
        report.counters.streams_established = established;
        let thresholds: Vec<Threshold> = expressions
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        report.thresholds = judge(&thresholds, &report);
        Exit::of(&report)
    };
    let (good, bad, unknown) = ("gap.p99<50ms", "lost==0", "ttfe.p99<1s");
    assert_eq!(exit(&[], Status::Valid, 1), Exit::Success);
    assert_eq!(exit(&[good], Status::Suspect, 1), Exit::Success);
    assert_eq!(exit(&[good, unknown], Status::Valid, 1), Exit::Inconclusive);
    assert_eq!(
        exit(&[unknown, bad, good], Status::Valid, 1),
        Exit::Breached
    );
    assert_eq!(exit(&[bad], Status::Invalid, 1), Exit::Invalid);
    assert_eq!(exit(&[bad], Status::Invalid, 0), Exit::CouldNotRun);
}
