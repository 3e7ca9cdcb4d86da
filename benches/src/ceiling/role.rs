//! The four sides of the measurements, each played in a process of its own that talks to its parent in lines of JSON.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::alarm;
use serde::{Deserialize, Serialize};
use weir_server::{Config, Server};

use super::settings::{Load, weir_server_path};
use super::weir_client;
use crate::bare::{Sink, Stretch, Tally, epoll_sink, write_loop};

/// What a process may take beside its measurement before the kernel ends it: opening and closing the streams, with room for
/// a busy machine.
const PATIENCE_S: u32 = 60;

/// A role and the load it is played under.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) role: Role,
    pub(super) load: Load,
}

/// A server says its address, and at its end its [`Tally`]; a client says what it [`Received`](crate::bare::Received).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    WriteLoop,
    WeirServer,
    Sink { target: SocketAddr },
    Weir { target: SocketAddr },
}

pub(super) fn play(part: &Part) -> anyhow::Result<()> {
    let Part { role, load } = part;
    let measured = load.warmup() + load.duration();
    alarm::set(u32::try_from(measured.as_secs())?.saturating_add(PATIENCE_S));
    raise_descriptor_limit()?;
    match *role {
        Role::WriteLoop => {
            let listener = TcpListener::bind(loopback())?;
            say(&listener.local_addr()?)?;
            say(&write_loop(&listener, load.flood)?)?;
        }
        Role::WeirServer => say(&serve()?)?,
        Role::Sink { target } => say(&epoll_sink(&sink(load, target))?)?,
        Role::Weir { target } => say(&weir_client::measure(load, target)?)?,
    }
    Ok(())
}

/// weir-server until the parent closes standard input.
fn serve() -> anyhow::Result<Tally> {
    let stretch = Stretch::begin();
    let server = Server::start(&Config {
        listen: loopback(),
        threads: 1,
        drain: Duration::from_secs(1),
        reuse_port: false,
    })?;
    say(&server.addr())?;
    io::stdin().read_to_end(&mut Vec::new())?;
    let sent = server.shutdown();
    Ok(stretch.end(sent.events, sent.bytes))
}

fn sink(load: &Load, target: SocketAddr) -> Sink {
    Sink {
        target,
        path: weir_server_path(load.flood),
        streams: load.flood.streams,
        batch: load.flood.batch,
        warmup: load.warmup(),
        duration: load.duration(),
    }
}

fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A stream is a descriptor, and the usual soft limit is 1,024.
fn raise_descriptor_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

fn say(what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    io::stdout().write_all(&line)
}
