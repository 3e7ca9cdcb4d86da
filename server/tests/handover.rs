//! Clients that leave a stream, or ask for more behind it, over sockets of the kernel.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{exchange, metric, read_until, send, send_body, server};
use socket2::SockRef;
use weir_server::{Config, Limits, Server};

/// An idle stream whose head has come.
fn idle(addr: SocketAddr) -> TcpStream {
    let mut socket = send(addr, "GET /sse?ttfe=3600000", "");
    read_until(&mut socket, "\r\n\r\n");
    socket
}

/// Waits until no stream is open.
fn all_closed(addr: SocketAddr) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while metric(addr, "weir_streams_open ") > 0.0 {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_client_that_leaves_is_noticed_though_nothing_is_sent() {
    let server = server();
    let addr = server.addr();
    // Closed, reset, and with its own half of the connection alone ended.
    drop(idle(addr));
    all_closed(addr);
    let reset = idle(addr);
    SockRef::from(&reset)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
    drop(reset);
    all_closed(addr);
    let mut half = idle(addr);
    half.shutdown(Shutdown::Write).unwrap();
    assert_eq!(half.read_to_end(&mut Vec::new()).unwrap(), 0);
    all_closed(addr);
    assert_eq!(server.shutdown().streams, 3);
}

#[test]
fn a_client_that_leaves_a_flood_is_noticed() {
    let server = server();
    for target in ["GET /sse?rate=0", "GET /sse?rate=0&size=100000&batch=3"] {
        let mut read = send(server.addr(), target, "");
        read_until(&mut read, "data: ");
        let mut unread = send(server.addr(), target, "");
        read_until(&mut unread, "data: ");
        // Until the server's socket takes no more.
        std::thread::sleep(Duration::from_millis(100));
        drop((read, unread));
        all_closed(server.addr());
    }
}

#[test]
fn a_slow_reader_gets_every_byte() {
    let server = server();
    let target = "GET /sse?rate=0&events=300&size=50000&batch=2&seed=7";
    let (_, whole) = exchange(server.addr(), target, "");
    let mut socket = send(server.addr(), target, "connection: close\r\n");
    read_until(&mut socket, "\r\n\r\n");
    let (mut slowly, mut some) = (Vec::new(), vec![0; 700_000]);
    loop {
        std::thread::sleep(Duration::from_millis(2));
        let size = socket.read(&mut some).unwrap();
        if size == 0 {
            break;
        }
        slowly.extend_from_slice(&some[..size]);
    }
    assert!(slowly == whole.as_bytes(), "{} bytes", slowly.len());
}

#[test]
fn a_posted_request_and_its_stream_leave_the_connection_to_the_next_one() {
    let server = server();
    let chat =
        r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"max_tokens":2}"#;
    let mut socket = send_body(server.addr(), "POST /v1/chat/completions", "", chat);
    // While the stream is written, and after it.
    for next in ["GET /sse?events=2&rate=100&size=0", "GET /healthz"] {
        let request = format!("{next} HTTP/1.1\r\nhost: test\r\n\r\n");
        socket.write_all(request.as_bytes()).unwrap();
        let before = read_until(&mut socket, "\r\n0\r\n\r\n");
        assert!(before.starts_with("HTTP/1.1 200 OK\r\n"), "{before}");
    }
    read_until(&mut socket, r#"{"status":"ok"}"#);
    assert_eq!(server.shutdown().streams, 2);
}

#[test]
fn a_connection_that_asks_no_more_behind_its_stream_is_closed() {
    const SHORT: Duration = Duration::from_millis(200);
    let server = Server::start(&Config {
        limits: Limits {
            request_time: SHORT,
            ..Limits::default()
        },
        ..Config::default()
    });
    let server = server.unwrap();
    for (reached, more) in ["", "GET"].iter().enumerate() {
        let started = Instant::now();
        let mut socket = send(server.addr(), "GET /sse?events=1&rate=0", "");
        socket.write_all(more.as_bytes()).unwrap();
        read_until(&mut socket, "\r\n0\r\n\r\n");
        assert_eq!(socket.read_to_end(&mut Vec::new()).unwrap(), 0);
        assert!(started.elapsed() >= SHORT);
        let count = "weir_limit_reached_total{limit=\"head_time\"} ";
        while metric(server.addr(), count) as usize == reached {
            assert!(started.elapsed() < Duration::from_secs(10), "{more}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn a_drain_closes_a_connection_behind_its_stream() {
    let server = server();
    let mut socket = idle(server.addr());
    socket
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n")
        .unwrap();
    server.shutdown();
    let mut rest = Vec::new();
    // What had come and is not answered has the kernel reset the connection.
    let _ = socket.read_to_end(&mut rest);
    let rest = String::from_utf8(rest).unwrap();
    assert!(!rest.contains("HTTP/1.1"), "{rest}");
    assert!(
        rest.is_empty() || rest.ends_with("retry: 1000\n\n\r\n0\r\n\r\n"),
        "{rest}"
    );
}
