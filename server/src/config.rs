//! What a server is to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::connection::tls::Tls;
use crate::core::limits::Limits;
use crate::fault::kinds::Faults;
use crate::hub::settings::Fanout;
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
    /// Whether to speak TLS, and with which certificate; nothing else is spoken then.
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
