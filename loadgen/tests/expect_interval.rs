//! Servers without stamps, held to the period that the user says they have.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use weir::measure::{DueSource, Metric};
use weir::plan::Settings;
use weir::report::Report;

use self::common::peer::{END, chunk, chunked_head, hold, send, serve};
use self::common::{histogram, irregular, latency, one_stream, run};

const GIVEN: Duration = Duration::from_millis(20);

/// Of one stream.
fn expecting(url: &str, duration: Duration) -> Report {
    let report = run(Settings {
        expect_interval: Some(GIVEN),
        duration: Some(duration),
        ..one_stream(url)
    });
    assert_eq!(report.due, DueSource::ExpectInterval);
    report
}

fn event(id: u32) -> String {
    chunk(&format!("id: {id}\ndata: x\n\n"))
}

/// Begins a stream with so many events of a period, each at an instant that does not depend on those before.
fn send_evenly(peer: &mut TcpStream, events: u32, period: Duration) {
    peer.set_nodelay(true).unwrap();
    send(peer, chunked_head());
    let begun = Instant::now();
    for id in 0..events {
        let due = begun + period * id;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        send(peer, event(id));
    }
}

#[test]
fn lost_events_leave_their_places_empty() {
    let url = serve(1, |peer| {
        send_evenly(peer, 10, GIVEN);
        thread::sleep(40 * GIVEN);
        send(peer, [10, 21, 22].map(event).concat() + END);
    });
    let report = expecting(&url, Duration::from_secs(20));
    assert_eq!(irregular(&report), [10, 0, 0]);
    let delivery = histogram(&report, Metric::Delivery);
    let late_ns: Vec<u64> = delivery
        .iter_recorded()
        .flat_map(|value| vec![value.value_iterated_to(); value.count_at_value() as usize])
        .collect();
    let [.., last, _, of_10] = late_ns[..] else {
        panic!("{late_ns:?}")
    };
    // They came together, 12 periods apart by their ids, 2 by what came; the period may have been fitted a quarter off.
    let apart_ns = Duration::from_nanos(of_10 - last);
    assert!(apart_ns > 8 * GIVEN, "{late_ns:?}");
}

#[test]
fn a_period_that_is_off_is_reported_and_makes_nothing_late() {
    let url = serve(1, |peer| {
        send_evenly(peer, 120, Duration::from_millis(22));
        send(peer, END);
    });
    let report = expecting(&url, Duration::from_secs(20));
    let expected = report.expected_interval.unwrap();
    assert!((0.0205..0.025).contains(&expected.seen_s), "{expected:?}");
    assert_eq!(expected.periods, 119);
    let note = &report.notes[0].message;
    assert!(note.contains("the period seen is 2"), "{note}");
    // Held to what was given, the last event would be late by so much, and the median by half of it.
    let grown_s = (expected.seen_s - expected.given_s) * expected.periods as f64;
    let delivery = latency(&report, Metric::Delivery).unwrap();
    assert!(
        (delivery.p50_ns as f64) < grown_s * 1e9 / 4.0,
        "{delivery:?}, and not {grown_s} s"
    );
}

#[test]
fn nothing_is_missing_of_a_stream_that_showed_no_period() {
    let url = serve(1, |peer| {
        send_evenly(peer, 2, GIVEN);
        hold(peer);
    });
    let report = expecting(&url, Duration::from_millis(500));
    assert_eq!(
        (report.counters.events, report.counters.streams_cut),
        (2, 1)
    );
    assert_eq!(report.counters.censored, 0);
    assert!(report.expected_interval.is_none());
}

#[test]
fn nothing_is_missing_of_a_stream_that_ended_by_itself() {
    let url = serve(1, |peer| {
        send_evenly(peer, 10, GIVEN);
        thread::sleep(20 * GIVEN);
        send(peer, END);
    });
    let report = expecting(&url, Duration::from_secs(20));
    assert_eq!(report.counters.streams_completed, 1);
    assert_eq!(report.counters.censored, 0);
}
