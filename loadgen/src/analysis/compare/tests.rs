use super::*;
use crate::measure::{Counters, ErrorKind, Metric, Rx, SequenceSource, new_histogram};
use crate::plan::Target;
use crate::report::tests::{invalid, report as plain_report};
use crate::report::{Encoded, Interval, Latency};
use crate::verdict::Code;

const GAP_P99: Gated = Gated {
    metric: Metric::Gap,
    quantile: 0.99,
};

/// Five seconds with 400 gaps each: 1 to 10 ms as often as each other, times `level`.
fn run(level: f64) -> Report {
    let (mut all, mut second) = (new_histogram(), new_histogram());
    for gap in 1..=400u64 {
        let gap_ns = (gap * 25_000) as f64 * level;
        second.record(gap_ns as u64).unwrap();
    }
    for _ in 0..5 {
        all.add(&second).unwrap();
    }
    let interval = Interval {
        histograms: [(Metric::Gap, Encoded::of(&second))].into(),
        ..Interval::default()
    };
    Report {
        counters: Counters {
            streams_started: 1_000,
            streams_established: 1_000,
            events: 2_000,
            ..Counters::default()
        },
        latency: [(Metric::Gap, Latency::of(&all).unwrap())].into(),
        histograms: [(Metric::Gap, Encoded::of(&all))].into(),
        intervals: vec![interval; 5],
        ..plain_report()
    }
}

/// As many runs as levels that a side's runs may have, times `ratio`.
fn side(runs: usize, ratio: f64) -> Vec<Report> {
    let levels = [1.0, 1.02, 0.98, 1.01, 0.99, 1.03, 0.97, 1.015].into_iter();
    levels.take(runs).map(|level| run(level * ratio)).collect()
}

fn answer(base: &[Report], head: &[Report]) -> Comparison {
    in_turns(base, head, &Options::default()).unwrap()
}

/// As if the runs of both sides had been made turn about.
fn in_turns(
    base: &[Report],
    head: &[Report],
    options: &Options,
) -> Result<Comparison, Incomparable> {
    let (base, head) = (
        begun_every_other_minute(base, 0),
        begun_every_other_minute(head, 1),
    );
    compare(&base, &head, options)
}

/// The first of them in this minute.
fn begun_every_other_minute(side: &[Report], first: usize) -> Vec<Report> {
    let minutes = (first..).step_by(2);
    let at = |(report, minute): (&Report, usize)| Report {
        started_at: format!("2026-01-02T03:{minute:02}:00.000Z"),
        ..report.clone()
    };
    side.iter().zip(minutes).map(at).collect()
}

fn gap(comparison: &Comparison) -> &MetricComparison {
    comparison
        .metrics
        .iter()
        .find(|metric| metric.gated == GAP_P99)
        .unwrap()
}

#[test]
fn the_same_passes_and_a_fifth_more_does_not() {
    let base = side(8, 1.0);
    let same = answer(&base, &side(8, 1.0));
    assert_eq!(same.answer, Answer::Pass, "{same:?}");
    assert_eq!(gap(&same).ratio, Some(1.0));
    let worse = answer(&base, &side(8, 1.2));
    assert_eq!(worse.answer, Answer::Regression, "{worse:?}");
    let found = gap(&worse);
    let ratio = |ratio: Option<f64>| ratio.unwrap();
    assert!((ratio(found.ratio) - 1.2).abs() < 0.01);
    assert!(ratio(found.ratio_low) > 1.15 && ratio(found.ratio_high) < 1.25);
    assert!(found.p_holm < 0.01 && found.p_bootstrap < 0.01);
    let better = answer(&base, &side(8, 0.8));
    assert_eq!(better.answer, Answer::Pass);
    assert_eq!(gap(&better).reason, "better");
}

#[test]
fn a_comparison_is_the_same_twice() {
    let (base, head) = (side(4, 1.0), side(4, 1.07));
    assert_eq!(answer(&base, &head), answer(&base, &head));
}

#[test]
fn both_margins_have_to_be_exceeded() {
    let (base, head) = (side(8, 1.0), side(8, 1.2));
    let with = |margin: &str| {
        let options = Options {
            metrics: vec![GAP_P99],
            margins: vec![(GAP_P99, margin.parse().unwrap())],
            ..Options::default()
        };
        in_turns(&base, &head, &options).unwrap().answer
    };
    // A fifth of 10 ms is 2 ms.
    assert_eq!(with("10%,1ms"), Answer::Regression);
    assert_eq!(with("10%,3ms"), Answer::Pass);
    assert_eq!(with("30%,1ms"), Answer::Pass);
    assert_eq!(with("1ms"), Answer::Regression);
}

#[test]
fn too_few_runs_are_inconclusive_and_say_how_many_more() {
    let single = answer(&side(1, 1.0), &side(1, 1.0));
    assert_eq!(single.answer, Answer::Inconclusive);
    assert_eq!(gap(&single).ratio_high, None);
    assert!(gap(&single).base.low_ns.is_some(), "of the run's samples");
    assert_eq!(single.runs_needed(), Some(2));
    let worse = answer(&side(2, 1.0), &side(2, 1.3));
    assert_eq!(worse.answer, Answer::Inconclusive, "{worse:?}");
    // What was delivered shares the chance of a false alarm.
    assert_eq!(worse.runs_needed(), Some(2));
}

#[test]
fn nothing_to_go_by_never_passes() {
    let empty = |mut report: Report| {
        report.histograms.clear();
        report.latency.clear();
        report
    };
    let empty: Vec<Report> = side(8, 1.0).into_iter().map(empty).collect();
    let nothing = answer(&empty, &empty);
    assert_eq!(nothing.answer, Answer::Inconclusive);
    assert!(
        nothing.metrics.is_empty() && nothing.remarks.len() == 3,
        "{nothing:?}"
    );
    // What base has and head lacks is not passed over.
    let vanished = answer(&side(8, 1.0), &empty);
    assert_eq!(vanished.answer, Answer::Inconclusive);
    assert_eq!(
        vanished.metrics[0].reason,
        "a run of head has no samples of it"
    );
}

#[test]
fn few_samples_give_no_answer_for_their_percentile() {
    let p99_9 = Options {
        metrics: vec!["gap.p99.9".parse().unwrap()],
        ..Options::default()
    };
    let found = in_turns(&side(8, 1.0), &side(8, 1.0), &p99_9).unwrap();
    assert_eq!(found.answer, Answer::Inconclusive);
    let reason = &found.metrics[0].reason;
    assert!(
        reason.contains("2000 samples") && reason.contains("6636"),
        "{reason}"
    );
    // All but one in twenty share their reads: what is left of 16,000 is 800, and of 4 runs 400.
    let coalesced = |mut report: Report| {
        report.counters.coalesced_events = 1_900;
        report
    };
    let few: Vec<Report> = side(4, 1.0).into_iter().map(coalesced).collect();
    let p99 = Options {
        metrics: vec![GAP_P99],
        ..Options::default()
    };
    let found = in_turns(&few, &few, &p99).unwrap();
    assert_eq!(gap(&found).effective_samples, 400);
    assert_eq!(gap(&found).answer, Answer::Inconclusive);
    assert_eq!(gap(&found).runs_needed, Some(3));
    // If nothing was said it is the highest that they carry, and that is said.
    let found = answer(&few, &few);
    assert_eq!(found.metrics[0].gated.to_string(), "gap.p95");
    let said = "gap.p95 is gated, and not gap.p99: the samples carry no more";
    assert!(
        found.remarks.iter().any(|remark| remark == said),
        "{found:?}"
    );
    let enough: Vec<Report> = side(8, 1.0).into_iter().map(coalesced).collect();
    assert_eq!(answer(&enough, &enough).answer, Answer::Pass);
}

#[test]
fn waits_that_had_not_ended_bound_what_is_said() {
    let bounded = |mut report: Report| {
        let latency = report.latency.get_mut(&Metric::Gap).unwrap();
        latency.lower_bound_above = Some(0.5);
        report
    };
    let of = |runs: Vec<Report>| runs.into_iter().map(bounded).collect::<Vec<_>>();
    let same = answer(&side(8, 1.0), &of(side(8, 1.0)));
    assert_eq!(same.answer, Answer::Inconclusive, "head may be worse");
    let worse = answer(&of(side(8, 1.0)), &side(8, 1.2));
    assert_eq!(worse.answer, Answer::Inconclusive, "base may be as bad");
    let worse = answer(&side(8, 1.0), &of(side(8, 1.2)));
    assert_eq!(
        worse.answer,
        Answer::Regression,
        "head is at least that bad"
    );
}

#[test]
fn a_head_from_which_nothing_comes_is_a_regression_and_not_the_generators_fault() {
    let broken = |mut report: Report| {
        report.histograms.clear();
        report.latency.clear();
        report.counters.events = 0;
        report.throughput.events = 0;
        report.counters.streams_failed = 1_000;
        report.errors = [(ErrorKind::HttpStatus, 1_000)].into();
        report.sequence = SequenceSource::None;
        report.verdict = invalid();
        report.verdict.reasons[0].code = Code::FewSamples;
        report
    };
    let head: Vec<Report> = side(4, 1.0).into_iter().map(broken).collect();
    let found = answer(&side(4, 1.0), &head);
    assert_eq!(found.answer, Answer::Regression, "{found:?}");
}

#[test]
fn failures_in_few_runs_of_several_are_no_regression_yet() {
    let failing = |runs: usize| {
        let mut head = side(8, 1.0);
        for report in &mut head[..runs] {
            report.counters.streams_failed = 10;
            report.errors = [(ErrorKind::Reset, 10)].into();
        }
        answer(&side(8, 1.0), &head).answer
    };
    assert_eq!(failing(1), Answer::Inconclusive);
    // Of 16 runs any two are both of head in one case of four.
    assert_eq!(failing(2), Answer::Inconclusive);
    assert_eq!(failing(6), Answer::Regression);
}

#[test]
fn an_invalid_run_makes_it_invalid_whatever_it_says() {
    let mut head = side(8, 1.2);
    head[3].verdict = invalid();
    let found = answer(&side(8, 1.0), &head);
    assert_eq!(found.answer, Answer::Invalid);
    assert!(
        found
            .doubts
            .iter()
            .any(|doubt| doubt.starts_with("head run 4 is invalid"))
    );
}

#[test]
fn one_lost_event_never_passes_where_base_lost_none() {
    let losing = |lost: u64| {
        let mut runs = side(8, 1.0);
        runs[5].counters.lost = lost;
        runs
    };
    let found = answer(&side(8, 1.0), &losing(1));
    assert_eq!(found.answer, Answer::Inconclusive);
    let mut each = side(8, 1.0);
    each.iter_mut().for_each(|run| run.counters.lost = 1);
    assert_eq!(answer(&side(8, 1.0), &each).answer, Answer::Regression);
    assert_eq!(answer(&side(5, 1.0), &each[..5]).answer, Answer::Regression);
    assert_eq!(found.losses[0].what, LossKind::Lost);
    assert_eq!(
        (found.losses[0].head_count, found.losses[0].head_of),
        (1, 16_001)
    );
    assert_eq!(answer(&losing(1), &losing(1)).answer, Answer::Pass);
    // Base lost one; a burst in a single run of head is not yet a change.
    assert_eq!(answer(&losing(1), &losing(50)).answer, Answer::Inconclusive);
    assert_eq!(answer(&losing(1), &side(8, 1.0)).answer, Answer::Pass);
}

#[test]
fn failed_streams_are_told_from_chance() {
    let failing = |failed: u64, kind: ErrorKind| {
        let mut runs = side(8, 1.0);
        for run in &mut runs {
            run.counters.streams_failed = failed;
            run.errors.insert(kind, failed);
        }
        runs
    };
    let base = side(8, 1.0);
    let one = {
        let mut runs = side(8, 1.0);
        runs[0].counters.streams_failed = 1;
        runs
    };
    let found = answer(&base, &one);
    assert_eq!(found.answer, Answer::Inconclusive);
    assert!(found.losses[0].runs_needed.is_some());
    let found = answer(&base, &failing(2, ErrorKind::Reset));
    assert_eq!(found.answer, Answer::Regression);
    let names: Vec<&str> = found.losses.iter().map(|loss| loss.what.name()).collect();
    assert_eq!(names, ["streams_failed", "reset"]);
    let more = answer(&failing(2, ErrorKind::Reset), &failing(9, ErrorKind::Reset));
    assert_eq!(more.answer, Answer::Regression);
    let local = answer(&base, &failing(2, ErrorKind::LocalPorts));
    assert_eq!(local.answer, Answer::Pass, "the generator's own");
    assert!(
        local.losses.is_empty() && local.remarks.len() == 10,
        "{local:?}"
    );
}

#[test]
fn what_was_asked_or_measured_differently_is_refused_by_name() {
    let base = side(2, 1.0);
    let refused = |change: &dyn Fn(&mut Report)| {
        let mut head = side(2, 1.0);
        change(&mut head[1]);
        in_turns(&base, &head, &Options::default())
            .unwrap_err()
            .to_string()
    };
    let target = |url: &str| Target::literal(url).unwrap();
    let said = refused(&|report| report.plan.load.streams = 7);
    assert!(
        said.contains("base run 1 and head run 2") && said.contains("streams is 1 and 7"),
        "{said}"
    );
    let said = refused(&|report| report.plan.target = target("http://127.0.0.1:1/other"));
    assert!(said.contains("path is \"/\" and \"/other\""), "{said}");
    let said = refused(&|report| report.rx = Rx::User);
    assert!(said.contains("rx is \"kernel\" and \"user\""), "{said}");
    let said = refused(&|report| report.sequence = SequenceSource::None);
    assert!(said.contains("sequence"), "{said}");
    assert!(in_turns(&base, &[], &Options::default()).is_err());
    let elsewhere = |port: u16, path: &str| {
        let mut head = side(2, 1.0);
        for report in &mut head {
            report.plan.target = target(&format!("http://127.0.0.1:{port}{path}"));
        }
        head
    };
    assert!(in_turns(&base, &elsewhere(2, "/"), &Options::default()).is_ok());
    let typed = Options {
        may_differ: vec![Difference::Path],
        ..Options::default()
    };
    let found = in_turns(&base, &elsewhere(2, "/other"), &typed).unwrap();
    assert!(
        found
            .remarks
            .iter()
            .any(|remark| remark
                .contains("the path differs, as it may: base \"/\", head \"/other\""))
    );
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let runs = side(1, 1.0);
    let refused = |options: Options| in_turns(&runs, &runs, &options).unwrap_err();
    for alpha in [0.0, 0.5, f64::NAN] {
        let options = Options {
            alpha,
            ..Options::default()
        };
        assert!(matches!(refused(options), Incomparable::Alpha { .. }));
    }
    let look = Look { number: 3, of: 2 };
    let options = Options {
        look,
        ..Options::default()
    };
    assert!(matches!(refused(options), Incomparable::Look { .. }));
}

#[test]
fn gated_percentiles_and_margins_read_as_they_are_written() {
    for text in ["gap.p99", "ttfe_sent.p50", "delivery.p99.9", "wire.p99.99"] {
        assert_eq!(text.parse::<Gated>().unwrap().to_string(), text);
    }
    let wrong = |text: &str| text.parse::<Gated>().unwrap_err().to_string();
    assert!(wrong("gpa.p99").contains("there are connect, "));
    assert!(wrong("gap").contains("p99.9") && wrong("gap.p98").contains("p99.9"));
    let margin = |relative, absolute_ns| Margin {
        relative,
        absolute_ns,
    };
    for (text, expected) in [
        ("10%", margin(0.1, 0)),
        ("1ms", margin(0.0, 1_000_000)),
        ("2.5%, 250us", margin(0.025, 250_000)),
        ("1ms,10%", margin(0.1, 1_000_000)),
    ] {
        assert_eq!(text.parse(), Ok(expected), "{text}");
    }
    for text in ["", "10", "-1%", "10%,20%", "1ms,2ms", "x%"] {
        assert!(text.parse::<Margin>().is_err(), "{text}");
    }
    assert_eq!(Margin::DEFAULT.to_string(), "10%,100us");
}

#[test]
fn a_run_counts_once_under_whatever_name() {
    let refused = |base: &[Report], head: &[Report]| {
        let said = compare(base, head, &Options::default()).unwrap_err();
        assert!(matches!(said, Incomparable::Copies { .. }), "{said}");
        said.to_string()
    };
    let (base, head) = (
        begun_every_other_minute(&side(4, 1.0), 0),
        begun_every_other_minute(&side(4, 1.0), 1),
    );
    let twice = [&base[..], &base[1..2]].concat();
    let said = refused(&twice, &head);
    assert!(
        said.starts_with("base run 2 and base run 5 are the same run"),
        "{said}"
    );
    let of_both = [&head[..3], &base[..1]].concat();
    let said = refused(&base, &of_both);
    assert!(said.starts_with("base run 1 and head run 4 are"), "{said}");
    // Judged anew, and as a part of what was merged.
    let mut judged = base.clone();
    judged[0].verdict.status = crate::verdict::Status::Suspect;
    judged[0].notes.clear();
    refused(&base, &judged);
    let mut merged = head.clone();
    merged[2].merged_from = vec![crate::report::Origin::of("shard.json", &base[3])];
    refused(&base, &merged);
}

#[test]
fn sides_that_took_no_turns_are_not_told_apart() {
    let (base, head) = (side(8, 1.0), side(8, 1.2));
    let all = begun_every_other_minute(&[&base[..], &head[..]].concat(), 0);
    let blocks = |head: &[Report]| compare(&all[..8], head, &Options::default()).unwrap();
    let found = blocks(&all[8..]);
    assert_eq!(found.answer, Answer::Inconclusive, "{found:?}");
    let said = "the sides took no turns, 8 runs of base in a row";
    assert!(found.doubts[0].starts_with(said), "{found:?}");
    assert!(gap(&found).reason.contains(said), "{found:?}");
    let same = begun_every_other_minute(&side(8, 1.0), 16);
    assert_eq!(blocks(&same).answer, Answer::Inconclusive);
    let mut undated = begun_every_other_minute(&side(8, 1.0), 1);
    undated[3].started_at = "yesterday".to_owned();
    let found = compare(
        &begun_every_other_minute(&base, 0),
        &undated,
        &Options::default(),
    )
    .unwrap();
    assert_eq!(found.answer, Answer::Inconclusive);
    assert!(found.doubts[0].contains("head run 4"), "{found:?}");
}

#[test]
fn runs_are_named_by_their_files_and_a_difference_by_what_allows_it() {
    let base = side(2, 1.0);
    let mut head = side(2, 1.0);
    for report in &mut head {
        report.plan.target = Target::literal("http://127.0.0.1:1/v2?model=b").unwrap();
    }
    let names = |side: &str| vec![format!("{side}-1.json"), format!("{side}-2.json")];
    let allowed = |may_differ: Vec<Difference>| Options {
        may_differ,
        files: [names("base"), names("head")],
        ..Options::default()
    };
    let said = |may_differ| {
        in_turns(&base, &head, &allowed(may_differ))
            .unwrap_err()
            .to_string()
    };
    let path = said(Vec::new());
    assert!(
        path.contains("head run 1 (head-1.json)") && path.contains("--allow path"),
        "{path}"
    );
    let query = said(vec![Difference::Path]);
    assert!(
        query.contains("query is not given and \"model=b\"") && query.contains("--allow query"),
        "{query}"
    );
    let both = vec![Difference::Path, Difference::Query];
    let found = in_turns(&base, &head, &allowed(both.clone())).unwrap();
    let printed = |text: &str| found.remarks.iter().any(|remark| remark.contains(text));
    assert!(
        printed("the query differs, as it may: base not given, head \"model=b\""),
        "{found:?}"
    );
    // Between runs of one side it is a mistake all the same.
    head[1].plan.target = Target::literal("http://127.0.0.1:1/v3?model=b").unwrap();
    let said = in_turns(&base, &head, &allowed(both))
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("head run 1 (head-1.json) and head run 2"),
        "{said}"
    );
    assert!(!said.contains("--allow"), "{said}");
}

#[test]
fn runs_that_are_not_what_was_asked_for_do_not_pass() {
    let doubted = |change: &dyn Fn(&mut Report)| {
        let mut head = side(8, 1.0);
        change(&mut head[4]);
        let found = answer(&side(8, 1.0), &head);
        assert_eq!(found.answer, Answer::Inconclusive, "{found:?}");
        found.doubts.join("; ")
    };
    let said = doubted(&|report| report.interrupted = true);
    assert_eq!(said, "head run 5 was interrupted");
    let said = doubted(&|report| report.intervals.clear());
    assert!(said.starts_with("head run 5 has no seconds"), "{said}");
    // The verdict says valid, and its own reasons say otherwise.
    let mut head = side(8, 1.0);
    head[4].verdict = invalid();
    head[4].verdict.status = crate::verdict::Status::Valid;
    let found = answer(&side(8, 1.0), &head);
    assert_eq!(found.answer, Answer::Invalid);
    assert!(
        found.doubts[0].starts_with("head run 5 is invalid: start_lag"),
        "{found:?}"
    );
}

/// What is changed in every run of a side, or in one of it.
fn changed(change: impl Fn(&mut Report), runs: usize) -> Vec<Report> {
    let mut changed = side(8, 1.0);
    changed[..runs].iter_mut().for_each(change);
    changed
}

fn delivered(found: &Comparison, what: DeliveredKind) -> Answer {
    let found = found.delivered.iter().find(|kind| kind.what == what);
    found.unwrap().answer
}

#[test]
fn a_head_that_delivers_less_is_a_regression_and_one_run_of_it_never_passes() {
    let base = changed(|report| report.counters.streams_completed = 900, 8);
    let silent = |report: &mut Report| {
        report.counters.streams_completed = 900;
        report.throughput.events = 300;
    };
    let again = |report: &mut Report| {
        report.counters.streams_started = 5_000;
        report.counters.streams_completed = 4_900;
    };
    let unended = |report: &mut Report| report.counters.streams_completed = 100;
    let is_less = |change: &dyn Fn(&mut Report), what: DeliveredKind| {
        let worse = answer(&base, &changed(change, 8));
        assert_eq!(worse.answer, Answer::Regression, "{worse:?}");
        assert_eq!(delivered(&worse, what), Answer::Regression, "{worse:?}");
        let mut once = base.clone();
        change(&mut once[3]);
        let once = answer(&base, &once);
        assert_eq!(once.answer, Answer::Inconclusive, "{once:?}");
        assert_eq!(delivered(&once, what), Answer::Inconclusive, "{once:?}");
    };
    is_less(&silent, DeliveredKind::EventsPerS);
    is_less(&again, DeliveredKind::EventsPerStream);
    is_less(&unended, DeliveredKind::Completed);
    // More is no worse.
    let more = answer(
        &changed(|report| report.throughput.events = 300, 8),
        &side(8, 1.0),
    );
    assert_eq!(more.answer, Answer::Pass, "{more:?}");
}

#[test]
fn what_a_stream_waited_for_when_the_run_ended_counts() {
    let silences = |waits: &'static [(u64, u64)]| {
        move |report: &mut Report| {
            let mut silence = new_histogram();
            for &(ms, streams) in waits {
                silence.record_n(ms * 1_000_000, streams).unwrap();
            }
            report
                .histograms
                .insert(Metric::Silence, Encoded::of(&silence));
        }
    };
    let base = changed(silences(&[(25, 1_000)]), 8);
    let stalling = silences(&[(25, 970), (1_500, 30)]);
    let worse = answer(&base, &changed(stalling, 8));
    assert_eq!(worse.answer, Answer::Regression, "{worse:?}");
    assert_eq!(worse.losses[0].what, LossKind::Stalled);
    let mut once = base.clone();
    stalling(&mut once[0]);
    assert_eq!(answer(&base, &once).answer, Answer::Inconclusive);
    // A second is no stall where streams wait for one.
    let slow = changed(silences(&[(250, 900), (1_500, 100)]), 8);
    assert_eq!(answer(&slow, &slow).answer, Answer::Pass);
}

#[test]
fn the_highest_percentile_that_samples_carry_is_gated() {
    // A hundred samples, of which the slowest fifth take as long as said.
    let tail = |metric: Metric, slow_ms: u64| {
        move |report: &mut Report| {
            let mut all = new_histogram();
            let jitter = report.histograms[&Metric::Gap].decode().max() / 1_000;
            all.record_n(10_000_000 + jitter, 80).unwrap();
            all.record_n(slow_ms * 1_000_000 + jitter, 20).unwrap();
            report.histograms.insert(metric, Encoded::of(&all));
        }
    };
    for (metric, gated) in [
        (Metric::Ttfe, &["ttfe.p50", "ttfe.p90"][..]),
        (Metric::Delivery, &["delivery.p90"]),
    ] {
        let base = changed(tail(metric, 20), 8);
        let found = answer(&base, &changed(tail(metric, 900), 8));
        assert_eq!(found.answer, Answer::Regression, "{found:?}");
        let names = found
            .metrics
            .iter()
            .filter(|found| found.gated.metric == metric);
        let names: Vec<String> = names.map(|found| found.gated.to_string()).collect();
        assert_eq!(names, gated);
        assert_eq!(answer(&base, &base).answer, Answer::Pass);
    }
    // Ten carry none: what is measured, and cannot be judged, does not pass.
    let few = |report: &mut Report| {
        let mut all = new_histogram();
        all.record_n(10_000_000, 10).unwrap();
        report.histograms.insert(Metric::Ttfe, Encoded::of(&all));
    };
    let found = answer(&changed(few, 8), &changed(few, 8));
    assert_eq!(found.answer, Answer::Inconclusive, "{found:?}");
}

#[test]
fn a_margin_goes_with_what_is_gated_in_place_of_its_percentile() {
    let margin: Margin = "50%".parse().unwrap();
    let options = Options {
        margins: vec![(GAP_P99, margin)],
        ..Options::default()
    };
    assert_eq!(options.margin("gap.p95".parse().unwrap()), margin);
    assert_eq!(options.margin("ttfe.p50".parse().unwrap()), Margin::DEFAULT);
    let named = Options {
        metrics: vec![GAP_P99],
        ..options
    };
    assert_eq!(named.margin("gap.p95".parse().unwrap()), Margin::DEFAULT);
}

#[test]
fn runs_that_head_makes_invalid_are_a_finding() {
    let remade = |base: u32, head: u32| {
        let options = Options {
            remade: Runs { base, head },
            ..Options::default()
        };
        in_turns(&side(8, 1.0), &side(8, 1.0), &options).unwrap()
    };
    let found = remade(0, 12);
    assert_eq!(found.answer, Answer::Regression, "{found:?}");
    let loss = &found.losses[0];
    assert_eq!(loss.what, LossKind::InvalidRuns);
    assert_eq!((loss.base_count, loss.base_of), (0, 8));
    assert_eq!((loss.head_count, loss.head_of), (12, 20));
    // Of both sides, or now and then, they are the machine's.
    assert_eq!(remade(10, 12).answer, Answer::Pass);
    assert_eq!(remade(0, 1).answer, Answer::Pass);
}

#[test]
fn a_regression_says_how_surely_it_exceeds_the_margin() {
    let reason = |ratio: f64| gap(&answer(&side(8, 1.0), &side(8, ratio))).reason.clone();
    assert_eq!(reason(1.3), "worse by more than 10%,100us");
    let near = reason(1.11);
    assert!(
        near.starts_with("worse, and by its estimate by more than"),
        "{near}"
    );
}
