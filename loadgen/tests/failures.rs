//! Whatever goes wrong with a stream is counted by its kind, and shown.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::Write;
use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use weir::load::Load;
use weir::measure::{ErrorKind, Metric};
use weir::plan::Settings;
use weir::report::Report;

use self::common::peer::{
    FOR_EVER, chunk, chunked_head, head, hold, reset, response, send, send_apart, serve,
    serve_once, stamped,
};
use self::common::{assert_conserved, count, errors, one_stream, plan, run};

/// The one stream fails: its kind, and what the report shows of it.
fn failure(report: &Report) -> (&'static str, &str) {
    let (kind, sample) = report.error_samples.first_key_value().unwrap();
    assert_eq!(report.errors, errors(&[(kind.name(), 1)]));
    assert_conserved(report);
    (kind.name(), sample)
}

/// The failure of one stream that is answered with `bytes`.
fn failure_of(bytes: impl Into<Vec<u8>>) -> (String, String) {
    let report = run(one_stream(&serve_once(bytes)));
    let (kind, sample) = failure(&report);
    (kind.to_owned(), sample.to_owned())
}

fn assert_failure(bytes: impl Into<Vec<u8>>, kind: &str, sample: &str) {
    assert_eq!(failure_of(bytes), (kind.to_owned(), sample.to_owned()));
}

#[test]
fn another_status_is_shown_with_what_the_body_says() {
    assert_failure(
        "HTTP/1.1 404 Not Found\r\ncontent-length: 15\r\n\r\nno such stream\n",
        "http_status",
        "status 404 Not Found, body: no such stream",
    );
    assert_failure(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
        "http_status",
        "status 307 Temporary Redirect to /elsewhere, empty body",
    );
    assert_failure(
        "HTTP/1.1 204 No Content\r\n\r\n",
        "http_status",
        "status 204 No Content, empty body",
    );
    assert_failure(
        "HTTP/1.1 502 Bad Gateway\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n",
        "http_status",
        "status 502 Bad Gateway, empty body",
    );
}

#[test]
fn a_long_body_is_shown_by_its_beginning_and_not_waited_for() {
    let url = serve(1, |peer| {
        send(peer, "HTTP/1.1 500 Oops\r\n\r\n");
        send(peer, "a".repeat(1_000));
        hold(peer);
    });
    let report = run(one_stream(&url));
    let sample = format!("status 500 Oops, body: {}", "a".repeat(200));
    assert_eq!(failure(&report), ("http_status", sample.as_str()));
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let url = serve(1, |peer| {
        send(peer, "HTTP/1.1 429 Slow Down\r\n\r\n");
        hold(peer);
    });
    let report = run(one_stream(&url));
    let sample = "status 429 Slow Down, empty body";
    assert_eq!(failure(&report), ("http_status", sample));
}

#[test]
fn a_refused_stream_is_not_established() {
    let report = run(one_stream(&serve_once("HTTP/1.1 404 Not Found\r\n\r\n")));
    assert_eq!(report.counters.streams_established, 0);
    assert_eq!(count(&report, Metric::Headers), 0);
    assert_eq!(count(&report, Metric::Lifetime), 0);
}

#[test]
fn another_content_type_is_no_stream() {
    assert_failure(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"data\":1}",
        "content_type",
        "content-type \"application/json\", body: {\"data\":1}",
    );
    assert_failure(
        "HTTP/1.1 200 OK\r\n\r\ndata: x\n\n",
        "content_type",
        "no content-type, body: data: x",
    );
}

#[test]
fn an_end_before_the_response_is_complete_truncates_it() {
    let cases = [
        chunked_head() + &chunk("data: x\n\n"),
        chunked_head() + "20\r\ndata: x\n\n",
        head("content-length: 100\r\n") + "data: x\n\n",
    ];
    for bytes in cases {
        let report = run(one_stream(&serve_once(bytes.clone())));
        let sample = "the connection ended in the middle of the response";
        assert_eq!(failure(&report), ("truncated", sample), "{bytes:?}");
        assert_eq!(report.counters.events, 1, "{bytes:?}");
    }
    for bytes in ["", "HTTP/1.1 200 OK\r\ncontent-ty"] {
        assert_failure(
            bytes,
            "truncated",
            "the connection ended before the response head",
        );
    }
}

#[test]
fn a_reset_is_told_from_an_end_and_its_place_is_known() {
    let in_the_stream = serve(1, |peer| {
        send(peer, chunked_head() + &chunk(&stamped(0)));
        reset(peer);
    });
    let report = run(one_stream(&in_the_stream));
    assert_eq!(failure(&report).0, "reset");
    assert_eq!(report.counters.events, 1, "what came before it counts");
    let before_it = serve(1, |peer| reset(peer));
    assert_eq!(failure(&run(one_stream(&before_it))).0, "connect_reset");
}

#[test]
fn what_is_not_http_is_a_protocol_error_with_its_reason() {
    assert_failure(
        "SSH-2.0-OpenSSH_9.6\r\n",
        "protocol",
        "response head: invalid HTTP version",
    );
    assert_failure(
        chunked_head() + "zz\r\ndata: x\n\n\r\n",
        "protocol",
        "invalid chunk size",
    );
    assert_failure(
        chunked_head() + "3\r\nabcdef\r\n",
        "protocol",
        "chunk without CR LF at its end",
    );
    assert_failure(
        head("content-encoding: gzip\r\n"),
        "protocol",
        "content-encoding, though none was asked for",
    );
    assert_failure(
        head("content-length: 5\r\ncontent-length: 6\r\n"),
        "protocol",
        "invalid content-length",
    );
    assert_failure(
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "protocol",
        "101 Switching Protocols, though none was asked for",
    );
}

#[test]
fn comments_are_no_first_event() {
    let url = serve(1, |peer| {
        send(peer, chunked_head());
        beat(peer, 100);
        hold(peer);
    });
    let mut plan = one_stream(&url);
    plan.timeouts.first_event = Some(Duration::from_millis(500));
    let report = run(plan);
    let sample = "no event within 500ms";
    assert_eq!(failure(&report), ("first_event_timeout", sample));
    assert!(report.counters.comments > 0);
}

#[test]
fn a_flood_of_comments_puts_no_deadline_off() {
    let url = serve(1, |peer| {
        send(peer, chunked_head());
        let comments = chunk(&":\n".repeat(30_000));
        // Until the other end has had enough: its socket is never dry.
        while peer.write_all(comments.as_bytes()).is_ok() {}
    });
    let mut plan = one_stream(&url);
    plan.timeouts.first_event = Some(Duration::from_millis(300));
    let report = run(plan);
    let sample = "no event within 300ms";
    assert_eq!(failure(&report), ("first_event_timeout", sample));
}

#[test]
fn a_refusal_that_drips_holds_no_place_for_long() {
    let (sent, drops) = mpsc::channel();
    let url = serve(1, move |peer| {
        send(peer, "HTTP/1.1 503 No\r\ncontent-length: 150\r\n\r\n");
        let drops = (0..150).take_while(|_| {
            thread::sleep(Duration::from_millis(100));
            peer.write_all(b"x").is_ok()
        });
        sent.send(drops.count()).unwrap();
    });
    let report = run(one_stream(&url));
    let (kind, sample) = failure(&report);
    assert_eq!(kind, "http_status");
    assert!(sample.starts_with("status 503 No, body: x"), "{sample}");
    // Each drop came within the time that the next is waited for.
    let drops = drops.recv().unwrap();
    assert!(drops < 100, "{drops} drops of 150 were waited for");
}

#[test]
fn only_silence_is_idleness() {
    const BEATS: u64 = 15;
    let url = serve(1, |peer| {
        send(peer, chunked_head() + &chunk(&stamped(0)));
        beat(peer, BEATS);
        hold(peer);
    });
    let mut plan = one_stream(&url);
    // Less than what the heartbeats take together, and ten times what is between two of them.
    plan.timeouts.idle = Some(Duration::from_secs(1));
    let report = run(plan);
    assert_eq!(failure(&report), ("idle_timeout", "no byte for 1s"));
    assert_eq!(report.counters.comments, BEATS);
}

/// Sends heartbeats, until the peer is gone, 100 ms apart.
fn beat(peer: &mut TcpStream, beats: u64) {
    let beats = (0..beats).map(|_| chunk(":\n\n"));
    send_apart(peer, beats, Duration::from_millis(100));
}

#[test]
fn a_connection_that_is_not_accepted_times_out() {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    listener.bind(&any.into()).unwrap();
    // Room for one: the connection that was made to see whether anybody listens, which is never accepted.
    listener.listen(0).unwrap();
    let addr = listener.local_addr().unwrap().as_socket().unwrap();
    let mut plan = one_stream(&format!("http://{addr}/"));
    plan.timeouts.connect = Some(Duration::from_millis(200));
    let report = run(plan);
    let sample = "not connected after 200ms";
    assert_eq!(failure(&report), ("connect_timeout", sample));
}

#[test]
fn nobody_at_the_address_any_more_refuses_the_connection() {
    let report = run(Settings {
        load: Load {
            total_streams: Some(3),
            ..Load::default()
        },
        ..plan(&serve_once(response([stamped(0)])))
    });
    assert_eq!(report.errors, errors(&[("connect_refused", 2)]));
    assert_eq!(report.counters.streams_completed, 1);
    assert_conserved(&report);
}

#[test]
fn each_failure_counts_and_the_first_of_its_kind_is_shown() {
    let mut request = 0;
    let url = serve(FOR_EVER, move |peer| {
        request += 1;
        send(
            peer,
            format!("HTTP/1.1 503 Try {request}\r\ncontent-length: 0\r\n\r\n"),
        );
    });
    let report = run(Settings {
        load: Load {
            total_streams: Some(3),
            ..Load::default()
        },
        ..plan(&url)
    });
    assert_eq!(report.errors, errors(&[("http_status", 3)]));
    let sample = "status 503 Try 1, empty body";
    assert_eq!(report.error_samples[&ErrorKind::HttpStatus], sample);
}

#[test]
fn a_line_over_the_limit_fails_its_stream_alone() {
    let mut request = 0;
    let url = serve(2, move |peer| {
        request += 1;
        if request == 1 {
            send(peer, head(""));
            send(peer, vec![b'x'; 17 << 20]);
        } else {
            send(peer, response([stamped(0)]));
        }
    });
    let report = run(Settings {
        load: Load {
            total_streams: Some(2),
            ..Load::default()
        },
        ..plan(&url)
    });
    let sample = "a line is longer than 16777216 bytes";
    assert_eq!(failure(&report), ("protocol", sample));
    assert_eq!(report.counters.streams_completed, 1);
}
