//! The playing of a part, until its end.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process;
use std::time::Duration;

use nix::unistd::alarm;
use serde::Serialize;
use weir_server::{Config, Server};

use super::part::{Part, Role};
use super::paths::{IDLE_PATH, weir_server_path};
use super::resident::{Resident, resident_bytes};
use super::weir_client;
use crate::bare::{Burn, Sink, Stretch, Tally, write_loop};

/// What a process may take beside its measurement before the kernel ends it: opening and closing the streams, with room for
/// a busy machine.
const PATIENCE_S: u32 = 60;

pub(crate) fn play(part: &Part) -> anyhow::Result<()> {
    let Part { role, span } = *part;
    let measured = span.warmup() + span.duration();
    alarm::set(u32::try_from(measured.as_secs())?.saturating_add(PATIENCE_S));
    weir_host::raise_descriptor_limit()?;
    match role {
        Role::WriteLoop { flood } => {
            let listener = TcpListener::bind(loopback())?;
            say(&listener.local_addr()?)?;
            say(&write_loop(&listener, flood)?)?;
        }
        Role::WeirServer => say(&serve()?)?,
        Role::Sink {
            target,
            flood,
            ttfe_ms,
            burn_ns_per_event,
        } => {
            let path = format!("{}&ttfe={ttfe_ms}", weir_server_path(flood));
            let mut sink = Sink::open(target, &path, flood.streams)?;
            if burn_ns_per_event > 0.0 {
                sink = sink.burning(Burn::per_event(burn_ns_per_event, flood.batch));
            }
            let warmup = Duration::from_millis(ttfe_ms) + span.warmup();
            say(&sink.measure(flood.batch, warmup, span.duration())?)?;
        }
        Role::Weir { target, flood } => say(&weir_client::flood(target, flood, span)?)?,
        Role::IdleSink { target, streams } => {
            let before_bytes = resident_bytes(process::id())?;
            let _open = Sink::open(target, IDLE_PATH, streams)?;
            weigh(before_bytes)?;
        }
        Role::IdleWeir { target, streams } => {
            let before_bytes = resident_bytes(process::id())?;
            weir_client::hold(target, streams, || weigh(before_bytes))?;
        }
        Role::PacedWeir { target, streams } => say(&weir_client::paced(target, streams, span)?)?,
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
        ..Config::default()
    })?;
    say(&server.addr())?;
    wait_for_dismissal()?;
    let sent = server.shutdown();
    Ok(stretch.end(sent.events, sent.bytes))
}

/// Says what the process holds now that its streams are open.
fn weigh(before_bytes: u64) -> anyhow::Result<()> {
    say(&Resident {
        before_bytes,
        open_bytes: resident_bytes(process::id())?,
    })?;
    Ok(wait_for_dismissal()?)
}

fn wait_for_dismissal() -> io::Result<()> {
    io::stdin().read_to_end(&mut Vec::new()).map(drop)
}

/// Port 0, so that each server has one of its own: a client then has all its ports for it, whatever earlier streams have
/// left in TIME_WAIT.
fn loopback() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn say(what: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(what)?;
    line.push(b'\n');
    io::stdout().write_all(&line)
}
