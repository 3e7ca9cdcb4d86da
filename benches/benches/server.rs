//! One stream as its reader gets it: scenario, tape, body and hyper, over loopback. The server's modules are its own
//! affair; its first seam is the socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use weir_benches::bare::{Chunk, EVENT_BYTES, Flood};
use weir_benches::ceiling::weir_server_path;
use weir_server::{Config, Server};

/// What is read in one step: enough writes of the largest batch (59 KB) that a step does not end within one.
const STEP_BYTES: usize = 1024 * 1024;

/// A step of single events takes some 60 ms: criterion's usual hundred samples would take minutes.
const SAMPLES: usize = 20;

fn stream(criterion: &mut Criterion) {
    let server = Server::start(&Config {
        listen: ([127, 0, 0, 1], 0).into(),
        threads: 1,
        drain: Duration::from_secs(1),
        reuse_port: false,
        ..Config::default()
    })
    .expect("loopback has a free port");
    let mut group = criterion.benchmark_group("stream");
    group.sample_size(SAMPLES);
    for (batch, stamped) in [
        (1, true),
        (64, true),
        (64, false),
        (500, true),
        (500, false),
    ] {
        let flood = Flood {
            streams: 1,
            batch,
            stamped,
        };
        let mut stream = open(server.addr(), flood);
        let mut step = vec![0; STEP_BYTES];
        group.throughput(Throughput::ElementsAndBytes {
            elements: (STEP_BYTES * batch / Chunk::wire_bytes(batch)) as u64,
            bytes: STEP_BYTES as u64,
        });
        let stamps = if stamped { "stamped" } else { "plain" };
        group.bench_function(format!("{batch} events per write, {stamps}"), |bencher| {
            bencher.iter(|| stream.read_exact(&mut step).expect("the stream is endless"));
        });
    }
    group.finish();
    assert!(server.shutdown().events > 0);
}

/// An endless stream, of which the head and one batch have been read.
fn open(addr: SocketAddr, flood: Flood) -> TcpStream {
    let mut stream = TcpStream::connect(addr).expect("the server listens");
    let path = weir_server_path(flood);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {addr}\r\n\r\n").expect("it reads");
    let head = read_to(&mut stream, b"\r\n\r\n");
    assert!(
        head.starts_with(b"HTTP/1.1 200 "),
        "{}",
        head.escape_ascii()
    );
    let body_bytes = flood.batch * EVENT_BYTES;
    let size_line = read_to(&mut stream, b"\r\n");
    assert_eq!(size_line, format!("{body_bytes:X}\r\n").as_bytes());
    let mut events = vec![0; body_bytes + 2];
    stream.read_exact(&mut events).expect("a whole chunk");
    assert!(events.ends_with(b"\n\n\r\n"));
    stream
}

fn read_to(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("an answer");
        bytes.extend_from_slice(&byte);
    }
    bytes
}

criterion_group!(benches, stream);
criterion_main!(benches);
