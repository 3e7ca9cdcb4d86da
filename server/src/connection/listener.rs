//! Listening sockets, and what they accept.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use socket2::{Domain, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::detection::{self, Accepted};
use super::handler::Handler;

/// Connections the kernel holds while a core is busy: as many as a load test opens in one go. Where
/// `net.core.somaxconn` is less (4096 by default), the kernel takes that.
const BACKLOG: i32 = 4096;

/// Before another try when a connection cannot be accepted. Descriptors come back when streams end, and a hundred tries
/// a second cost nothing.
const ACCEPT_RETRY: Duration = Duration::from_millis(10);

/// `count` sockets that listen at one address, among which the kernel spreads connections; with `reuse_port`, among
/// those of every process that shares the address.
///
/// # Errors
/// When the address is in use (with `reuse_port`: not shared), or may not be used.
pub(crate) fn bind(
    mut addr: SocketAddr,
    count: usize,
    reuse_port: bool,
) -> io::Result<Vec<Socket>> {
    if !reuse_port {
        // Another server of ours would share the port with us, and take half of the connections. This socket does not
        // share.
        socket(addr)?.bind(&addr.into())?;
    }
    (0..count)
        .map(|_| {
            let socket = socket(addr)?;
            socket.set_reuse_port(true)?;
            socket.bind(&addr.into()).map_err(unshared)?;
            socket.listen(BACKLOG)?;
            socket.set_nonblocking(true)?;
            addr = local_addr(&socket)?;
            Ok(socket)
        })
        .collect()
}

/// Has every connection that `socket` accepts give its peer up after `time` without an acknowledgement or room to send
/// into, and ask it whether it is there while nothing is sent. Zero never gives up.
///
/// # Errors
/// When the kernel knows no such thing.
pub(crate) fn give_up_after(socket: &Socket, time: Duration) -> io::Result<()> {
    if time.is_zero() {
        return Ok(());
    }
    socket.set_tcp_user_timeout(Some(time))?;
    // The kernel counts these in seconds.
    let every = (time / 2).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new().with_time(every).with_interval(every);
    socket.set_tcp_keepalive(&keepalive)
}

/// Where `socket` is bound.
pub(crate) fn local_addr(socket: &Socket) -> io::Result<SocketAddr> {
    let addr = socket.local_addr()?.as_socket();
    addr.ok_or_else(|| io::Error::other("a TCP socket without an IP address"))
}

/// Of a socket that would share its address.
fn unshared(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::AddrInUse {
        return error;
    }
    let message = "Address already in use by a process that does not share it: start each weir-server there with \
                   --reuse-port, and as one user";
    io::Error::new(error.kind(), message)
}

/// Serves every connection, under TLS where there is a `tls`, each of which holds a clone of `open` until it ends.
pub(crate) async fn accept<H: Handler>(
    handler: &Rc<H>,
    tls: Option<&TlsAcceptor>,
    listener: &TcpListener,
    open: mpsc::Sender<Infallible>,
) -> Infallible {
    let mut failing = false;
    loop {
        match accept_one(listener).await {
            Ok((socket, peer)) => {
                failing = false;
                let open = open.clone();
                detection::serve(handler, tls.cloned(), Accepted { socket, peer, open });
            }
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "cannot accept connections");
                }
                failing = true;
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

/// A connection on which no event waits for the one before it to be acknowledged.
async fn accept_one(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (socket, peer) = listener.accept().await?;
    // Fails only for a connection that is gone already, which its first read will tell.
    let _ = socket.set_nodelay(true);
    Ok((socket, peer.ip()))
}

/// Over connections of an earlier server that have not timed out, so that it can be started again at once.
fn socket(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::core::thread::with_core;

    fn loopback() -> SocketAddr {
        (Ipv4Addr::LOCALHOST, 0).into()
    }

    #[test]
    fn all_sockets_listen_at_the_port_the_first_one_got() {
        let sockets = bind(loopback(), 3, false).unwrap();
        let addrs: Vec<SocketAddr> = sockets
            .iter()
            .map(|socket| local_addr(socket).unwrap())
            .collect();
        assert_ne!(addrs[0].port(), 0);
        assert_eq!(addrs, [addrs[0]; 3]);
    }

    #[test]
    fn an_address_in_use_is_an_error_though_sockets_may_share_it() {
        let sockets = bind(loopback(), 1, false).unwrap();
        let addr = local_addr(&sockets[0]).unwrap();
        let error = bind(addr, 1, false).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        drop(sockets);
        bind(addr, 1, false).unwrap();
    }

    #[test]
    fn an_address_is_shared_only_with_who_shares_it() {
        let foreign = std::net::TcpListener::bind(loopback()).unwrap();
        let error = bind(foreign.local_addr().unwrap(), 1, true).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().contains("does not share"), "{error}");

        let sockets = bind(loopback(), 1, true).unwrap();
        let addr = local_addr(&sockets[0]).unwrap();
        bind(addr, 1, true).unwrap();
        assert!(bind(addr, 1, false).is_err());
    }

    #[test]
    fn an_accepted_connection_does_not_hold_back_small_writes() {
        with_core(async |_| {
            let listener = TcpListener::bind(loopback()).await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap());
            let (accepted, _client) = tokio::join!(accept_one(&listener), client);
            assert!(accepted.unwrap().0.nodelay().unwrap());
        });
    }
}
