//! What a server is to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What a server is to be. The default listens on a free port of loopback, with one thread.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads to serve with, 1 or more. One per core is best.
    pub threads: usize,
    /// How long [`Server::shutdown`](crate::Server::shutdown) waits for open streams to end.
    pub drain: Duration,
    /// Whether to share the address with other servers that do, in this process or in others of the same user. The
    /// kernel spreads connections over all of their threads.
    pub reuse_port: bool,
    /// What clients may take of the server.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            threads: 1,
            drain: Duration::from_secs(5),
            reuse_port: false,
            limits: Limits::default(),
        }
    }
}

/// What clients may take of a server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Streams open at a time. Who comes after that is answered 503.
    pub streams: usize,
    /// Streams of one address open at a time. Who comes after that is answered 429.
    pub streams_per_address: usize,
    /// Of a request's head, in bytes; a longer one is answered 431.
    pub head_bytes: usize,
    /// Of a request's body, in bytes; a longer one is answered 413.
    pub body_bytes: usize,
    /// For a request to arrive: its head, and as long again its body. A connection that is kept alive is closed when
    /// the next head has not come by then.
    pub request_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 100_000,
            streams_per_address: 100_000,
            // A typewriter with a text of the greatest length is 24 KB percent-encoded.
            head_bytes: 32 * 1024,
            body_bytes: 1024 * 1024,
            request_time: Duration::from_secs(30),
        }
    }
}
