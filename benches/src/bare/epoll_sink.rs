//! The client side: reads from every socket that has something, and counts bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use serde::{Deserialize, Serialize};

use super::Chunk;
use super::tally::{Stretch, Tally};

/// How long a server may take over its response head, all other streams having been opened meanwhile.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The one buffer all sockets are read into: four of the largest writes measured here (59 KB), so that a read takes what
/// has come and the buffer still lies in the second-level cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// What to read, from where, for how long.
#[derive(Debug, Clone)]
pub struct Sink {
    /// The server.
    pub target: SocketAddr,
    /// Path and query to ask for.
    pub path: String,
    /// Connections, each with one request.
    pub streams: usize,
    /// Events per chunk that the server sends, from which bytes are turned into events.
    pub batch: usize,
    /// Reading before the measurement, while socket buffers and congestion windows grow to what they will be.
    pub warmup: Duration,
    /// Reading that is measured.
    pub duration: Duration,
}

/// What a client received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// While it was measured.
    pub events_per_s: f64,
    /// From the first connection on, the warm-up included.
    pub whole: Tally,
}

/// Opens the streams, reads them for the warm-up, and then for the measurement.
///
/// # Errors
/// When a stream is not answered with status 200, or ends.
pub fn epoll_sink(sink: &Sink) -> io::Result<Received> {
    let stretch = Stretch::begin();
    let mut streams = (0..sink.streams)
        .map(|_| request(sink))
        .collect::<io::Result<Vec<_>>>()?;
    for stream in &mut streams {
        read_response(stream)?;
        stream.set_nonblocking(true)?;
    }
    let mut reader = Reader::new(streams)?;
    let warmup_bytes = reader.read_for(sink.warmup)?;
    let began = Instant::now();
    let measured_bytes = reader.read_for(sink.duration)?;
    let measured_s = began.elapsed().as_secs_f64();
    let bytes = warmup_bytes + measured_bytes;
    Ok(Received {
        events_per_s: events_in(measured_bytes, sink.batch) as f64 / measured_s,
        whole: stretch.end(events_in(bytes, sink.batch), bytes),
    })
}

/// The request goes out with the connection, since a server may wait for it before it accepts the next.
fn request(sink: &Sink) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(sink.target)?;
    let Sink { target, path, .. } = sink;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {target}\r\naccept: text/event-stream\r\n\r\n"
    )?;
    stream.set_read_timeout(Some(RESPONSE_TIMEOUT))?;
    Ok(stream)
}

/// Reads up to the end of the response head. A few bytes at a time, so that what follows it is left.
fn read_response(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.extend_from_slice(&byte);
    }
    if head.starts_with(b"HTTP/1.1 200") {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "unexpected response: {}",
        String::from_utf8_lossy(&head)
    )))
}

/// Each chunk is `batch` events and a frame of a few bytes.
fn events_in(bytes: u64, batch: usize) -> u64 {
    bytes * batch as u64 / Chunk::wire_bytes(batch) as u64
}

struct Reader {
    streams: Vec<TcpStream>,
    epoll: Epoll,
    readable: Vec<EpollEvent>,
    buffer: Vec<u8>,
}

impl Reader {
    fn new(streams: Vec<TcpStream>) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (index, stream) in (0..).zip(&streams) {
            epoll.add(stream, EpollEvent::new(EpollFlags::EPOLLIN, index))?;
        }
        let readable = vec![EpollEvent::empty(); streams.len()];
        Ok(Self {
            streams,
            epoll,
            readable,
            buffer: vec![0; BUFFER_BYTES],
        })
    }

    /// Bytes read in `duration`. The clock is looked at once a wait, which is once for up to as many reads as streams.
    fn read_for(&mut self, duration: Duration) -> io::Result<u64> {
        let end = Instant::now() + duration;
        let mut bytes = 0;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let count = self.wait(left)?;
            for event in &self.readable[..count] {
                match self.streams[event.data() as usize].read(&mut self.buffer) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(read) => bytes += read as u64,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(bytes)
    }

    fn wait(&mut self, left: Duration) -> io::Result<usize> {
        let timeout = EpollTimeout::try_from(left).unwrap_or(EpollTimeout::MAX);
        match self.epoll.wait(&mut self.readable, timeout) {
            Err(Errno::EINTR) => Ok(0),
            waited => Ok(waited?),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use nix::sys::socket::setsockopt;
    use nix::sys::socket::sockopt::SndBuf;
    use weir_sse::{Decoder, Item, Stamp};

    use super::super::{EVENT_BYTES, Flood, write_loop};
    use super::*;

    /// Starts a write loop and returns its address; it ends when its clients have left. Its sockets hold less than a chunk
    /// of 500 events, so that a write of one is cut short.
    fn serve(flood: Flood) -> (SocketAddr, thread::JoinHandle<io::Result<Tally>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        setsockopt(&listener, SndBuf, &16_384).unwrap();
        let target = listener.local_addr().unwrap();
        (target, thread::spawn(move || write_loop(&listener, flood)))
    }

    fn sink(target: SocketAddr, flood: Flood) -> Sink {
        Sink {
            target,
            path: "/".to_owned(),
            streams: flood.streams,
            batch: flood.batch,
            warmup: Duration::ZERO,
            duration: Duration::from_millis(20),
        }
    }

    #[test]
    fn the_sink_counts_no_more_than_the_loop_has_sent() {
        for batch in [1, 64] {
            let flood = Flood {
                streams: 3,
                batch,
                stamped: false,
            };
            let (target, server) = serve(flood);
            let Received {
                events_per_s,
                whole: received,
            } = epoll_sink(&sink(target, flood)).unwrap();
            let sent = server.join().unwrap().unwrap();
            assert!(received.events > 0 && events_per_s > 0.0);
            assert!(received.events <= sent.events && received.bytes <= sent.bytes);
            assert_eq!(received.events, events_in(received.bytes, batch));
        }
    }

    #[test]
    fn whatever_the_sockets_take_at_once_the_chunks_arrive_whole_and_in_order() {
        const CHUNKS: u64 = 5;
        let flood = Flood {
            streams: 2,
            batch: 500,
            stamped: true,
        };
        let (target, server) = serve(flood);
        // Somebody who only looks whether there is a server is not one of the streams.
        drop(TcpStream::connect(target).unwrap());
        let plan = sink(target, flood);
        let mut streams = [request(&plan).unwrap(), request(&plan).unwrap()];
        for stream in &mut streams {
            read_response(stream).unwrap();
            let mut chunk = vec![0; Chunk::wire_bytes(flood.batch)];
            for index in 0..CHUNKS {
                stream.read_exact(&mut chunk).unwrap();
                let stamps = stamps(&chunk, flood.batch);
                let sent_ns = stamps[0].sent_ns;
                let expected = (index * 500..(index + 1) * 500).map(|seq| Stamp {
                    seq,
                    due_ns: sent_ns,
                    sent_ns,
                });
                assert!(stamps.into_iter().eq(expected), "chunk {index}");
            }
        }
        drop(streams);
        assert!(server.join().unwrap().unwrap().events >= 2 * CHUNKS * 500);
    }

    fn stamps(chunk: &[u8], batch: usize) -> Vec<Stamp> {
        let body = batch * EVENT_BYTES;
        let head = Chunk::wire_bytes(batch) - body - 2;
        let (mut input, mut decoder) = (&chunk[head..head + body], Decoder::new());
        let mut stamps = Vec::new();
        while let Some(item) = decoder.next(&mut input).unwrap() {
            if let Item::Comment(comment) = item {
                stamps.push(Stamp::parse(comment).unwrap());
            }
        }
        stamps
    }

    #[test]
    fn a_refusal_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let target = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let head = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(head).unwrap();
            stream
        });
        let mut stream = TcpStream::connect(target).unwrap();
        let error = read_response(&mut stream).unwrap_err();
        assert!(error.to_string().contains("404"), "{error}");
        server.join().unwrap();
    }
}
