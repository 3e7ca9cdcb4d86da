//! What makes a worker's connections.

use std::cell::Cell;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::{Context, Poll};

use tokio::net::TcpStream;
use weir_time::Clock;

use super::poller::Poller;
use super::tcp::Socket;
use super::{Exchange, ExchangeSetup, Ready, Token, failure, http1};
use crate::measure::{Failure, Rx};
use crate::plan::{Plan, Settings};

/// Connects to `addr` once, as the plan's first stream will, and closes the connection again.
///
/// # Errors
/// Those of `socket`, `bind` and `connect`.
pub(crate) async fn probe(plan: &Settings, addr: SocketAddr) -> io::Result<()> {
    let source = plan.local_addrs.first().copied();
    let socket = TcpStream::from_std(Socket::dial(addr, source, Rx::User)?.into())?;
    socket.writable().await?;
    socket.take_error()?.map_or(Ok(()), Err)
}

/// Makes a worker's exchanges with a run's target, and knows which of them are ready.
pub(crate) struct Client {
    addr: SocketAddr,
    sources: Vec<IpAddr>,
    rx: Rx,
    setup: ExchangeSetup,
    poller: Poller,
    /// Connections so far, by which source addresses are taken in turn.
    dialled: Cell<usize>,
}

impl Client {
    /// To be made inside the runtime.
    ///
    /// # Errors
    /// When the process is out of descriptors.
    pub(crate) fn new(plan: &Plan, addr: SocketAddr, clock: Clock) -> io::Result<Self> {
        Ok(Self {
            addr,
            sources: plan.local_addrs.clone(),
            rx: plan.rx,
            setup: ExchangeSetup {
                request: http1::encode_request(&plan.request, &plan.target).into(),
                clock,
            },
            poller: Poller::new()?,
            dialled: Cell::new(0),
        })
    }

    /// Begins an exchange, on a connection of its own, whose readiness is told by `token`.
    pub(crate) fn begin(&self, token: Token) -> Result<Exchange, Failure> {
        let dialled = Socket::dial(self.addr, self.next_source(), self.rx);
        let watched = dialled.and_then(|socket| self.poller.add(&socket, token).map(|()| socket));
        let socket = watched.map_err(|error| failure::connecting(&error))?;
        Ok(Exchange::Http1(http1::Exchange::new(socket)))
    }

    /// What its exchanges go on with.
    pub(crate) fn setup(&self) -> &ExchangeSetup {
        &self.setup
    }

    /// Puts those that are ready behind what is in `ready`, some at a time; says whether there may be more. Pending when none is.
    ///
    /// # Errors
    /// When the runtime is shutting down.
    pub(crate) fn poll_ready(
        &self,
        cx: &mut Context<'_>,
        ready: &mut Vec<Ready>,
    ) -> Poll<io::Result<bool>> {
        self.poller.poll_ready(cx, ready)
    }

    /// The source address of the next connection, if any were given.
    fn next_source(&self) -> Option<IpAddr> {
        let number = self.dialled.replace(self.dialled.get() + 1);
        let place = number.checked_rem(self.sources.len())?;
        self.sources.get(place).copied()
    }
}
