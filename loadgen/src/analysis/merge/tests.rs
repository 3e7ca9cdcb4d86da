mod series;

use std::time::Duration;

use super::*;
use crate::load::{Arrivals, Process};
use crate::measure::{
    Cohort, CohortShard, EventMoments, IntervalShard, Metric, Received, Recorder, SeenPeriods,
    Window, new_histogram,
};
use crate::plan::TargetFigures;
use crate::report::tests::report;
use crate::report::{Encoded, Latency, TargetUse, Throughput};
use crate::verdict::{Code, Reason, ReasonUnit, Status};

const SECOND_NS: u64 = 1_000_000_000;
const START_NS: u64 = 5 * SECOND_NS;
const SECONDS: u64 = 3;

/// The report of the streams that `takes` of a fixed sequence of events: each of 7 streams has one every 3 ms and a bit, late by
/// what its number and the stream's say.
fn recorded(takes: impl Fn(u64) -> bool) -> Report {
    let end_ns = START_NS + SECONDS * SECOND_NS;
    let window = Window {
        start_ns: START_NS,
        end_ns,
    };
    let mut recorder = Recorder::new(START_NS, window, 1);
    let streams: Vec<u64> = (0..7).filter(|stream| takes(*stream)).collect();
    for second in 0..SECONDS {
        for &stream in &streams {
            events_of(&mut recorder, stream, second);
        }
    }
    let intervals = recorder.finish();
    of_shards(&intervals, streams.len() as u64)
}

fn events_of(recorder: &mut Recorder, stream: u64, second: u64) {
    if second == 0 {
        recorder.started(Cohort::FIRST, START_NS + stream);
    }
    for number in 0..300 {
        let due_ns = START_NS + second * SECOND_NS + number * 3_300_000;
        let late_ns = 1_000 * (1 + (number * number + 13 * stream + second) % 2_000);
        let rx_ns = due_ns + late_ns;
        let received = Received {
            bytes: 100,
            rx_ns,
            rx: Rx::Kernel,
        };
        recorder.read(Cohort::FIRST, received);
        let moments = EventMoments {
            rx_ns,
            previous_rx_ns: (number > 0).then_some(due_ns - 3_300_000),
            due_ns: Some(due_ns),
            sent_ns: Some(due_ns + late_ns / 2),
            previous_sent_ns: None,
        };
        recorder.event(Cohort::FIRST, moments);
        recorder.decoded(Cohort::FIRST, 1, received, rx_ns + 5_000);
    }
}

/// As a run puts it together.
fn of_shards(shards: &[IntervalShard], streams: u64) -> Report {
    let mut whole_part = CohortShard::default();
    let mut intervals = Vec::new();
    for shard in shards {
        let part = &shard.cohorts[0];
        whole_part.merge(part);
        let interval = Interval {
            t_s: (shard.index + 1) as f64,
            streams_open: streams,
            events_per_s: part.totals.events as f64,
            bytes_per_s: part.totals.bytes as f64,
            errors: part.totals.streams_failed,
            counters: part.counters.clone(),
            ..Interval::default()
        };
        intervals.push(interval.with_figures_of(&part.bank));
    }
    let counters = Counters {
        streams_open_peak: streams,
        ..whole_part.net_counters()
    };
    let mut whole = report();
    whole.plan.load.streams = u32::try_from(streams).unwrap();
    whole.throughput = Throughput {
        window_s: SECONDS as f64,
        events: counters.events,
        events_per_s: counters.events as f64 / SECONDS as f64,
        bytes_per_s: counters.bytes as f64 / SECONDS as f64,
        ..Throughput::default()
    };
    whole.latency = latencies::merge(&[], &whole_part.bank);
    whole.histograms = latencies::encoded(&whole_part.bank);
    whole.intervals = intervals;
    whole.counters = counters;
    whole
}

fn shards() -> [Report; 2] {
    [
        recorded(|stream| stream % 3 == 0),
        recorded(|stream| stream % 3 != 0),
    ]
}

fn merged<const N: usize>(reports: [Report; N]) -> Result<Report, MergeError> {
    let names = ["a.json", "b.json", "c.json"].map(str::to_owned);
    let named: Vec<_> = names.into_iter().zip(reports).collect();
    merge(&named, &[])
}

fn refusal(change: impl Fn(&mut Report)) -> String {
    let [one, mut other] = shards();
    change(&mut other);
    merged([one, other]).unwrap_err().to_string()
}

#[test]
fn two_shards_are_the_run_measured_as_one() {
    let whole = recorded(|_| true);
    let sum = merged(shards()).unwrap();
    assert_eq!(sum.counters, whole.counters);
    assert_eq!(whole.counters.events, 7 * 3 * 300);
    assert_eq!(sum.intervals, whole.intervals);
    let decoded = |report: &Report, metric: &Metric| report.histograms[metric].decode();
    assert!(sum.histograms.keys().eq(whole.histograms.keys()) && whole.histograms.len() == 5);
    for metric in whole.histograms.keys() {
        assert_eq!(decoded(&sum, metric), decoded(&whole, metric), "{metric:?}");
    }
    assert_eq!(sum.latency, whole.latency);
    assert_eq!(sum.throughput, whole.throughput);
    assert_eq!(
        (sum.plan.load.streams, sum.verdict.status),
        (7, Status::Valid)
    );
    assert_eq!(sum.notes, []);
    let names: Vec<&str> = sum
        .merged_from
        .iter()
        .map(|origin| origin.name.as_str())
        .collect();
    assert_eq!(names, ["a.json", "b.json"]);
}

#[test]
fn order_and_grouping_change_nothing() {
    let [a, b, c] = [0, 1, 2].map(|part| recorded(|stream| stream % 3 == part));
    let left = merged([a.clone(), b.clone()]).unwrap();
    let right = merged([c.clone(), b.clone()]).unwrap();
    let [left, right] = [merged([left, c]), merged([a, right])].map(Result::unwrap);
    assert_eq!(left.histograms, right.histograms);
    assert_eq!(
        (left.counters, left.intervals),
        (right.counters, right.intervals)
    );
    assert_eq!(left.merged_from.len(), 3);
}

#[test]
fn what_is_counted_already_is_refused() {
    let [one, other] = shards();
    let again = merged([one.clone(), one.clone()]).unwrap_err().to_string();
    assert!(
        again.starts_with(
            "a.json and b.json cannot be added: both hold the run that began at 2026-"
        ),
        "{again}"
    );
    let sum = merged([one.clone(), other]).unwrap();
    assert!(
        merged([sum, one.clone()])
            .unwrap_err()
            .to_string()
            .contains("both hold the run")
    );
    assert!(
        merged([one])
            .unwrap_err()
            .to_string()
            .contains("it takes two")
    );
}

#[test]
fn plans_that_differ_are_refused_by_what_differs() {
    let path = refusal(|report| report.plan.target.path = "/other".to_owned());
    assert_eq!(
        path,
        "a.json and b.json cannot be added: plan.path differs: \"/\" and \"/other\""
    );
    let method = refusal(|report| report.plan.request.method = "POST".to_owned());
    assert!(
        method.contains("plan.request.method differs: \"GET\" and \"POST\""),
        "{method}"
    );
    let total = refusal(|report| report.plan.load.total_streams = Some(5));
    assert!(
        total.contains("plan.total_streams differs: null and 5"),
        "{total}"
    );
    let open = refusal(|report| {
        report.plan.load.arrivals = Some(Arrivals {
            rate_per_s: 1.0,
            process: Process::Uniform,
        });
    });
    assert!(open.contains("plan.arrivals differs: null and {"), "{open}");
    let warmup = refusal(|report| report.plan.warmup = Duration::from_secs(2));
    assert!(
        warmup.contains("plan.warmup_s differs: 0.0 and 2.0"),
        "{warmup}"
    );
}

#[test]
fn load_is_added_and_arrivals_drawn_twice_are_named() {
    let open = |mut report: Report, seed| {
        report.plan.load.arrivals = Some(Arrivals {
            rate_per_s: 1.5,
            process: Process::Poisson,
        });
        report.plan.load.seed = seed;
        report.plan.load.total_streams = Some(10);
        report
    };
    let sum = |seeds: [u64; 2]| {
        let [one, other] = shards();
        merged([open(one, seeds[0]), open(other, seeds[1])]).unwrap()
    };
    let plan = sum([1, 2]).plan;
    assert_eq!(
        (
            plan.load.arrivals.unwrap().rate_per_s,
            plan.load.total_streams
        ),
        (3.0, Some(20))
    );
    assert!(sum([1, 2]).notes.is_empty());
    let same = sum([1, 1]).notes;
    assert!(
        same.len() == 1 && same[0].message.contains("same seed"),
        "{same:?}"
    );
}

#[test]
fn windows_that_do_not_overlap_are_refused_and_others_lie_beside_each_other_by_the_clock() {
    let later = |started_at: &str| {
        let [one, mut other] = shards();
        other.started_at = started_at.to_owned();
        merged([one, other])
    };
    let apart = later("2026-01-02T03:04:08.000Z").unwrap_err().to_string();
    assert!(
        apart.contains("a.json and b.json cannot be added: their measuring times do not overlap"),
        "{apart}"
    );
    assert!(
        later("soon")
            .unwrap_err()
            .to_string()
            .contains("b.json does not say when")
    );
    let together = later("2026-01-02T03:04:05.400Z").unwrap();
    assert_eq!(together.intervals.len(), 3);
    let shifted = later("2026-01-02T03:04:06.900Z").unwrap();
    let events: Vec<u64> = shifted
        .intervals
        .iter()
        .map(|interval| interval.counters.events)
        .collect();
    assert_eq!(events, [900, 900, 2_100, 1_200, 1_200]);
    assert_eq!(
        (shifted.throughput.window_s, shifted.throughput.events),
        (1.0, 2_100)
    );
    assert!(
        shifted.notes[0].message.contains("1.9 s apart"),
        "{:?}",
        shifted.notes
    );
    assert_eq!(shifted.started_at, "2026-01-02T03:04:05.000Z");
}

#[test]
fn the_worst_verdict_counts_and_enough_events_in_all_are_enough() {
    let reason = |code, severity, figure| Reason {
        code,
        severity,
        figure,
        limit: 1.0,
        unit: ReasonUnit::Ms,
        message: format!("{figure}"),
    };
    let [mut one, mut other] = shards();
    one.verdict.reasons = vec![
        reason(Code::FewSamples, Status::Suspect, 1.0),
        reason(Code::StartLag, Status::Suspect, 2.0),
    ];
    let few = merged([Report { ..one.clone() }, other.clone()])
        .unwrap()
        .verdict;
    assert_eq!((few.status, few.reasons.len()), (Status::Suspect, 1));
    other.verdict.reasons = vec![reason(Code::StartLag, Status::Invalid, 3.0)];
    let worst = merged([one.clone(), other.clone()]).unwrap().verdict;
    assert_eq!(worst.status, Status::Invalid);
    assert_eq!(worst.reasons, other.verdict.reasons);
    for report in [&mut one, &mut other] {
        report.throughput.events = 10;
    }
    let few = merged([one, other]).unwrap().verdict;
    assert_eq!(few.reasons[0].code, Code::FewSamples);
}

#[test]
fn thresholds_are_held_against_the_whole() {
    let judged = |report: &mut Report, expression: &str| {
        let thresholds: Vec<Threshold> = vec![expression.parse().unwrap()];
        report.thresholds = judge(&thresholds, report);
        report.plan.thresholds = thresholds;
    };
    let [mut one, mut other] = shards();
    judged(&mut one, "events<5000");
    judged(&mut other, "events<5000");
    assert!(one.thresholds[0].passed && other.thresholds[0].passed);
    let sum = merged([one.clone(), other.clone()]).unwrap();
    assert!(!sum.thresholds[0].passed);
    judged(&mut other, "events<6000");
    let named = [("a.json".to_owned(), one), ("b.json".to_owned(), other)];
    let refused = merge(&named, &[]).unwrap_err().to_string();
    assert!(refused.contains("different thresholds"), "{refused}");
    let sum = merge(&named, &["events<7000".parse().unwrap()]).unwrap();
    assert!(sum.thresholds.len() == 1 && sum.thresholds[0].passed);
}

#[test]
fn what_a_shard_does_not_know_the_whole_does_not_know() {
    let shard = |value_ms: u64, count, lower_bound_above, started_at: &str| {
        let mut histogram = new_histogram();
        histogram.record_n(value_ms * 1_000_000, count).unwrap();
        histogram.record_n(1_000_000_000, count).unwrap();
        let mut report = report();
        report.started_at = started_at.to_owned();
        report.histograms = [(Metric::Ttfe, Encoded::of(&histogram))].into();
        let latency = Latency {
            lower_bound_above,
            ..Latency::of(&histogram).unwrap()
        };
        report.latency = [(Metric::Ttfe, latency)].into();
        report
    };
    let [at, soon] = ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.001Z"];
    // A tenth of all is of a shard that knows nothing above 5 ms; the others are not below that.
    let sum = merged([shard(5, 10, Some(0.5), at), shard(10, 90, None, soon)]).unwrap();
    let known_to = sum.latency[&Metric::Ttfe].lower_bound_above.unwrap();
    assert!((known_to - 0.05).abs() < 1e-9, "{known_to}");
    let sum = merged([shard(5, 10, None, at), shard(10, 90, None, soon)]).unwrap();
    assert_eq!(sum.latency[&Metric::Ttfe].lower_bound_above, None);
}

#[test]
fn the_one_target_of_all_is_held_against_all_that_was_asked_of_it() {
    let watched = |mut report: Report, source: &str, cpu_s| {
        report.target = Some(TargetUse {
            source: source.to_owned(),
            cpu_s: Some(cpu_s),
            rss_before_bytes: Some(1_000),
            rss_peak_bytes: Some(8_000),
            ..TargetUse::default()
        });
        report
    };
    let [one, other] = shards();
    let same = [
        watched(one.clone(), "pid 1", 0.5),
        watched(other.clone(), "pid 1", 0.63),
    ];
    let target = merged(same).unwrap().target.unwrap();
    assert_eq!(
        (target.cpu_s, target.cpu_ns_per_event),
        (Some(0.63), Some(1e5))
    );
    assert_eq!(target.bytes_per_stream, Some(1_000.0));
    let two = merged([watched(one, "pid 1", 1.0), watched(other, "pid 2", 1.0)]).unwrap();
    assert!(two.target.is_none() && two.notes[0].message.contains("different targets"));
}

#[test]
fn a_target_that_one_shard_watched_is_held_against_thresholds() {
    let [one, mut other] = shards();
    other.plan.watch = Some(TargetFigures::Pid(1));
    other.target = Some(TargetUse {
        rss_peak_bytes: Some(8_000),
        ..TargetUse::default()
    });
    let named = [("a.json".to_owned(), one), ("b.json".to_owned(), other)];
    let sum = merge(&named, &["target.rss_peak_bytes<9kB".parse().unwrap()]).unwrap();
    assert!(sum.thresholds[0].passed, "{:?}", sum.thresholds);
}

#[test]
fn peaks_at_different_times_are_an_upper_bound() {
    let [mut one, other] = shards();
    one.counters.streams_open_peak = 5;
    let sum = merged([one, other]).unwrap();
    assert_eq!(sum.counters.streams_open_peak, 9);
    assert!(
        sum.notes[0]
            .message
            .starts_with("at most 9 streams were open at one time, 7 at"),
        "{:?}",
        sum.notes
    );
}

#[test]
fn periods_that_were_seen_weigh_by_how_many_they_are() {
    let given = Duration::from_millis(10);
    let [mut one, mut other] = shards();
    for (report, periods, period_ns) in [(&mut one, 300, 10e6), (&mut other, 100, 10.4e6)] {
        let seen = SeenPeriods::of_stream(periods, period_ns);
        report.plan.expect_interval = Some(given);
        report.due = DueSource::ExpectInterval;
        report.expected_interval = ExpectedInterval::of(given, seen);
    }
    let mut neither = [one.clone(), other.clone()];
    let sum = merged([one, other]).unwrap();
    let mut all = SeenPeriods::of_stream(300, 10e6);
    all.merge(SeenPeriods::of_stream(100, 10.4e6));
    assert_eq!(sum.expected_interval, ExpectedInterval::of(given, all));
    assert!(
        sum.notes[0].message.contains("is 10.10ms (+1.0 %)"),
        "{:?}",
        sum.notes
    );
    neither
        .iter_mut()
        .for_each(|report| report.expected_interval = None);
    assert_eq!(merged(neither).unwrap().expected_interval, None);
}
