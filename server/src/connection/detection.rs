//! How a connection begins: under TLS or in clear, and which HTTP it speaks. Whatever comes of that is a task of its own,
//! so that what is needed only at the beginning is not kept for the life of a stream.

use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::rc::Rc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use nix::sys::socket::{MsgFlags, recv};
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::gate::Transport;
use super::handler::Handler;
use super::{http1, http2, tls};
use crate::core::thread::Core;

/// A connection that has been accepted.
pub(crate) struct Accepted {
    pub(crate) socket: TcpStream,
    pub(crate) peer: IpAddr,
    /// Held until the connection has ended.
    pub(crate) open: mpsc::Sender<Infallible>,
}

/// Serves a connection, on tasks of its own.
pub(crate) fn serve<H: Handler>(handler: &Rc<H>, tls: Option<TlsAcceptor>, accepted: Accepted) {
    handler.core().stats().connections.add(1);
    spawn_local(begin(Rc::clone(handler), tls, accepted));
}

/// Gives up on a client that does not say in time what it speaks, and when the core drains: nothing is open yet.
async fn begin<H: Handler>(handler: Rc<H>, tls: Option<TlsAcceptor>, accepted: Accepted) {
    let core = handler.core();
    let time = core.shared.limits.request_time().unwrap_or(Duration::MAX);
    let Accepted { socket, peer, open } = accepted;
    tokio::select! {
        opened = timeout(time, open_in(core, tls, socket)) => match opened {
            Ok(Ok(opened)) => opened.go_on(Rc::clone(&handler), peer, open),
            Ok(Err(_)) => {}
            Err(_) => core.stats().reached.head_time.add(1),
        },
        () = core.drain_begins() => {}
    }
}

/// What a connection turned out to be.
enum Opened {
    Clear(Http, TcpStream),
    /// Boxed, since hardly anything else is as large.
    Tls(Http, Box<TlsStream<TcpStream>>),
}

async fn open_in(core: &Core, tls: Option<TlsAcceptor>, socket: TcpStream) -> io::Result<Opened> {
    let Some(tls) = tls else {
        return Ok(Opened::Clear(spoken(&socket).await?, socket));
    };
    // Boxed, or every connection would begin with room for a handshake.
    let stream = Box::pin(tls.accept(socket))
        .await
        .inspect_err(|_| core.stats().handshakes_failed.add(1))?;
    let http = match stream.get_ref().1.alpn_protocol() {
        Some(tls::HTTP_2) => Http::Two,
        _ => Http::One,
    };
    Ok(Opened::Tls(http, Box::new(stream)))
}

impl Opened {
    fn go_on<H: Handler>(self, handler: Rc<H>, peer: IpAddr, open: mpsc::Sender<Infallible>) {
        match self {
            Self::Clear(http, socket) => http.go_on(handler, peer, TokioIo::new(socket), open),
            Self::Tls(http, stream) => http.go_on(handler, peer, TokioIo::new(stream), open),
        }
    }
}

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Http {
    One,
    Two,
}

impl Http {
    fn go_on<H, I>(self, handler: Rc<H>, peer: IpAddr, io: I, open: mpsc::Sender<Infallible>)
    where
        H: Handler,
        I: Transport + 'static,
    {
        // Handed in, these futures are their tasks': a task that made them would have room for their arguments twice, and
        // a stream would take an eighth of a kibibyte more.
        match self {
            Self::One => spawn_local(http1::serve(handler, peer, io, open)),
            Self::Two => spawn_local(http2::serve(handler, peer, io, open)),
        };
    }
}

/// What the client speaks, by the first that comes of it, which stays in the socket.
async fn spoken(socket: &TcpStream) -> io::Result<Http> {
    loop {
        let ready = socket.ready(Interest::READABLE).await?;
        match socket.try_io(Interest::READABLE, || peek(socket)) {
            Ok(http) => return Ok(http),
            // Nothing more comes, and the socket stays ready for ever: HTTP/1.1 knows what to say to half a method.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && ready.is_read_closed() => {
                return Ok(Http::One);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

/// What all that has come so far tells; [`io::ErrorKind::WouldBlock`] when it is too little, so that the socket counts as
/// read until more has come.
fn peek(socket: &TcpStream) -> io::Result<Http> {
    let mut first = [0; PREFACE.len()];
    let size = recv(socket.as_raw_fd(), &mut first, MsgFlags::MSG_PEEK)?;
    told_by(&first[..size]).ok_or_else(|| io::ErrorKind::WouldBlock.into())
}

/// With this begins HTTP/2 where both ends know of it (RFC 9113, section 3.4), and nothing else: PRI is no method.
const PREFACE: &[u8] = b"PRI ";

/// None when `first`, which is all that has come, may become either. Nothing at all is the end of what comes.
fn told_by(first: &[u8]) -> Option<Http> {
    match PREFACE.strip_prefix(first) {
        Some([]) => Some(Http::Two),
        Some(_) if !first.is_empty() => None,
        _ => Some(Http::One),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_version() {
        for (first, told) in [
            ("", Some(Http::One)),
            ("P", None),
            ("PRI", None),
            ("PRI ", Some(Http::Two)),
            ("PO", Some(Http::One)),
            ("GET ", Some(Http::One)),
        ] {
            assert_eq!(told_by(first.as_bytes()), told, "{first}");
        }
    }
}
