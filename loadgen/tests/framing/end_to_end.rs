//! What a run reports of framing that is broken or merely unusual, read from a real socket.

use weir::measure::ErrorKind;
use weir::report::Report;

use crate::common::peer::{END, chunk, chunked_head, head, serve_once};
use crate::common::{assert_conserved, errors, one_stream, run};

const EVENT: &str = "data: x\n\n";

/// The report of one stream that is answered with `response`, in which one event came.
fn report_of(response: &str) -> Report {
    let report = run(one_stream(&serve_once(response)));
    assert_conserved(&report);
    assert_eq!(report.counters.events, 1, "{response:?}");
    report
}

#[test]
fn an_end_within_the_framing_truncates_the_stream() {
    for rest in ["9\r\ndata: x\n\n", "9\r\ndata: x\n\n\r"] {
        assert_truncated(&(chunked_head() + rest));
    }
    for rest in [
        "5",
        "5;a",
        "5\r",
        "5\r\n",
        "0",
        "0\r",
        "0\r\n",
        "0\r\na: b",
        "0\r\na: b\r\n",
        "0\r\n\r",
    ] {
        assert_truncated(&(chunked_head() + &chunk(EVENT) + rest));
    }
}

fn assert_truncated(response: &str) {
    let report = report_of(response);
    assert_eq!(report.errors, errors(&[("truncated", 1)]), "{response:?}");
}

#[test]
fn an_end_without_framing_is_none_whatever_was_unfinished() {
    let report = report_of(&(head("") + EVENT + "data: y"));
    assert_eq!(report.counters.streams_completed, 1);
}

#[test]
fn what_follows_the_end_is_of_no_concern() {
    let length = EVENT.len();
    for response in [
        chunked_head() + &chunk(EVENT) + END,
        chunked_head() + &chunk(EVENT) + "0;last\r\na: b\r\nc:\r\n\r\n",
        head(&format!("content-length: {length}, {length}\r\n")) + EVENT,
    ] {
        let report = report_of(&(response + "HTTP/1.1 200 OK\r\n\r\n" + EVENT));
        assert_eq!(report.counters.streams_completed, 1);
    }
}

#[test]
fn a_trailer_that_is_none_fails_the_stream_behind_its_events() {
    for rest in ["0\r\nHTTP/1.1 200 OK\r\n\r\n", "0\r\na: b\n\r\n"] {
        let report = report_of(&(chunked_head() + &chunk(EVENT) + rest));
        assert_eq!(report.errors, errors(&[("protocol", 1)]));
        assert_eq!(
            report.error_samples[&ErrorKind::Protocol],
            "invalid trailer"
        );
    }
}

#[test]
fn a_framing_that_cannot_be_trusted_is_not_read() {
    let chunked = "transfer-encoding: chunked\r\n";
    let old = chunked_head().replacen("HTTP/1.1", "HTTP/1.0", 1);
    for (head, sample) in [
        (old, "transfer-encoding in HTTP/1.0"),
        (
            head(&chunked.repeat(2)),
            "transfer-encoding other than chunked",
        ),
        (head("content-length: 5, 6\r\n"), "invalid content-length"),
    ] {
        let report = run(one_stream(&serve_once(head + &chunk(EVENT) + END)));
        assert_eq!(report.errors, errors(&[("protocol", 1)]), "{sample}");
        assert_eq!(report.error_samples[&ErrorKind::Protocol], sample);
        assert_eq!(report.counters.events, 0);
    }
}
