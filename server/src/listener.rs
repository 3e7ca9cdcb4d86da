//! Listening sockets, and what they accept.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::connection;
use crate::core::Core;

/// Connections the kernel holds while a core is busy: as many as a load test opens in one go. Where
/// `net.core.somaxconn` is less (4096 by default), the kernel takes that.
const BACKLOG: i32 = 4096;

/// Before another try when a connection cannot be accepted. Descriptors come back when streams end, and a hundred tries
/// a second cost nothing.
const ACCEPT_RETRY: Duration = Duration::from_millis(10);

/// `count` sockets that listen at one address, among which the kernel spreads connections.
///
/// # Errors
/// When the address is in use, or may not be used.
pub(crate) fn bind(mut addr: SocketAddr, count: usize) -> io::Result<Vec<Socket>> {
    // Another server of ours would share the port with us, and take half of the connections. This socket does not
    // share.
    let probe = socket(addr)?;
    probe.bind(&addr.into())?;
    drop(probe);
    (0..count)
        .map(|_| {
            let socket = socket(addr)?;
            socket.set_reuse_port(true)?;
            socket.bind(&addr.into())?;
            socket.listen(BACKLOG)?;
            socket.set_nonblocking(true)?;
            addr = local_addr(&socket)?;
            Ok(socket)
        })
        .collect()
}

/// Where `socket` is bound.
pub(crate) fn local_addr(socket: &Socket) -> io::Result<SocketAddr> {
    let addr = socket.local_addr()?.as_socket();
    addr.ok_or_else(|| io::Error::other("a TCP socket without an IP address"))
}

/// Serves every connection on a task of its own, which holds a clone of `open` until it ends.
pub(crate) async fn accept(
    core: &Rc<Core>,
    listener: &TcpListener,
    open: mpsc::Sender<Infallible>,
) -> Infallible {
    let mut failing = false;
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                failing = false;
                spawn(core, socket, open.clone());
            }
            Err(error) => {
                if !failing {
                    warn(&error);
                }
                failing = true;
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

fn spawn(core: &Rc<Core>, socket: TcpStream, open: mpsc::Sender<Infallible>) {
    // Fails only for a connection that is gone already, which its first read will tell.
    let _ = socket.set_nodelay(true);
    let core = Rc::clone(core);
    tokio::task::spawn_local(async move {
        connection::serve(core, TokioIo::new(socket)).await;
        drop(open);
    });
}

#[expect(
    clippy::print_stderr,
    reason = "streams that are turned away would otherwise be a mystery"
)]
fn warn(error: &io::Error) {
    eprintln!("weir-server: cannot accept connections: {error}");
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

    #[test]
    fn all_sockets_listen_at_the_port_the_first_one_got() {
        let sockets = bind((Ipv4Addr::LOCALHOST, 0).into(), 3).unwrap();
        let addrs: Vec<SocketAddr> = sockets
            .iter()
            .map(|socket| local_addr(socket).unwrap())
            .collect();
        assert_ne!(addrs[0].port(), 0);
        assert_eq!(addrs, [addrs[0]; 3]);
    }

    #[test]
    fn an_address_in_use_is_an_error_though_sockets_may_share_it() {
        let sockets = bind((Ipv4Addr::LOCALHOST, 0).into(), 1).unwrap();
        let addr = local_addr(&sockets[0]).unwrap();
        assert_eq!(bind(addr, 1).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(sockets);
        bind(addr, 1).unwrap();
    }
}
