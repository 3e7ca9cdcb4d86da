//! The client side: reads from every socket that has something, and counts bytes.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use serde::{Deserialize, Serialize};

use super::tally::{Stretch, Tally};
use super::{Burn, Chunk};

/// How long a server may take over its response head.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);

/// The one buffer all sockets are read into: four of the largest writes measured here (59 KB), so that a read takes what
/// has come and the buffer still lies in the second-level cache.
const BUFFER_BYTES: usize = 256 * 1024;

/// What a client received.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// In the measured time: after all streams were opened, and then a warm-up.
    pub measured: Tally,
    /// Events from the first connection on.
    pub events: u64,
    /// How many came together.
    pub events_per_read: f64,
}

/// Open streams that nothing has been read of but the response heads.
pub struct Sink {
    streams: Vec<TcpStream>,
    epoll: Epoll,
    readable: Vec<EpollEvent>,
    buffer: Vec<u8>,
    burn: Option<Burn>,
}

impl Sink {
    /// Opens as many `streams` at `target`, one after the other, each a connection with one request for `path`.
    ///
    /// # Errors
    /// When a stream is not answered with status 200.
    pub fn open(target: SocketAddr, path: &str, streams: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let streams = (0..streams)
            .map(|index| {
                let mut stream = request(target, path)?;
                read_response(&mut stream)?;
                stream.set_nonblocking(true)?;
                let readable = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
                epoll.add(&stream, readable)?;
                Ok(stream)
            })
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            readable: vec![EpollEvent::empty(); streams.len()],
            streams,
            epoll,
            buffer: vec![0; BUFFER_BYTES],
            burn: None,
        })
    }

    /// The same, slowed down: after each read it spends what that owes.
    #[must_use]
    pub fn burning(self, burn: Burn) -> Self {
        Self {
            burn: Some(burn),
            ..self
        }
    }

    /// Reads for `warmup`, while socket buffers and congestion windows grow to what they will be, and then for `duration`,
    /// which is measured. Of a server that sends `batch` events a chunk, from which bytes are turned into events.
    ///
    /// # Errors
    /// When a stream ends.
    pub fn measure(
        &mut self,
        batch: usize,
        warmup: Duration,
        duration: Duration,
    ) -> io::Result<Received> {
        let before = self.read_for(warmup)?;
        let stretch = Stretch::begin();
        let measured = self.read_for(duration)?;
        let events = events_in(measured.bytes, batch);
        Ok(Received {
            measured: stretch.end(events, measured.bytes),
            events: events_in(before.bytes + measured.bytes, batch),
            events_per_read: events as f64 / measured.reads as f64,
        })
    }

    /// Reads what comes in `duration`. The clock is looked at once a wait, which is once for up to as many reads as streams.
    fn read_for(&mut self, duration: Duration) -> io::Result<Volume> {
        let end = Instant::now() + duration;
        let mut all = Volume::default();
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            let count = self.wait(left)?;
            for event in &self.readable[..count] {
                match self.streams[event.data() as usize].read(&mut self.buffer) {
                    Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                    Ok(bytes) => {
                        all.bytes += bytes as u64;
                        all.reads += 1;
                        if let Some(burn) = &mut self.burn {
                            burn.pay(bytes);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(all)
    }

    fn wait(&mut self, left: Duration) -> io::Result<usize> {
        let timeout = EpollTimeout::try_from(left).unwrap_or(EpollTimeout::MAX);
        match self.epoll.wait(&mut self.readable, timeout) {
            Err(Errno::EINTR) => Ok(0),
            waited => Ok(waited?),
        }
    }
}

/// What was read in a while.
#[derive(Default)]
struct Volume {
    bytes: u64,
    reads: u64,
}

/// In one write, as clients do: of a head in parts a server may keep more.
fn request(target: SocketAddr, path: &str) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(target)?;
    let head =
        format!("GET {path} HTTP/1.1\r\nhost: {target}\r\naccept: text/event-stream\r\n\r\n");
    stream.write_all(head.as_bytes())?;
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

#[cfg(test)]
mod tests {
    use std::net::{Shutdown, TcpListener};
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

    #[test]
    fn the_sink_counts_no_more_than_the_loop_has_sent_slowed_or_not() {
        for (batch, burn_ns) in [(1, 0.0), (64, 0.0), (64, 100.0)] {
            let flood = Flood {
                streams: 3,
                batch,
                stamped: false,
            };
            let (target, server) = serve(flood);
            let sink = Sink::open(target, "/", flood.streams).unwrap();
            let mut sink = sink.burning(Burn::per_event(burn_ns, batch));
            let [warmup, duration] = [5, 20].map(Duration::from_millis);
            let received = sink.measure(batch, warmup, duration).unwrap();
            drop(sink);
            let sent = server.join().unwrap().unwrap();
            let Tally { events, bytes, .. } = received.measured;
            assert!(events > 0 && events == events_in(bytes, batch));
            assert!((events..=sent.events).contains(&received.events));
            assert!(bytes <= sent.bytes && received.events_per_read > 0.0);
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
        let mut streams = [(); 2].map(|()| request(target, "/").unwrap());
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

    #[test]
    fn a_client_that_ends_its_half_is_sent_no_more() {
        let flood = Flood {
            streams: 1,
            batch: 1,
            stamped: false,
        };
        let (target, server) = serve(flood);
        let mut stream = request(target, "/").unwrap();
        read_response(&mut stream).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let received_bytes = stream.read_to_end(&mut Vec::new()).unwrap();
        let sent = server.join().unwrap().unwrap();
        assert_eq!(received_bytes as u64, sent.bytes);
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
