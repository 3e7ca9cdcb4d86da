//! What a server does wrong on purpose is what a report says of it, to the event.

mod common;

use weir::load::Load;
use weir::measure::{ErrorKind, Metric};
use weir::plan::Settings;
use weir::report::Report;

use self::common::{assert_conserved, count, errors, irregular, plan, run, server, sse};

/// Twenty streams of ten events, five at a time.
fn twenty_streams(fault: &str) -> Report {
    let server = server();
    let url = sse(&server, &format!("events=10&rate=1000&fault={fault}"));
    let report = run(Settings {
        load: Load {
            streams: 5,
            total_streams: Some(20),
            ..Load::default()
        },
        ..plan(&url)
    });
    assert_conserved(&report);
    assert_eq!(report.counters.streams_started, 20);
    report
}

/// All streams complete.
#[track_caller]
fn assert_events(fault: &str, events: u64, lost_duplicated_reordered: [u64; 3]) {
    let report = twenty_streams(fault);
    assert!(report.errors.is_empty(), "{:?}", report.error_samples);
    assert_eq!(report.counters.events, events);
    assert_eq!(irregular(&report), lost_duplicated_reordered);
}

/// All streams fail, each after so many events.
#[track_caller]
fn assert_failures(fault: &str, kind: &'static str, events_each: u64) -> Report {
    let report = twenty_streams(fault);
    assert_eq!(report.errors, errors(&[(kind, 20)]));
    assert_eq!(report.counters.events, 20 * events_each);
    assert_eq!(irregular(&report), [0; 3]);
    report
}

#[test]
fn lost_repeated_and_swapped_events_are_counted_each() {
    assert_events("none", 200, [0, 0, 0]);
    assert_events("drop:3", 180, [20, 0, 0]);
    assert_events("drop:3,drop:4,drop:6", 140, [60, 0, 0]);
    assert_events("duplicate:3", 220, [0, 20, 0]);
    assert_events("swap:3", 200, [0, 0, 20]);
    assert_events("drop:1,duplicate:3,swap:6", 200, [20, 20, 20]);
}

#[test]
fn an_early_end_is_an_end() {
    assert_events("end:4", 80, [0, 0, 0]);
}

#[test]
fn a_cut_is_told_from_an_end_and_from_a_reset() {
    assert_failures("cut:4:fin", "truncated", 4);
    assert_failures("cut:4:half", "truncated", 4);
    assert_failures("cut:4:rst", "reset", 4);
}

#[test]
fn what_is_no_stream_is_no_stream() {
    let refused = assert_failures("refuse:503:1", "http_status", 0);
    assert_eq!(refused.counters.streams_established, 0);
    let sample = &refused.error_samples[&ErrorKind::HttpStatus];
    assert!(
        sample.starts_with("status 503 Service Unavailable, body: "),
        "{sample}"
    );
    assert_failures("content-type:text/html", "content_type", 0);
}

#[test]
fn however_writes_are_split_the_events_are_the_same() {
    for split in ["byte", "crlf", "utf8"] {
        assert_events(&format!("split:{split}"), 200, [0, 0, 0]);
    }
    assert_events("hold:5", 200, [0, 0, 0]);
}

/// One event of the server's is no event of its, but one of nobody.
#[test]
fn a_malformed_event_costs_no_other() {
    assert_events("malformed:3", 200, [20, 0, 0]);
}

#[test]
fn delays_are_in_the_metrics_they_delay() {
    let at_least = |report: &Report, metric: Metric, delay_ns: u64| {
        let least_ns = report.latency[&metric].min_ns;
        assert_eq!(count(report, metric), 20);
        // A histogram's values are exact to 1 in 1,000.
        assert!(
            least_ns >= delay_ns - delay_ns / 1_000,
            "{metric:?}: {least_ns}"
        );
    };
    let head = twenty_streams("head-delay:60");
    at_least(&head, Metric::Headers, 60_000_000);
    at_least(&head, Metric::TtfeSent, 60_000_000);
    let first = twenty_streams("first-delay:60");
    at_least(&first, Metric::TtfeSent, 60_000_000);
    let stalled = twenty_streams("stall:5:60");
    at_least(&stalled, Metric::Silence, 60_000_000);
}
