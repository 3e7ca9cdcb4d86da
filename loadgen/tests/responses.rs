//! Responses that are unusual but right, and streams whose events are not all there.

mod common;

use std::time::Duration;

use weir::load::Load;
use weir::measure::{Metric, SequenceSource};
use weir::plan::Settings;
use weir::report::Report;

use self::common::peer::{
    END, FOR_EVER, chunk, chunked_head, head, hold, response, send, send_apart, serve, serve_once,
    stamped,
};
use self::common::{assert_conserved, count, errors, irregular, one_stream, plan, run};

/// One stream completes with so many events, none of them lost.
fn assert_complete(report: &Report, events: u64) {
    assert_eq!(report.errors, errors(&[]), "{:?}", report.error_samples);
    assert_eq!(report.counters.streams_completed, 1);
    assert_eq!(report.counters.events, events);
    assert_eq!(irregular(report), [0; 3]);
    assert_conserved(report);
}

#[test]
fn every_framing_of_http_1_is_read_to_its_end() {
    let body: String = (0..3).map(stamped).collect();
    let length = body.len();
    for bytes in [
        response((0..3).map(stamped)),
        format!("HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{body}"),
        head("") + &body,
        head(&format!("content-length: {length}\r\n")) + &body,
        format!(
            "HTTP/1.1 100 Continue\r\n\r\n{}",
            response((0..3).map(stamped))
        ),
        format!(
            "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n{}",
            response((0..3).map(stamped))
        ),
    ] {
        assert_complete(&run(one_stream(&serve_once(bytes))), 3);
    }
}

#[test]
fn a_stream_without_events_completes() {
    let report = run(one_stream(&serve_once(head("content-length: 0\r\n"))));
    assert_complete(&report, 0);
    assert_eq!(count(&report, Metric::Ttfe), 0);
}

#[test]
fn a_complete_response_ends_the_stream_on_an_open_connection() {
    let url = serve(1, |peer| {
        send(peer, response([stamped(0)]));
        hold(peer);
    });
    assert_complete(&run(one_stream(&url)), 1);
}

#[test]
fn a_response_in_segments_of_one_byte_is_the_same() {
    let url = serve(1, |peer| {
        let bytes = response((0..2).map(stamped)).into_bytes();
        send_apart(peer, bytes.chunks(1), Duration::from_millis(1));
    });
    let report = run(one_stream(&url));
    assert!(
        report.counters.reads > 1,
        "it came in one segment after all"
    );
    assert_complete(&report, 2);
    assert_eq!(report.sequence, SequenceSource::Stamps);
}

#[test]
fn chunks_may_end_anywhere_in_a_line_and_in_a_stamp() {
    let places = 1..stamped(0).len();
    let events: String = places
        .clone()
        .zip(0..)
        .map(|(place, seq)| {
            let event = stamped(seq);
            let (start, rest) = event.split_at(place);
            chunk(start) + &chunk(rest)
        })
        .collect();
    let report = run(one_stream(&serve_once(chunked_head() + &events + END)));
    assert_complete(&report, places.len() as u64);
    assert_eq!(report.sequence, SequenceSource::Stamps);
    assert_eq!(report.counters.comments, 0, "a stamp was not recognised");
}

#[test]
fn a_stamp_is_of_the_event_behind_it_alone() {
    let events = [stamped(0), "data: y\n\n".to_owned(), stamped(1)];
    let report = run(one_stream(&serve_once(response(events))));
    assert_complete(&report, 3);
    assert_eq!(count(&report, Metric::Delivery), 2);
}

/// What a stream with these events is said to have lost, had twice and had out of order, and by what.
fn irregularities(events: impl IntoIterator<Item = String>) -> ([u64; 3], SequenceSource) {
    let report = run(one_stream(&serve_once(response(events))));
    assert_eq!(report.counters.streams_completed, 1);
    (irregular(&report), report.sequence)
}

#[test]
fn stamps_tell_what_was_lost_duplicated_and_reordered() {
    let of = |seqs: &[u64]| irregularities(seqs.iter().copied().map(stamped));
    let by = SequenceSource::Stamps;
    assert_eq!(of(&[0, 1, 2]), ([0, 0, 0], by));
    assert_eq!(of(&[0, 1, 4, 5]), ([2, 0, 0], by));
    assert_eq!(of(&[2, 3]), ([2, 0, 0], by), "counting begins with 0");
    assert_eq!(of(&[0, 1, 1, 2]), ([0, 1, 0], by));
    assert_eq!(of(&[0, 2, 1, 3]), ([0, 0, 1], by));
    assert_eq!(of(&[0, 4, 1, 1, 5]), ([2, 1, 1], by));
}

#[test]
fn ids_tell_it_where_they_are_consecutive() {
    let of = |ids: &[&str]| irregularities(ids.iter().map(|id| format!("id: {id}\ndata: x\n\n")));
    let by = SequenceSource::Ids;
    assert_eq!(of(&["7", "8", "9"]), ([0, 0, 0], by));
    assert_eq!(of(&["7", "8", "11"]), ([2, 0, 0], by));
    assert_eq!(of(&["7", "8", "9", "8", "10"]), ([0, 1, 0], by));
    assert_eq!(of(&["7", "8", "10", "9", "11"]), ([0, 0, 1], by));
    let none = ([0, 0, 0], SequenceSource::None);
    assert_eq!(
        of(&["1700000000123", "1700000000223", "1700000000323"]),
        none
    );
    assert_eq!(of(&["a1", "a2", "a9"]), none);
    assert_eq!(of(&["30", "20", "10"]), none);
}

#[test]
fn numbers_that_jump_as_far_as_they_can_are_survived() {
    let url = serve(FOR_EVER, |peer| send(peer, response([stamped(u64::MAX)])));
    let report = run(Settings {
        load: Load {
            total_streams: Some(2),
            ..Load::default()
        },
        ..plan(&url)
    });
    assert_eq!(report.counters.streams_completed, 2);
    assert_eq!(irregular(&report), [u64::MAX, 0, 0], "and does not wrap");
}
