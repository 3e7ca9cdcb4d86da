//! What an open stream on which nothing comes takes of a process's memory. What the kernel keeps for its socket is not in
//! it.

use std::fs;
use std::net::SocketAddr;
use std::process;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::child::Child;
use super::role::Role;
use super::settings::Span;
use crate::bare::Flood;

/// How `weir-server` is asked for a head and then nothing, for an hour.
pub(super) const IDLE_PATH: &str = "/sse?ttfe=3600000";

/// Memory of both programs and their bare counterparts.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    pub(super) streams: usize,
    pub(super) weir_server: Resident,
    pub(super) sink: Resident,
    pub(super) write_loop: Resident,
    pub(super) weir: Resident,
}

/// Memory of a process that lies in the machine's: its own, and what it has touched of its program.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Resident {
    /// Before the first stream.
    pub(super) before_bytes: u64,
    /// With all of them open.
    pub(super) open_bytes: u64,
}

impl Resident {
    /// All that was added, whatever for.
    pub(super) fn kib_per_stream(self, streams: usize) -> f64 {
        (self.open_bytes as f64 - self.before_bytes as f64) / 1024.0 / streams as f64
    }
}

impl Memory {
    pub(super) fn measure(streams: usize, span: Span) -> anyhow::Result<Self> {
        let (weir_server, sink) = hold(Role::WeirServer, span, |target| Role::IdleSink {
            target,
            streams,
        })?;
        let silent = Role::WriteLoop {
            flood: Flood {
                // The loop begins when the last stream has been opened, which is never.
                streams: streams + 1,
                batch: 1,
                stamped: false,
            },
        };
        let (write_loop, weir) = hold(silent, span, |target| Role::IdleWeir { target, streams })?;
        Ok(Self {
            streams,
            weir_server,
            sink,
            write_loop,
            weir,
        })
    }
}

/// Server and client, each before their streams and with them. A client weighs itself, since it opens them at once.
fn hold(
    server: Role,
    span: Span,
    client: impl Fn(SocketAddr) -> Role,
) -> anyhow::Result<(Resident, Resident)> {
    let mut server = Child::spawn(server, span)?;
    let target = server.receive()?;
    let before_bytes = resident_bytes(server.id())?;
    let mut client = Child::spawn(client(target), span)?;
    let held: Resident = client.receive()?;
    let open_bytes = resident_bytes(server.id())?;
    let served = Resident {
        before_bytes,
        open_bytes,
    };
    Ok((served, held))
}

/// Of this process.
pub(super) fn own_resident_bytes() -> anyhow::Result<u64> {
    resident_bytes(process::id())
}

/// Exact, other than the counter `VmRSS`, which each processor brings up to date in steps of its own.
fn resident_bytes(process: u32) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    rss_bytes(&text).with_context(|| format!("{path} has no Rss"))
}

fn rss_bytes(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("Rss:"))?;
    let kib: u64 = line.strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allocated_and_touched_is_resident() {
        const ADDED_BYTES: usize = 64 << 20;
        let before_bytes = own_resident_bytes().unwrap();
        let added = vec![1_u8; ADDED_BYTES];
        let open_bytes = own_resident_bytes().unwrap();
        assert_eq!(added.len(), ADDED_BYTES);
        let resident = Resident {
            before_bytes,
            open_bytes,
        };
        // Give or take what other tests allocate meanwhile.
        let kib = resident.kib_per_stream(1_024);
        assert!((60.0..68.0).contains(&kib), "{kib}");
    }
}
