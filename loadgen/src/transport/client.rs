//! What makes a worker's connections.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;

use weir_time::Clock;

use super::tcp::{OpenSocket, OpenSockets, Socket};
use super::{Connection, failure, http1};
use crate::measure::{Failure, Rx};
use crate::plan::{Plan, Settings};

/// Connects to `addr` once, as the plan's first stream will, and closes the connection again.
///
/// # Errors
/// Those of `socket`, `bind` and `connect`.
pub(crate) async fn probe(plan: &Settings, addr: SocketAddr) -> io::Result<()> {
    let source = plan.local_addrs.first().copied();
    let socket = Socket::connect(addr, source, Rx::User, Clock::new());
    socket.await.map(drop)
}

/// Makes connections to a run's target, and reaches those that are open.
pub(crate) struct Client {
    addr: SocketAddr,
    sources: Vec<IpAddr>,
    rx: Rx,
    clock: Clock,
    /// The request's bytes, the same for every stream.
    request: Rc<[u8]>,
    open: Rc<OpenSockets>,
    /// Connections so far, by which source addresses are taken in turn.
    dialled: Cell<usize>,
}

impl Client {
    pub(crate) fn new(plan: &Plan, addr: SocketAddr, clock: Clock) -> Self {
        Self {
            addr,
            sources: plan.local_addrs.clone(),
            rx: plan.rx,
            clock,
            request: http1::encode_request(&plan.request, &plan.target).into(),
            open: Rc::default(),
            dialled: Cell::new(0),
        }
    }

    /// Makes a connection.
    pub(crate) async fn connect(&self) -> Result<Connection, Failure> {
        let connecting = Socket::connect(self.addr, self.next_source(), self.rx, self.clock);
        let socket = connecting
            .await
            .map_err(|error| failure::connecting(&error))?;
        let socket = OpenSocket::new(&self.open, socket);
        let request = Rc::clone(&self.request);
        Ok(Connection::Http1(http1::Connection::new(socket, request)))
    }

    /// Tells the other end of every connection that no more will be asked of it.
    pub(crate) fn end_requests(&self) {
        self.open.end_requests();
    }

    /// The source address of the next connection, if any were given.
    fn next_source(&self) -> Option<IpAddr> {
        let number = self.dialled.replace(self.dialled.get() + 1);
        let place = number.checked_rem(self.sources.len())?;
        self.sources.get(place).copied()
    }
}
