//! How a server ends.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::time::Duration;

use common::{read_until, send, server, server_with};
use weir_server::{Config, Server};

/// All that still comes before the connection is closed.
fn rest(mut socket: TcpStream) -> String {
    let mut rest = String::new();
    socket.read_to_string(&mut rest).unwrap();
    rest
}

#[test]
fn open_streams_end_between_two_events_however_far_off_the_next_one_is() {
    let server = server();
    let streams: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut socket = send(server.addr(), "GET /sse?rate=0.001&size=0", "");
            read_until(&mut socket, "E\r\nid: 0\ndata: \n\n\r\n");
            socket
        })
        .collect();
    let counters = server.shutdown();
    assert_eq!(
        (counters.streams, counters.events, counters.bytes),
        (8, 8, 8 * (14 + 13))
    );
    for stream in streams {
        assert_eq!(rest(stream), "D\r\nretry: 1000\n\n\r\n0\r\n\r\n");
    }
}

#[test]
fn clients_are_told_when_to_come_back_whatever_their_stream_unless_nobody_is_to_tell() {
    for (drain_retry, end) in [
        (Duration::from_millis(250), "retry: 250\n\n\r\n0\r\n\r\n"),
        (Duration::ZERO, "\n\n\r\n0\r\n\r\n"),
    ] {
        let server = Server::start(&Config {
            drain_retry,
            ..Config::default()
        });
        let server = server.unwrap();
        let streams: Vec<TcpStream> = ["/sse", "/topic/a?rate=100", "/api/monitor?interval=100"]
            .iter()
            .map(|path| {
                let mut socket = send(server.addr(), &format!("GET {path}"), "");
                read_until(&mut socket, "data: ");
                socket
            })
            .collect();
        server.shutdown();
        for stream in streams {
            let rest = rest(stream);
            assert!(rest.ends_with(end), "{rest}");
            assert_eq!(rest.contains("retry: "), !drain_retry.is_zero());
        }
    }
}

#[test]
fn idle_connections_are_closed() {
    let server = server();
    let mut unused = TcpStream::connect(server.addr()).unwrap();
    let mut kept_alive = send(server.addr(), "GET /healthz", "");
    read_until(&mut kept_alive, r#"{"status":"ok"}"#);
    server.shutdown();
    assert_eq!(rest(kept_alive), "");
    // Reset, if its core has not come to accept it.
    match unused.read(&mut [0]) {
        Ok(size) => assert_eq!(size, 0),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
}

#[test]
fn a_reader_that_does_not_read_is_cut_off_when_the_time_is_up() {
    let server = server_with(1, Duration::from_millis(20));
    let mut socket = send(server.addr(), "GET /sse?rate=0&size=1000000", "");
    read_until(&mut socket, "data: ");
    assert_eq!(server.shutdown().streams, 1);
    let mut cut_off = Vec::new();
    let _ = socket.read_to_end(&mut cut_off);
    assert!(!cut_off.ends_with(b"\r\n0\r\n\r\n"));
}

#[test]
fn a_port_is_free_again_at_once() {
    let server = server();
    let addr = server.addr();
    let stream = send(addr, "GET /sse", "");
    server.shutdown();
    drop(stream);
    let config = Config {
        listen: addr,
        threads: 1,
        drain: Duration::ZERO,
        reuse_port: false,
        ..Config::default()
    };
    assert_eq!(Server::start(&config).unwrap().addr(), addr);
}

#[test]
fn a_server_needs_a_thread() {
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 0,
        drain: Duration::ZERO,
        reuse_port: false,
        ..Config::default()
    };
    let error = Server::start(&config).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
