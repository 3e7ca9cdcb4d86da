//! weir's own server in this process, so that the first command anyone types works.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use weir_server::{Config, Server};

use crate::report::Served;

/// How long streams that are still open have to end.
const DRAIN: Duration = Duration::from_secs(1);

/// A server on a free loopback port.
pub struct Embedded {
    server: Server,
}

impl Embedded {
    /// Starts one with so many threads.
    ///
    /// # Errors
    /// When it cannot listen or start its threads.
    pub fn start(threads: usize) -> io::Result<Self> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let server = Server::start(&Config {
            listen,
            threads,
            drain: DRAIN,
            reuse_port: false,
            ..Config::default()
        })?;
        Ok(Self { server })
    }

    /// The URL of its generic stream: 10 events a second, without end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/sse", self.server.addr())
    }

    /// Ends it, and says what it served.
    #[must_use]
    pub fn stop(self) -> Served {
        let counters = self.server.shutdown();
        Served {
            streams: counters.streams,
            events: counters.events,
        }
    }
}
