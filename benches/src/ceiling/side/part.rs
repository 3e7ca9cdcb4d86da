//! What a process may be told to be.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::bare::Flood;
use crate::ceiling::settings::Span;

/// A role, and how long it is measured.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) role: Role,
    pub(crate) span: Span,
}

/// A server says its address, and at its end its [`Tally`](crate::bare::Tally).
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    WriteLoop {
        flood: Flood,
    },
    WeirServer,
    /// Says what it [`Received`](crate::bare::Received). It asks for streams that begin after a while, and burns user time if it
    /// is to be slow.
    Sink {
        target: SocketAddr,
        flood: Flood,
        ttfe_ms: u64,
        burn_ns_per_event: f64,
    },
    /// Likewise.
    Weir {
        target: SocketAddr,
        flood: Flood,
    },
    /// Says how much memory is [`Resident`](super::Resident), and holds its streams until the parent has seen enough.
    IdleSink {
        target: SocketAddr,
        streams: usize,
    },
    /// Likewise.
    IdleWeir {
        target: SocketAddr,
        streams: usize,
    },
    /// Says the server's [`Lag`](super::Lag).
    PacedWeir {
        target: SocketAddr,
        streams: usize,
    },
}
