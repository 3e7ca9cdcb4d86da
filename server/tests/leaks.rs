//! Clients that come and leave, again and again, leave nothing behind.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::fs;
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use common::{h2, send, send_body, server};

/// Streams of every kind. `{}` is another number for each client: what is kept of a topic must not add up.
const STREAMS: [&str; 8] = [
    "GET /sse?rate=100",
    "GET /sse?rate=0",
    "GET /sse?ttfe=3600000",
    "GET /topic/a",
    // Leaves a thousand seconds before its ticker would look whether it is still there.
    "GET /topic/{}?rate=0.001&size=65536",
    "GET /api/chat/{}",
    "GET /api/monitor",
    "POST /v1/chat/completions",
];

/// What is posted: an answer that has only begun when its client leaves.
const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true}"#;

/// Of clients that are there at once.
const WAVE: usize = 250;

/// Waves of each half of the test: the first warms up, and the second must add nothing.
const WAVES: usize = 20;

/// What an allocator may keep of the second half beyond what it kept of the first. Were the 1.4 KiB of every stream kept,
/// it would be 7 MiB.
const SLACK_BYTES: u64 = 4 << 20;

/// The only test of its process, whose descriptors and memory it counts.
#[test]
fn ten_thousand_clients_that_leave_leave_nothing_behind() {
    let server = server();
    let files = open_files();
    come_and_leave(server.addr(), 0);
    settle(files);
    let bytes = resident_bytes();
    come_and_leave(server.addr(), WAVES * WAVE);
    settle(files);
    let grown = resident_bytes().saturating_sub(bytes);
    assert!(grown < SLACK_BYTES, "{grown} bytes more");
    assert!(server.shutdown().streams >= 10_000);
}

/// In waves, most with HTTP/1.1, every fifth with HTTP/2. Clients are numbered, beginning with `from`.
fn come_and_leave(addr: SocketAddr, from: usize) {
    let mut clients = from..;
    for wave in 0..WAVES {
        if wave % 5 == 4 {
            h2::run(leave_http2(addr));
        } else {
            leave_http1(addr, clients.by_ref().take(WAVE));
        }
    }
}

/// Leaves in the middle of every stream.
fn leave_http1(addr: SocketAddr, clients: impl Iterator<Item = usize>) {
    let mut clients: Vec<TcpStream> = clients.map(|number| come(addr, number)).collect();
    for client in &mut clients {
        let mut status = [0; 12];
        client.read_exact(&mut status).unwrap();
        assert_eq!(status, *b"HTTP/1.1 200");
    }
}

fn come(addr: SocketAddr, number: usize) -> TcpStream {
    let line = STREAMS[number % STREAMS.len()].replace("{}", &number.to_string());
    if line.starts_with("POST") {
        send_body(addr, &line, "", CHAT)
    } else {
        send(addr, &line, "")
    }
}

/// Some streams a connection: half of them reset, half of them left with it.
async fn leave_http2(addr: SocketAddr) {
    for _ in 0..WAVE / 10 {
        let mut client = h2::connect(addr).await;
        let mut bodies = Vec::new();
        for _ in 0..10 {
            bodies.push(h2::get(&mut client, "/sse?rate=100", &[]).await.2);
        }
        bodies.truncate(5);
    }
}

/// Until the server has seen everyone leave.
fn settle(files: usize) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while open_files() != files {
        assert!(
            Instant::now() < deadline,
            "{} of {files} files",
            open_files()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Of this process, in which the server runs.
fn resident_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}
