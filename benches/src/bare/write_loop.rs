//! The server side: writes events to every socket that takes them, in turn.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::socket::{Backlog, listen};
use serde::{Deserialize, Serialize};
use weir_time::Clock;

use super::Chunk;
use super::tally::{Stretch, Tally};

/// Of a request that is read at once: more than `weir` or a browser sends.
const REQUEST_PIECE_BYTES: usize = 1024;

const RESPONSE_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

/// What the listener is known by to epoll; streams are known by their place.
const LISTENER: u64 = u64::MAX;

/// How often all that were found writable are written to before epoll is asked again, if they take it: asking costs 165 ns
/// for each of a thousand sockets (measured), which is 2 to 3 % of a write of one event; an eighth of that does not show.
const LAPS_MAX: usize = 8;

/// What is sent to how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flood {
    /// Streams that are opened before the first event is sent: a client that is slower than the loop would otherwise not
    /// come to open them all.
    pub streams: usize,
    /// Events per write, which is one chunk.
    pub batch: usize,
    /// Whether each event bears a stamp; otherwise the same bytes are sent over and over.
    pub stamped: bool,
}

/// Answers `flood.streams` requests on `listener`, then sends each of them events as fast as they are taken, until all
/// clients have left, or ended their half of the connection. The tally is of the whole call: accepting is part of it.
///
/// # Errors
/// When the process is out of descriptors.
pub fn write_loop(listener: &TcpListener, flood: Flood) -> io::Result<Tally> {
    let stretch = Stretch::begin();
    let mut server = Server::new(listener, flood)?;
    server.run()?;
    Ok(stretch.end(server.events, server.bytes))
}

struct Server<'l> {
    listener: &'l TcpListener,
    epoll: Epoll,
    writer: Writer,
    /// Every connection there ever was; `None` when the client has left.
    streams: Vec<Option<Stream>>,
    awaited: usize,
    /// Streams that were ever answered, and how many of them are over.
    opened: usize,
    over: usize,
    events: u64,
    bytes: u64,
}

impl<'l> Server<'l> {
    fn new(listener: &'l TcpListener, flood: Flood) -> io::Result<Self> {
        // A thousand clients connect faster than they are accepted; with the standard library's 128 places the kernel
        // would drop their SYNs, which are sent again a second later.
        listen(listener, Backlog::MAXCONN)?;
        listener.set_nonblocking(true)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        let arrivals = EpollFlags::EPOLLIN | EpollFlags::EPOLLET;
        epoll.add(listener, EpollEvent::new(arrivals, LISTENER))?;
        Ok(Self {
            listener,
            epoll,
            writer: Writer {
                chunk: Chunk::new(flood.batch, flood.stamped),
                clock: flood.stamped.then(Clock::new),
            },
            streams: Vec::new(),
            awaited: flood.streams,
            opened: 0,
            over: 0,
            events: 0,
            bytes: 0,
        })
    }

    fn run(&mut self) -> io::Result<()> {
        // Room for all of them: were they learnt of in parts, the streams of one part would get their events in bursts.
        let mut ready = vec![EpollEvent::empty(); self.awaited + 1];
        while self.opened == 0 || self.over < self.opened {
            let count = wait(&self.epoll, &mut ready)?;
            for _ in 0..LAPS_MAX {
                if !self.lap(&ready[..count])? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// One write to each; whether all of them took all of it.
    fn lap(&mut self, ready: &[EpollEvent]) -> io::Result<bool> {
        let mut taken = true;
        for event in ready {
            match event.data() {
                LISTENER => self.accept()?,
                place => taken &= self.serve(place as usize, event.events())?,
            }
        }
        Ok(taken)
    }

    fn accept(&mut self) -> io::Result<()> {
        loop {
            let socket = match self.listener.accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                accepted => accepted?.0,
            };
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let request = EpollEvent::new(EpollFlags::EPOLLIN, self.streams.len() as u64);
            self.epoll.add(&socket, request)?;
            self.streams.push(Some(Stream::new(socket)));
        }
    }

    /// Whether the stream took a whole chunk; it is over when its client has left.
    fn serve(&mut self, place: usize, ready: EpollFlags) -> io::Result<bool> {
        let Some(stream) = &mut self.streams[place] else {
            return Ok(false);
        };
        if !stream.answered {
            return self.answer(place).map(|()| false);
        }
        if !ready.contains(EpollFlags::EPOLLRDHUP) {
            match self.writer.write_to(stream) {
                Ok(written) => {
                    self.bytes += written as u64;
                    return Ok(stream.written == 0);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(_) => {}
            }
        }
        self.events += stream.seq;
        self.over += 1;
        self.streams[place] = None;
        Ok(false)
    }

    /// Who leaves without a request has only looked whether anybody is here.
    fn answer(&mut self, place: usize) -> io::Result<()> {
        let Some(stream) = &mut self.streams[place] else {
            return Ok(());
        };
        match stream.answer() {
            Ok(()) => {
                self.opened += 1;
                watch(&self.epoll, stream, place, EpollFlags::empty())?;
                if self.opened == self.awaited {
                    self.begin()?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.streams[place] = None,
        }
        Ok(())
    }

    fn begin(&self) -> io::Result<()> {
        for (place, stream) in self.streams.iter().enumerate() {
            if let Some(stream) = stream.as_ref().filter(|stream| stream.answered) {
                watch(&self.epoll, stream, place, EpollFlags::EPOLLOUT)?;
            }
        }
        Ok(())
    }
}

/// For `what`, and whether the client leaves.
fn watch(epoll: &Epoll, stream: &Stream, place: usize, what: EpollFlags) -> io::Result<()> {
    let mut event = EpollEvent::new(what | EpollFlags::EPOLLRDHUP, place as u64);
    Ok(epoll.modify(&stream.socket, &mut event)?)
}

fn wait(epoll: &Epoll, events: &mut [EpollEvent]) -> io::Result<usize> {
    match epoll.wait(events, EpollTimeout::NONE) {
        Err(Errno::EINTR) => Ok(0),
        waited => Ok(waited?),
    }
}

/// A client, and how far it is.
struct Stream {
    socket: TcpStream,
    /// What has come of its request.
    request: Vec<u8>,
    answered: bool,
    /// Number of the next event, which is the count of those wholly sent.
    seq: u64,
    /// Bytes of the present chunk that the socket has taken.
    written: usize,
    /// What the present chunk is stamped with.
    sent_ns: u64,
}

impl Stream {
    fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            request: Vec::new(),
            answered: false,
            seq: 0,
            written: 0,
            sent_ns: 0,
        }
    }

    /// Would block until all of the request is here.
    fn answer(&mut self) -> io::Result<()> {
        let mut piece = [0; REQUEST_PIECE_BYTES];
        let read = self.socket.read(&mut piece)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.request.extend_from_slice(&piece[..read]);
        if !self.request.ends_with(b"\r\n\r\n") {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.socket.write_all(RESPONSE_HEAD)?;
        self.answered = true;
        Ok(())
    }
}

/// The one chunk that is sent to all.
struct Writer {
    chunk: Chunk,
    /// Read once a write, where events are stamped.
    clock: Option<Clock>,
}

impl Writer {
    /// One write; returns the bytes it took. What is left of a chunk is stamped again as it was: cheaper than keeping a copy
    /// of it, and the pieces fit.
    fn write_to(&mut self, stream: &mut Stream) -> io::Result<usize> {
        if let Some(clock) = self.clock {
            if stream.written == 0 {
                stream.sent_ns = clock.now_ns();
            }
            self.chunk.stamp(stream.seq, stream.sent_ns);
        }
        let written = stream.socket.write(&self.chunk.bytes()[stream.written..])?;
        stream.written += written;
        if stream.written == self.chunk.bytes().len() {
            stream.written = 0;
            stream.seq += self.chunk.events() as u64;
        }
        Ok(written)
    }
}
