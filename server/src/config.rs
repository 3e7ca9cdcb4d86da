//! What a server is to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::fault::kinds::Faults;
use crate::scenario::upstream::Upstream;
use crate::tape::recording::Recording;

/// What a server is to be. The default listens on a free port of loopback, with one thread.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads to serve with, 1 or more. One per core is best.
    pub threads: usize,
    /// How long [`Server::shutdown`](crate::Server::shutdown) waits for open streams to end.
    pub drain: Duration,
    /// After how long clients are told to come back that have a stream open when the server shuts down, as a `retry`
    /// block at its end (WHATWG HTML 9.2.6), in whole milliseconds; zero tells them nothing.
    pub drain_retry: Duration,
    /// Whether to share the address with other servers that do, in this process or in others of the same user. The
    /// kernel spreads connections over all of their threads.
    pub reuse_port: bool,
    /// Whether to speak TLS, and as whom; nothing else is spoken then.
    pub tls: Option<Tls>,
    /// Whether to encode streams for clients that ask for it (zstd, br or gzip).
    pub compress: bool,
    /// What clients may take of the server.
    pub limits: Limits,
    /// How what is published reaches its subscribers.
    pub fanout: Fanout,
    /// Where `/v1/relay` takes its streams from.
    pub upstream: Option<Upstream>,
    /// What `/scenario` streams.
    pub scenario: Option<Recording>,
    /// What goes wrong with the streams whose request says nothing of that.
    pub faults: Faults,
    /// Decides which streams have those of `faults` that not all have.
    pub fault_seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            threads: 1,
            drain: Duration::from_secs(5),
            drain_retry: Duration::from_secs(1),
            reuse_port: false,
            tls: None,
            compress: false,
            limits: Limits::default(),
            fanout: Fanout::default(),
            upstream: None,
            scenario: None,
            faults: Faults::default(),
            fault_seed: 0,
        }
    }
}

/// Whom a server says it is.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Files in PEM.
    Files {
        /// The certificate, and after it those that vouch for it.
        cert: PathBuf,
        /// The private key of the certificate.
        key: PathBuf,
    },
    /// A certificate made at the start, for localhost, 127.0.0.1, ::1 and the address that the server listens at.
    SelfSigned,
}

/// What clients may take of a server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Streams open at a time. Who comes after that is answered 503.
    pub streams: usize,
    /// Streams of one address open at a time. Who comes after that is answered 429.
    pub streams_per_address: usize,
    /// Streams of one connection open at a time, where HTTP/2 lets there be several. A client is told, and keeps to it;
    /// what one opens beyond is refused (REFUSED_STREAM).
    pub streams_per_connection: u32,
    /// Of a request's head, in bytes; a longer one is answered 431.
    pub head_bytes: usize,
    /// Of a request's body, in bytes; a longer one is answered 413.
    pub body_bytes: usize,
    /// For a request to arrive: its first bytes (with TLS, the handshake), as long again its head, and as long again its
    /// body. A connection that is kept alive is closed when the
    /// next head has not come by then. Zero is for ever.
    pub request_time: Duration,
    /// For a peer to acknowledge what it was sent, and to read on: one that does neither for so long is cut off. Where it
    /// shares its connection, it is the stream that it does not read that is. One to
    /// which nothing is sent is asked from time to time whether it is still there. Zero is for ever.
    pub peer_time: Duration,
}

impl Limits {
    /// None is for ever.
    pub(crate) fn request_time(&self) -> Option<Duration> {
        (!self.request_time.is_zero()).then_some(self.request_time)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 100_000,
            streams_per_address: 100_000,
            streams_per_connection: 10_000,
            // A typewriter with a text of the greatest length is 24 KB percent-encoded.
            head_bytes: 32 * 1024,
            body_bytes: 1024 * 1024,
            request_time: Duration::from_secs(30),
            // A phone that changes networks, or a laptop that is shut for a moment, comes back within this.
            peer_time: Duration::from_secs(120),
        }
    }
}

/// How what is published reaches its subscribers.
#[derive(Debug, Clone)]
pub struct Fanout {
    /// Events that wait for one subscriber, 1 or more; fewer where they come to more than 1 MiB, but always one.
    pub queue: usize,
    /// What becomes of a subscriber whose queue is full.
    pub slow: SlowSubscriber,
    /// Events kept of a topic, for those that come back with a `Last-Event-ID`.
    pub history: usize,
}

impl Default for Fanout {
    fn default() -> Self {
        Self {
            // A quarter of a minute of a busy topic (10 events/s), and beyond what the sockets hold.
            queue: 256,
            slow: SlowSubscriber::DropOldest,
            history: 1_000,
        }
    }
}

/// What becomes of a subscriber that reads more slowly than is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowSubscriber {
    /// It loses the oldest event that waits for it.
    DropOldest,
    /// It is disconnected, and may come back with its `Last-Event-ID`. Over HTTP/2, one that has stopped reading is
    /// disconnected only after [`Limits::peer_time`].
    Disconnect,
}
