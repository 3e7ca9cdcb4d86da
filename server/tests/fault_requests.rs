//! Which requests have faults, where else they hold, and how streams with them end.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use common::{dechunk, event, exchange, exchange_body, read_until, send, send_body, server};
use weir_server::{Config, Limits, Recording, Server};

const QUESTION: &str =
    r#"{"messages":[{"role":"user","content":"a"}],"prompt":"a","input":"a","max_tokens":4"#;

#[test]
fn every_stream_may_have_faults() {
    let mut recording = tempfile::NamedTempFile::new().unwrap();
    recording.write_all(b"data: 1\n\ndata: 2\n\n").unwrap();
    let server = Server::start(&Config {
        scenario: Some(Recording::read(recording.path()).unwrap()),
        // Nobody is asked: a refused stream is none.
        upstream: Some("http://127.0.0.1:1/".parse().unwrap()),
        ..Config::default()
    })
    .unwrap();
    for target in [
        "GET /sse",
        "GET /api/stream",
        "GET /api/chat/a",
        "GET /api/notifications/a",
        "GET /topic/a",
        "GET /api/monitor",
        "GET /api/channels/a,b",
        "GET /scenario",
        "POST /v1/relay",
        "POST /v1/chat/completions",
        "POST /v1/completions",
        "POST /v1/responses",
        "POST /v1/messages",
    ] {
        let body = if target.starts_with("POST") {
            format!("{QUESTION},\"stream\":true}}")
        } else {
            String::new()
        };
        let refused = format!("{target}?fault=refuse:418");
        let (head, _) = exchange_body(server.addr(), &refused, "", &body);
        assert!(head.starts_with("HTTP/1.1 418 "), "{target}: {head}");
        if target == "POST /v1/relay" {
            continue;
        }
        let ended = format!("{target}?fault=end:0,first-delay:1,hold:1");
        let mut stream = send_body(server.addr(), &ended, "", &body);
        // Rooms have no event of their own accord.
        let seen = read_until(&mut stream, "\r\n\r\n");
        assert!(seen.starts_with("HTTP/1.1 200 "), "{target}: {seen}");
        if ![
            "GET /api/chat/a",
            "GET /api/notifications/a",
            "GET /topic/a",
        ]
        .contains(&target)
        {
            assert_eq!(read_until(&mut stream, "\r\n\r\n"), "0\r\n\r\n", "{target}");
        }
    }
    let mut topic = send(
        server.addr(),
        "GET /topic/b?rate=100&size=0&fault=drop:0,end:2",
        "",
    );
    let seen = read_until(&mut topic, "0\r\n\r\n");
    assert_eq!(seen.matches("data: ").count(), 1, "{seen}");
}

#[test]
fn answers_of_models_break_in_every_format() {
    let server = server();
    for path in ["chat/completions", "completions", "responses", "messages"] {
        let target = format!("POST /v1/{path}?ttft=0&itl=0&fault=cut:1:fin");
        let body = format!("{QUESTION},\"stream\":true}}");
        let (head, wire) = exchange_body(server.addr(), &target, "", &body);
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
        assert_eq!(wire.matches("data: ").count(), 1, "{path}: {wire}");
        assert!(!wire.ends_with("0\r\n\r\n"), "{path}: {wire}");
    }
}

#[test]
fn what_is_no_stream_has_no_faults() {
    let server = server();
    for target in [
        "POST /topic/a",
        "POST /api/chat/a/message",
        "POST /api/notifications/a",
        "POST /api/notifications",
        "GET /v1/models",
        "GET /metrics",
        "GET /healthz",
        "GET /",
    ] {
        let (head, body) = exchange(server.addr(), &format!("{target}?fault=drop:1"), "");
        assert!(head.starts_with("HTTP/1.1 400 "), "{target}: {head}");
        assert_eq!(
            body,
            r#"{"error":{"code":"unknown_parameter","message":"there is no parameter \"fault\" here, only streams have it","param":"fault"}}"#
        );
    }
}

const CHAT: &str = "POST /v1/chat/completions?itl=0&tokens=2";

#[test]
fn an_answer_that_is_not_streamed_has_the_faults_of_heads() {
    let (server, question) = (server(), format!("{QUESTION}}}"));
    let asked = |fault: &str| {
        let target = format!("{CHAT}&ttft=0&fault={fault}");
        exchange_body(server.addr(), &target, "", &question)
    };
    let (head, _) = asked("refuse:503:7");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("\nretry-after: 7\n"), "{head}");
    let (head, body) = asked("content-type:text/html");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("\ncontent-type: text/html\n"), "{head}");
    assert!(body.starts_with("{\"id\":"), "{body}");
    for fault in [
        "drop:0",
        "content-type,cut:0:rst@0",
        "hold:1",
        "first-delay:1",
    ] {
        let (head, body) = asked(fault);
        assert!(head.starts_with("HTTP/1.1 400 "), "{fault}: {head}");
        assert!(body.contains("need a stream"), "{body}");
    }
    let everywhere = Server::start(&Config {
        faults: "drop:0".parse().unwrap(),
        ..Config::default()
    })
    .unwrap();
    let (head, _) = exchange_body(everywhere.addr(), &format!("{CHAT}&ttft=0"), "", &question);
    assert!(head.starts_with("HTTP/1.1 200 "), "it did not ask: {head}");
}

#[test]
fn an_answer_that_is_waited_for_counts_as_an_open_stream() {
    let (server, question) = (server_with_streams(1), format!("{QUESTION}}}"));
    let waiting = format!("{CHAT}&ttft=3600000");
    let mut first = send_body(
        server.addr(),
        &waiting,
        "expect: 100-continue\r\n",
        &question,
    );
    read_until(&mut first, "HTTP/1.1 100 Continue\r\n\r\n");
    // It is being read, and counts as a stream at once after that.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !exchange(server.addr(), "HEAD /sse", "")
        .0
        .starts_with("HTTP/1.1 503 ")
    {
        assert!(Instant::now() < deadline);
    }
    let (head, _) = exchange_body(server.addr(), &waiting, "", &question);
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    drop(first);
    while !exchange(server.addr(), "HEAD /sse", "")
        .0
        .starts_with("HTTP/1.1 200 ")
    {
        assert!(Instant::now() < deadline);
    }
}

/// Which of so many streams one after the other end before their time.
fn ended_early(faults: &str, fault_seed: u64, query: &str) -> Vec<bool> {
    let server = Server::start(&Config {
        threads: 2,
        faults: faults.parse().unwrap(),
        fault_seed,
        ..Config::default()
    })
    .unwrap();
    let target = format!("GET /sse?events=2&rate=0&size=0&{query}");
    let stream = |_| dechunk(&exchange(server.addr(), &target, "").1) == event(0);
    (0..24).map(stream).collect()
}

#[test]
fn a_fresh_server_repeats_what_was_left_to_chance() {
    let half = ended_early("end:1@0.5", 3, "");
    assert!(half.contains(&true) && half.contains(&false));
    assert_eq!(ended_early("end:1@0.5", 3, ""), half);
    assert_ne!(ended_early("end:1@0.5", 4, ""), half);
    assert_eq!(ended_early("none", 4, "fault=end:1@0.5&seed=3"), half);
    assert_eq!(ended_early("end:1", 0, "fault=none"), [false; 24]);
    assert_eq!(ended_early("end:1", 0, ""), [true; 24]);
}

#[test]
fn a_head_is_that_of_the_stream() {
    let server = server_with_streams(1);
    let head_of = |fault: &str| {
        let target = format!("HEAD /sse?fault={fault}");
        let (head, body) = exchange(server.addr(), &target, "");
        assert_eq!(body, "");
        head
    };
    let head = head_of("refuse:503:7");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert!(head.contains("\nretry-after: 7\n"), "{head}");
    let head = head_of("content-type");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("\ncontent-type: text/plain\n"), "{head}");

    let mut open = send(server.addr(), "GET /sse", "");
    read_until(&mut open, "\r\n\r\n");
    let head = head_of("none");
    assert!(head.starts_with("HTTP/1.1 503 "), "{head}");
    assert_eq!(server.shutdown().streams, 1);
}

/// A server of which so many streams may be open.
fn server_with_streams(streams: usize) -> Server {
    Server::start(&Config {
        limits: Limits {
            streams,
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap()
}

/// All that comes of `target`, once its head or, when that is delayed, its request is there and the server ends.
fn drained(target: &str) -> String {
    let server = common::server_with(1, Duration::from_secs(60));
    let mut socket = send(server.addr(), target, "");
    if target.contains("head-delay") {
        // The server has to have read it before it drains.
        std::thread::sleep(Duration::from_millis(50));
    } else {
        read_until(&mut socket, "\r\n\r\n");
    }
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).unwrap();
        rest
    });
    server.shutdown();
    reader.join().unwrap()
}

#[test]
fn a_drain_does_not_wait_for_delays_and_tells_when_to_come_back() {
    for fault in [
        "head-delay:3600000",
        "first-delay:3600000",
        "stall:1:3600000",
        "stall:0:3600000,stall:0:3600000",
        "hold:3600000",
        "drop:100",
        "swap:100",
        "end:100",
        "cut:100:rst",
        "split:utf8",
    ] {
        let rest = drained(&format!("GET /sse?size=0&fault={fault}"));
        let farewell = "retry: 1000\n\n\r\n0\r\n\r\n";
        assert!(rest.ends_with(farewell), "{fault}: {rest}");
    }
    let rest = drained("GET /sse?size=0&fault=split:byte");
    assert!(rest.ends_with("1\r\n\n\r\n1\r\n\n\r\n0\r\n\r\n"), "{rest}");
}

#[test]
fn every_stream_with_faults_tells_when_to_come_back() {
    for target in [
        "GET /topic/a?rate=100&fault=drop:100000",
        "GET /api/monitor?interval=100&fault=drop:100000",
        "GET /api/stream?interval=1000&fault=hold:3600000",
    ] {
        let rest = drained(target);
        assert!(rest.contains("retry: 1000\n\n"), "{target}: {rest}");
        assert!(rest.ends_with("\r\n0\r\n\r\n"), "{target}: {rest}");
    }
}

#[test]
fn a_drain_lets_out_a_full_hold() {
    let server = common::server_with(1, Duration::from_secs(60));
    let target = "GET /sse?rate=0&size=1000&fault=hold:3600000";
    let mut socket = send(server.addr(), target, "");
    read_until(&mut socket, "\r\n\r\n");
    // For it to fill; before that the drain finds less of it, and lets that out.
    std::thread::sleep(Duration::from_millis(200));
    let reader = std::thread::spawn(move || {
        let mut rest = String::new();
        socket.read_to_string(&mut rest).unwrap();
        rest
    });
    server.shutdown();
    let body = dechunk(&reader.join().unwrap());
    assert!(
        body.starts_with("id: 0\n") && body.len() > 1_000_000,
        "{}",
        body.len()
    );
    assert!(body.ends_with("\n\nretry: 1000\n\n"));
}
