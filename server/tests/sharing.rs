//! Servers at one address.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod common;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::{read_until, send};
use weir_server::{Config, Server};

fn start(listen: SocketAddr, reuse_port: bool) -> io::Result<Server> {
    Server::start(&Config {
        listen,
        threads: 1,
        drain: Duration::from_secs(5),
        reuse_port,
        ..Config::default()
    })
}

fn any_port() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

#[test]
fn connections_are_spread_over_servers_that_share() {
    let servers = {
        let first = start(any_port(), true).unwrap();
        let second = start(first.addr(), true).unwrap();
        [first, second]
    };
    assert_eq!(servers[0].addr(), servers[1].addr());
    // That all go to one of two has a probability of 2^-63.
    let streams: Vec<TcpStream> = (0..64)
        .map(|_| {
            let mut socket = send(servers[0].addr(), "GET /sse?rate=0.001&size=0", "");
            read_until(&mut socket, "id: 0\ndata: \n\n\r\n");
            socket
        })
        .collect();
    let served = servers.map(|server| server.shutdown().streams);
    drop(streams);
    assert_eq!(served.iter().sum::<u64>(), 64);
    assert!(served.iter().all(|&streams| streams > 0), "{served:?}");
}

#[test]
fn an_address_in_use_is_shared_only_on_request() {
    for shared in [false, true] {
        let server = start(any_port(), shared).unwrap();
        let error = start(server.addr(), false).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::AddrInUse, "{shared}");
    }
}
