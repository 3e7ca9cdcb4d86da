//! One load, measured with each pair.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::ensure;
use serde::Serialize;

use super::child::Child;
use super::role::Role;
use super::settings::{Load, Span};
use crate::bare::{Flood, Received, Tally};

/// For the sink to open a stream, many times over. weir-server is not to send before the last of them is open, which the
/// loop sees to by itself: opening among streams that send already takes ten times as long, and leaves the sink with seconds
/// of events to read that were sent before the measured time.
const OPENING_MS: u64 = 1;

/// Part of its events by which the sink may overcount: a batch that lies in two of weir-server's blocks comes in two chunks,
/// and the sink takes the second one's framing, some ten bytes in each 64 KiB, for part of an event.
const FRAMING_PART: u64 = 1_000;

/// Who talks to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Pair {
    /// Write loop to sink.
    Bare,
    /// weir-server to sink.
    Server,
    /// Write loop to weir.
    Client,
}

impl Pair {
    pub(super) const ALL: [Self; 3] = [Self::Bare, Self::Server, Self::Client];

    fn server(self, flood: Flood) -> Role {
        match self {
            Self::Bare | Self::Client => Role::WriteLoop { flood },
            Self::Server => Role::WeirServer,
        }
    }

    fn client(self, target: SocketAddr, flood: Flood) -> Role {
        let sink = |ttfe_ms| Role::Sink {
            target,
            flood,
            ttfe_ms,
        };
        match self {
            Self::Bare => sink(0),
            Self::Server => sink(OPENING_MS * flood.streams as u64),
            Self::Client => Role::Weir { target, flood },
        }
    }
}

/// What the pairs moved under one load, within seconds of each other.
#[derive(Debug, Serialize)]
pub(super) struct Loaded {
    pub(super) load: Flood,
    #[serde(flatten)]
    pub(super) moved: BTreeMap<Pair, Moved>,
}

/// What the two sides of a pair say of themselves.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Moved {
    /// From the server's first instant to its last.
    pub(super) sent: Tally,
    pub(super) received: Received,
}

impl Loaded {
    /// Measures all pairs, beginning with another one each round, so that none always follows the same.
    pub(super) fn measure(index: u32, load: Load, span: Span) -> anyhow::Result<Self> {
        let Load { flood, pairs } = load;
        let mut order = pairs.to_vec();
        order.rotate_left(index as usize % pairs.len());
        let measured = order
            .into_iter()
            .map(|pair| Ok((pair, measure(pair, flood, span)?)));
        Ok(Self {
            load: flood,
            moved: measured.collect::<anyhow::Result<_>>()?,
        })
    }
}

fn measure(pair: Pair, flood: Flood, span: Span) -> anyhow::Result<Moved> {
    let mut server = Child::spawn(pair.server(flood), span)?;
    let target = server.receive()?;
    let mut client = Child::spawn(pair.client(target, flood), span)?;
    let received: Received = client.receive()?;
    server.dismiss();
    let sent: Tally = server.receive()?;
    let most = sent.events + sent.events / FRAMING_PART;
    ensure!(
        received.measured.events > 0 && received.events <= most,
        "{pair:?} under {flood:?}: {received:?} of {sent:?}"
    );
    Ok(Moved { sent, received })
}
