//! What an open stream on which nothing comes takes of a process's memory. What the kernel keeps for its socket is not in
//! it.

use std::net::SocketAddr;

use serde::Serialize;

use crate::bare::Flood;
use crate::ceiling::settings::Span;
use crate::ceiling::side::{Child, Resident, Role, resident_bytes};

/// Memory of both programs and their bare counterparts.
#[derive(Debug, Serialize)]
pub(crate) struct Memory {
    pub(crate) streams: usize,
    pub(crate) weir_server: Resident,
    pub(crate) sink: Resident,
    pub(crate) write_loop: Resident,
    pub(crate) weir: Resident,
}

impl Memory {
    pub(crate) fn measure(streams: usize, span: Span) -> anyhow::Result<Self> {
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
