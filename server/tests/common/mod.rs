//! A client that keeps every byte it is sent.

#![allow(dead_code, reason = "each test binary uses its part of this")]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

pub(crate) mod h2;
pub(crate) mod tls;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use weir_server::{Config, Server};

/// A server on a free port.
pub(crate) fn server() -> Server {
    server_with(2, Duration::from_secs(5))
}

pub(crate) fn server_with(threads: usize, drain: Duration) -> Server {
    let listen = ([127, 0, 0, 1], 0).into();
    Server::start(&Config {
        listen,
        threads,
        drain,
        reuse_port: false,
        ..Config::default()
    })
    .unwrap()
}

/// Sends a request: its first line without the version, and further headers, each with its line end.
pub(crate) fn send(addr: SocketAddr, line: &str, headers: &str) -> TcpStream {
    let mut socket = TcpStream::connect(addr).unwrap();
    // A test that waits for what does not come should fail, not hang.
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let request = format!("{line} HTTP/1.1\r\nhost: test\r\n{headers}\r\n");
    socket.write_all(request.as_bytes()).unwrap();
    socket
}

/// Sends a request with a body.
pub(crate) fn send_body(addr: SocketAddr, line: &str, headers: &str, body: &str) -> TcpStream {
    let length = body.len();
    let mut socket = send(
        addr,
        line,
        &format!("{headers}content-length: {length}\r\n"),
    );
    socket.write_all(body.as_bytes()).unwrap();
    socket
}

/// As [`exchange`], with a body.
pub(crate) fn exchange_body(
    addr: SocketAddr,
    line: &str,
    headers: &str,
    body: &str,
) -> (String, String) {
    let headers = format!("connection: close\r\n{headers}");
    response(send_body(addr, line, &headers, body))
}

/// A whole response: its head without the date, and all that follows it as it is on the wire.
pub(crate) fn exchange(addr: SocketAddr, line: &str, headers: &str) -> (String, String) {
    response(send(addr, line, &format!("connection: close\r\n{headers}")))
}

/// What comes on `socket`, up to its end, as [`exchange`] gives it.
pub(crate) fn response(mut socket: TcpStream) -> (String, String) {
    let mut response = String::new();
    socket.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let lines = head
        .split("\r\n")
        .filter(|line| !line.starts_with("date: "));
    (lines.collect::<Vec<_>>().join("\n"), body.to_owned())
}

/// Reads until all that has come ends with `end`.
pub(crate) fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut seen = Vec::new();
    let mut byte = [0];
    while !seen.ends_with(end.as_bytes()) {
        socket.read_exact(&mut byte).unwrap();
        seen.push(byte[0]);
    }
    String::from_utf8(seen).unwrap()
}

/// What is in a chunked body, which must be whole (RFC 9112, section 7.1).
pub(crate) fn dechunk(mut wire: &str) -> String {
    let mut body = String::new();
    loop {
        let (size, rest) = wire.split_once("\r\n").unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        let (chunk, rest) = rest.split_at(size);
        body.push_str(chunk);
        wire = rest.strip_prefix("\r\n").unwrap();
        if size == 0 {
            assert_eq!(wire, "");
            return body;
        }
    }
}

/// Event k of four of `/sse?size=0`.
pub(crate) fn event(k: u64) -> &'static str {
    [
        "id: 0\ndata: \n\n",
        "id: 1\ndata: \n\n",
        "id: 2\ndata: \n\n",
        "id: 3\ndata: \n\n",
    ][k as usize]
}

/// Several of these.
pub(crate) fn events(numbers: &[u64]) -> String {
    numbers.iter().map(|k| event(*k)).collect()
}

/// A stream whose head has come.
pub(crate) fn subscribe(addr: SocketAddr, target: &str, headers: &str) -> TcpStream {
    let mut socket = send(addr, &format!("GET {target}"), headers);
    let head = read_until(&mut socket, "\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    socket
}

/// The answer to a publication, which succeeds.
pub(crate) fn publish(addr: SocketAddr, target: &str, body: &str) -> String {
    let (head, body) = exchange_body(addr, &format!("POST {target}"), "", body);
    assert!(head.starts_with("HTTP/1.1 200 OK\n"), "{head}\n{body}");
    body
}

/// What `GET /metrics` has for `name`.
pub(crate) fn metric(addr: SocketAddr, name: &str) -> f64 {
    let (_, text) = exchange(addr, "GET /metrics", "");
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().parse().unwrap()
}
