//! What clients may take, against clients that take more.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{exchange, h2, read_until, send};
use http::{Request, StatusCode};
use weir_server::{Config, Limits, Server};

/// Short for what must be waited for, and long beside the time of an exchange.
const SHORT: Duration = Duration::from_millis(300);

/// The preface of HTTP/2, and an empty SETTINGS frame.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

fn server(limits: Limits) -> Server {
    Server::start(&Config {
        limits,
        drain: Duration::from_millis(200),
        ..Config::default()
    })
    .unwrap()
}

/// How often `limit` was reached.
fn count(addr: SocketAddr, limit: &str) -> u64 {
    let name = format!("weir_limit_reached_total{{limit=\"{limit}\"}} ");
    let (_, text) = exchange(addr, "GET /metrics", "");
    let line = text.lines().find_map(|line| line.strip_prefix(&name));
    line.unwrap().parse().unwrap()
}

/// The same, once it has been: hyper answers before it says so.
fn reached(addr: SocketAddr, limit: &str) -> u64 {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let count = count(addr, limit);
        if count > 0 || Instant::now() > deadline {
            return count;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// All that still comes before the connection is closed, or reset.
fn rest(socket: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    if let Err(error) = socket.read_to_end(&mut rest) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    String::from_utf8_lossy(&rest).into_owned()
}

#[test]
fn a_flood_of_streams_is_turned_away_and_who_leaves_lets_another_in() {
    for (limits, status, limit) in [
        (
            Limits {
                streams: 20,
                ..Limits::default()
            },
            "503 Service Unavailable",
            "streams",
        ),
        (
            Limits {
                streams_per_address: 20,
                ..Limits::default()
            },
            "429 Too Many Requests",
            "streams_per_address",
        ),
    ] {
        let server = server(limits);
        let mut open: Vec<TcpStream> = (0..20)
            .map(|_| send(server.addr(), "GET /sse", ""))
            .collect();
        for stream in &mut open {
            assert!(read_until(stream, "\r\n").ends_with("200 OK\r\n"));
        }
        for _ in 0..30 {
            let (head, body) = exchange(server.addr(), "GET /sse", "");
            assert!(head.starts_with(&format!("HTTP/1.1 {status}\n")), "{head}");
            assert!(head.contains("\nretry-after: 1\n") && body.contains("too_many_streams"));
        }
        assert_eq!(reached(server.addr(), limit), 30);
        drop(open);
        while !exchange(server.addr(), "GET /sse?events=1&rate=0", "")
            .0
            .contains("200 OK")
        {}
    }
}

#[test]
fn a_head_that_is_dribbled_is_cut_off_in_its_time() {
    let server = server(Limits {
        request_time: SHORT,
        ..Limits::default()
    });
    let mut socket = TcpStream::connect(server.addr()).unwrap();
    socket.write_all(b"GET /sse HTTP/1.1\r\nx: ").unwrap();
    let started = Instant::now();
    // Until the server has closed, and says so to what comes after.
    while socket.write_all(b"x").is_ok() {
        std::thread::sleep(Duration::from_millis(10));
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    assert!(started.elapsed() >= SHORT / 2);
    assert!(reached(server.addr(), "head_time") >= 1);
}

#[test]
fn a_connection_that_asks_no_more_is_closed() {
    let server = server(Limits {
        request_time: SHORT,
        ..Limits::default()
    });
    let mut socket = send(server.addr(), "GET /healthz", "");
    read_until(&mut socket, r#"{"status":"ok"}"#);
    assert_eq!(rest(&mut socket), "");
    assert_eq!(reached(server.addr(), "head_time"), 1);
}

#[test]
fn without_limits_of_time_everybody_is_waited_for() {
    let server = server(Limits {
        request_time: Duration::ZERO,
        peer_time: Duration::ZERO,
        ..Limits::default()
    });
    let mut socket = TcpStream::connect(server.addr()).unwrap();
    let request = "POST /topic/a HTTP/1.1\r\nhost: test\r\ncontent-length: 1\r\n\r\nx";
    let (before_body, body) = request.split_at(request.len() - 1);
    let (begin, head) = before_body.split_at(10);
    for part in [begin, head, body] {
        std::thread::sleep(Duration::from_millis(20));
        socket.write_all(part.as_bytes()).unwrap();
    }
    assert!(read_until(&mut socket, "\r\n").ends_with("200 OK\r\n"));
    h2::run(async {
        let mut client = h2::connect(server.addr()).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        let (status, ..) = h2::get(&mut client, "/healthz", &[]).await;
        assert_eq!(status, StatusCode::OK);
    });
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let server = server(Limits::default());
    let long = format!("x: {}\r\n", "x".repeat(40_000));
    let mut socket = send(server.addr(), "GET /sse", &long);
    assert!(rest(&mut socket).starts_with("HTTP/1.1 431 "));
    assert_eq!(reached(server.addr(), "head_bytes"), 1);
    // Behind a stream, too.
    let mut socket = send(server.addr(), "GET /sse?events=1&rate=0", "");
    let long = format!("GET /sse HTTP/1.1\r\n{long}\r\n");
    socket.write_all(long.as_bytes()).unwrap();
    let answers = rest(&mut socket);
    let (_, behind) = answers.split_once("\r\n0\r\n\r\n").unwrap();
    assert!(behind.starts_with("HTTP/1.1 431 "), "{answers}");
    h2::run(async {
        let mut client = h2::connect(server.addr()).await;
        let long = "x".repeat(40_000);
        let (status, ..) = h2::get(&mut client, "/sse", &[("x", &long)]).await;
        assert_eq!(status, StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    });
}

#[test]
fn a_body_that_is_too_long_is_refused() {
    let server = server(Limits {
        body_bytes: 1_000,
        ..Limits::default()
    });
    for framing in ["content-length: 1001\r\n", "transfer-encoding: chunked\r\n"] {
        let mut socket = send(server.addr(), "POST /topic/a", framing);
        let body = format!("3E9\r\n{}\r\n0\r\n\r\n", "x".repeat(1_001));
        // It may be refused while it is still being sent.
        let _ = socket.write_all(body.as_bytes());
        assert!(rest(&mut socket).starts_with("HTTP/1.1 413 "));
    }
    assert_eq!(reached(server.addr(), "body_bytes"), 2);
}

#[test]
fn a_body_that_is_dribbled_is_cut_off_in_its_time() {
    let server = server(Limits {
        request_time: SHORT,
        ..Limits::default()
    });
    let mut socket = send(server.addr(), "POST /topic/a", "content-length: 100\r\n");
    let mut dribble = socket.try_clone().unwrap();
    let dribbler = std::thread::spawn(move || {
        for _ in 0..100 {
            if dribble.write_all(b"x").is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    });
    assert!(read_until(&mut socket, "\r\n").starts_with("HTTP/1.1 408 "));
    assert_eq!(reached(server.addr(), "body_time"), 1);
    dribbler.join().unwrap();
}

#[test]
fn a_peer_that_does_not_read_is_cut_off() {
    let server = server(Limits {
        peer_time: SHORT,
        ..Limits::default()
    });
    let mut socket = send(server.addr(), "GET /sse?rate=0&size=100000", "");
    read_until(&mut socket, "\r\n\r\n");
    assert_eq!(reached(server.addr(), "peer_time"), 1);
    let mut sent = Vec::new();
    let _ = socket.read_to_end(&mut sent);
    assert!(!sent.ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_peer_of_http2_that_does_not_answer_is_cut_off() {
    let server = server(Limits {
        peer_time: SHORT,
        ..Limits::default()
    });
    let mut silent = TcpStream::connect(server.addr()).unwrap();
    silent.write_all(PREFACE).unwrap();
    rest(&mut silent);
    assert_eq!(reached(server.addr(), "peer_time"), 1);
}

#[test]
fn a_peer_of_http2_that_asks_for_nothing_is_left() {
    let server = server(Limits {
        request_time: SHORT,
        ..Limits::default()
    });
    // HEADERS of stream 1 that end the stream, but not the head: it would go on in another frame.
    let half_a_head = [PREFACE, &b"\0\0\x01\x01\x01\0\0\0\x01\x82"[..]].concat();
    for said in [&b"PRI "[..], PREFACE, &half_a_head] {
        let mut socket = TcpStream::connect(server.addr()).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let started = Instant::now();
        socket.write_all(said).unwrap();
        rest(&mut socket);
        assert!(started.elapsed() >= SHORT);
    }
    assert_eq!(reached(server.addr(), "head_time"), 3);
}

#[test]
fn a_connection_with_http2_is_closed_when_it_asks_no_more_and_not_before() {
    let server = server(Limits {
        request_time: SHORT,
        ..Limits::default()
    });
    h2::run(async {
        let mut client = h2::connect(server.addr()).await;
        for target in ["/healthz", "/sse?rate=40&events=40&size=0&ids=0"] {
            let (_, _, mut body) = h2::get(&mut client, target, &[]).await;
            assert!(!h2::rest(&mut body).await.is_empty());
        }
        loop {
            let request = Request::get("http://test/healthz").body(()).unwrap();
            match client.ready().await {
                Ok(ready) => client = ready,
                Err(_) => break,
            }
            tokio::time::sleep(2 * SHORT).await;
            if client.send_request(request, true).is_err() {
                break;
            }
        }
    });
    assert_eq!(count(server.addr(), "head_time"), 0);
}

#[test]
fn a_stream_of_http2_that_is_not_read_is_cut_off_and_no_other() {
    let server = server(Limits {
        peer_time: SHORT,
        ..Limits::default()
    });
    h2::run(async {
        let mut client = h2::connect(server.addr()).await;
        // Its window is never opened again, though the client answers pings.
        let (_, _, mut unread) = h2::get(&mut client, "/sse?rate=0&size=1000", &[]).await;
        // This one waits long for its next event, but not for its reader.
        let quiet = "/sse?rate=1&ttfe=1500&events=1&size=0&ids=0";
        let (_, _, mut quiet) = h2::get(&mut client, quiet, &[]).await;
        assert_eq!(h2::rest(&mut quiet).await, b"data: \n\n");
        assert_eq!(count(server.addr(), "peer_time"), 1);
        let mut received = 0;
        let error = loop {
            match unread.data().await.unwrap() {
                Ok(data) => received += data.len(),
                Err(error) => break error,
            }
        };
        assert!(error.is_reset(), "{error}");
        assert_eq!(received, 65_535);
    });
}

#[test]
fn a_connection_has_as_many_streams_as_it_was_told_and_others_have_theirs() {
    let server = server(Limits {
        streams_per_connection: 5,
        ..Limits::default()
    });
    h2::run(async {
        let mut client = h2::connect(server.addr()).await;
        let mut open = Vec::new();
        for _ in 0..5 {
            open.push(h2::get(&mut client, "/sse?rate=0.001&size=0", &[]).await.2);
        }
        // The client keeps to what it was told: this one is sent when another has ended.
        let sixth = tokio::spawn(async move { h2::get(&mut client, "/healthz", &[]).await.0 });
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!sixth.is_finished());
        let mut other = h2::connect(server.addr()).await;
        assert_eq!(h2::get(&mut other, "/healthz", &[]).await.0, StatusCode::OK);
        open.pop();
        assert_eq!(sixth.await.unwrap(), StatusCode::OK);
    });
}

#[test]
fn streams_that_are_reset_as_soon_as_they_are_asked_for_take_no_memory() {
    let server = server(Limits::default());
    let mut grown = Vec::new();
    for _ in 0..4 {
        let before = resident_bytes();
        for _ in 0..20 {
            h2::run(flood_with_resets(server.addr()));
        }
        grown.push(resident_bytes().saturating_sub(before));
    }
    // The memory that the first round takes serves the others.
    assert!(*grown.last().unwrap() < 4 << 20, "{grown:?}");
    assert!(
        exchange(server.addr(), "GET /healthz", "")
            .0
            .contains("200 OK")
    );
}

/// Until the server has had enough of it, as h2 has of 20 that it had no time to answer.
async fn flood_with_resets(addr: SocketAddr) {
    let mut client = h2::connect(addr).await;
    for _ in 0..1_000 {
        let request = Request::get("http://test/sse?rate=0").body(()).unwrap();
        let Ok(ready) = client.ready().await else {
            return;
        };
        client = ready;
        let Ok((_, mut stream)) = client.send_request(request, true) else {
            return;
        };
        stream.send_reset(::h2::Reason::CANCEL);
    }
}

/// Of this process, in which the server runs.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
