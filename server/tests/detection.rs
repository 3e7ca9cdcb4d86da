//! Connections that end before they have said what they speak.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use common::{exchange, metric, server_with};
use socket2::SockRef;
use weir_server::{Config, Limits, Server};

/// What a connection with HTTP/2 begins with (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection that has sent so many bytes of the preface.
fn cut(addr: SocketAddr, bytes: usize) -> TcpStream {
    let mut socket = TcpStream::connect(addr).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket.write_all(&PREFACE[..bytes]).unwrap();
    socket
}

/// What comes until the server closes the connection, in whichever way.
fn until_closed(mut socket: &TcpStream) -> Vec<u8> {
    let mut seen = Vec::new();
    match socket.read_to_end(&mut seen) {
        Ok(_) => seen,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => seen,
        Err(error) => panic!("it is not closed: {error}"),
    }
}

/// Whether the only core has time for others.
fn assert_serves(addr: SocketAddr) {
    let (head, _) = exchange(addr, "GET /healthz", "");
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}");
}

#[test]
fn a_preface_that_ends_halfway_is_closed_and_holds_up_nobody() {
    let server = server_with(1, Duration::from_secs(5));
    for bytes in 1..=PREFACE.len() {
        let socket = cut(server.addr(), bytes);
        socket.shutdown(Shutdown::Write).unwrap();
        assert_serves(server.addr());
        let seen = until_closed(&socket);
        let refused = seen.starts_with(b"HTTP/1.1 400 ");
        assert!(
            seen.is_empty() || refused == (bytes < b"PRI ".len()),
            "{bytes}"
        );
    }
}

#[test]
fn a_preface_that_is_reset_halfway_holds_up_nobody() {
    let server = server_with(1, Duration::from_secs(5));
    for bytes in 1..=PREFACE.len() {
        let socket = cut(server.addr(), bytes);
        SockRef::from(&socket)
            .set_linger(Some(Duration::ZERO))
            .unwrap();
        drop(socket);
        assert_serves(server.addr());
    }
}

#[test]
fn a_preface_that_goes_no_further_is_given_up_in_its_time() {
    let server = Server::start(&Config {
        limits: Limits {
            request_time: Duration::from_millis(100),
            ..Limits::default()
        },
        ..Config::default()
    })
    .unwrap();
    let cuts = 0..=PREFACE.len();
    let sockets: Vec<_> = cuts.map(|bytes| cut(server.addr(), bytes)).collect();
    for socket in &sockets {
        until_closed(socket);
    }
    let reached = metric(
        server.addr(),
        "weir_limit_reached_total{limit=\"head_time\"} ",
    );
    assert!(reached >= sockets.len() as f64, "{reached}");
}

/// Slowly, byte by byte, it is a preface all the same.
#[test]
fn what_comes_byte_by_byte_is_told_apart() {
    let server = server_with(1, Duration::from_secs(5));
    for request in ["POST /healthz HTTP/1.1\r\n", "PRx / HTTP/1.1\r\n"] {
        let mut socket = cut(server.addr(), 0);
        socket.set_nodelay(true).unwrap();
        for byte in request.bytes() {
            socket.write_all(&[byte]).unwrap();
            assert_serves(server.addr());
        }
        socket
            .write_all(b"host: test\r\nconnection: close\r\n\r\n")
            .unwrap();
        let seen = until_closed(&socket);
        assert!(seen.starts_with(b"HTTP/1.1 405 "), "{seen:?}");
    }
}
