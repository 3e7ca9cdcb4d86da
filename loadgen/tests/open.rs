//! The open model: streams arrive at instants fixed in advance, whatever becomes of those before.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::time::Duration;

use weir::load::{Arrivals, Load, Process};
use weir::measure::Metric;
use weir::plan::Settings;
use weir::report::{NoteCode, Report};
use weir::verdict::{Code, Status};

use self::common::peer::{FOR_EVER, hold, serve};
use self::common::{assert_conserved, latency, plan, run, run_until, server, sse};

const EVERY_10_MS: Option<Arrivals> = Some(Arrivals {
    rate_per_s: 100.0,
    process: Process::Uniform,
});

/// 30 arrivals before the window, and 100 in it.
fn arriving(url: &str, cap: u32) -> Settings {
    Settings {
        load: Load {
            streams: cap,
            arrivals: EVERY_10_MS,
            ..Load::default()
        },
        warmup: Duration::from_millis(300),
        duration: Some(Duration::from_secs(1)),
        threads: 2,
        ..plan(url)
    }
}

/// Every arrival of [`arriving`] started, or is counted as one that could not.
fn assert_arrivals(report: &Report) {
    let counters = &report.counters;
    let arrived = counters.streams_started + counters.streams_unstarted;
    assert_eq!(arrived, 130, "{counters:?}");
    let offered = report.throughput.offered_streams_per_s.unwrap();
    assert!((offered - 100.0).abs() < 1e-6);
    assert_conserved(report);
}

fn severity(report: &Report, code: Code) -> Option<Status> {
    let mut reasons = report.verdict.reasons.iter();
    reasons
        .find(|reason| reason.code == code)
        .map(|reason| reason.severity)
}

#[test]
fn streams_arrive_as_planned() {
    let server = server();
    let report = run(arriving(&sse(&server, "events=3&rate=1000"), 1_000));
    assert_arrivals(&report);
    let counters = &report.counters;
    assert_eq!((counters.streams_failed, counters.streams_held), (0, 0));
    assert!(counters.events >= 3 * counters.streams_completed);
}

#[test]
fn a_cap_holds_arrivals_back_and_hides_none_of_it() {
    const CAP: u32 = 4;
    let server = server();
    // Of streams of 100 ms a cap of 4 lets 40 a second through.
    let report = run(arriving(&sse(&server, "events=11&rate=100"), CAP));
    assert_arrivals(&report);
    let counters = &report.counters;
    assert!(counters.streams_open_peak <= u64::from(CAP));
    assert!(counters.streams_unstarted >= 130 - 13 * 4 - u64::from(CAP));
    assert_eq!(severity(&report, Code::RateMissed), Some(Status::Invalid));
    assert_eq!(severity(&report, Code::StartLag), Some(Status::Invalid));
    // The last of those that could start had arrived about 0.8 s before; most of what it took was waiting for the cap.
    let [ttfe, sent] =
        [Metric::Ttfe, Metric::TtfeSent].map(|metric| latency(&report, metric).unwrap());
    assert!(ttfe.max_ns >= 400_000_000, "{ttfe:?}");
    assert!(ttfe.lower_bound_above.is_some(), "most never started");
    assert!(ttfe.p50_ns > sent.p50_ns);
}

#[test]
fn a_number_of_streams_ends_the_arrivals() {
    let server = server();
    let mut seven = arriving(&sse(&server, "events=3&rate=1000"), 1_000);
    seven.load.total_streams = Some(7);
    seven.duration = None;
    let report = run(seven);
    let counters = &report.counters;
    assert_eq!(
        (counters.streams_started, counters.streams_completed),
        (7, 7)
    );
    assert_eq!(counters.streams_unstarted, 0);
    assert_conserved(&report);
}

#[test]
fn streams_that_have_no_answer_yet_are_named() {
    let url = serve(FOR_EVER, hold);
    let report = run(arriving(&url, 3));
    let counters = &report.counters;
    assert_eq!(counters.streams_cut, 3);
    assert_eq!(counters.streams_unanswered, 3);
    // All of them had waited from their arrival on, and no one knows how long the answer takes.
    let ttfe = latency(&report, Metric::Ttfe).unwrap();
    assert_eq!(ttfe.count, 130);
    assert_eq!(ttfe.lower_bound_above, Some(0.0));
    assert!(ttfe.max_ns >= 1_290_000_000);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.code == NoteCode::Unanswered)
    );
    assert_arrivals(&report);
}

#[test]
fn a_target_that_only_fails_is_given_up() {
    let url = serve(FOR_EVER, |_| {});
    let report = run(Settings {
        duration: Some(Duration::from_secs(60)),
        ..arriving(&url, 1_000)
    });
    assert!(report.given_up);
    assert_eq!(report.counters.streams_established, 0);
    assert_conserved(&report);
}

#[test]
fn a_run_that_ends_in_its_warm_up_has_rates_of_nothing() {
    let server = server();
    let plan = Settings {
        warmup: Duration::from_secs(60),
        ..arriving(&sse(&server, "rate=100"), 1)
    };
    let soon = async { tokio::time::sleep(Duration::from_millis(200)).await };
    let report = run_until(plan, soon);
    assert!(report.interrupted);
    assert!(report.counters.streams_unstarted > 0);
    let throughput = &report.throughput;
    assert_eq!(throughput.offered_streams_per_s, Some(0.0));
    assert_eq!(throughput.started_streams_per_s, 0.0);
    assert_eq!(latency(&report, Metric::Ttfe), None);
    assert_conserved(&report);
}
