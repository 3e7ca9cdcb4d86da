//! One load, measured with each pair.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use anyhow::ensure;
use serde::Serialize;

use crate::bare::{Flood, Received, Tally};
use crate::ceiling::settings::{Load, Pair, Span};
use crate::ceiling::side::{Child, Role};

/// For the sink to open a stream, many times over. weir-server is not to send before the last of them is open, which the
/// loop sees to by itself: opening among streams that send already takes ten times as long, and leaves the sink with seconds
/// of events to read that were sent before the measured time.
const OPENING_MS: u64 = 1;

/// Part of its events by which the sink may overcount: a batch that lies in two of weir-server's blocks comes in two chunks,
/// and the sink takes the second one's framing, some ten bytes in each 64 KiB, for part of an event.
const FRAMING_PART: u64 = 1_000;

/// What the pairs moved under one load, within seconds of each other.
#[derive(Debug, Serialize)]
pub(crate) struct Loaded {
    pub(crate) load: Flood,
    #[serde(flatten)]
    pub(crate) moved: BTreeMap<Pair, Moved>,
}

/// What the two sides of a pair say of themselves.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Moved {
    /// From the server's first instant to its last.
    pub(crate) sent: Tally,
    pub(crate) received: Received,
}

impl Loaded {
    /// Measures all pairs, beginning with another one each round, so that none always follows the same.
    pub(crate) fn measure(index: u32, load: Load, span: Span) -> anyhow::Result<Self> {
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
    let mut server = Child::spawn(server(pair, flood), span)?;
    let target = server.receive()?;
    let mut client = Child::spawn(client(pair, target, flood), span)?;
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

fn server(pair: Pair, flood: Flood) -> Role {
    match pair {
        Pair::Bare | Pair::Client => Role::WriteLoop { flood },
        Pair::Server => Role::WeirServer,
    }
}

fn client(pair: Pair, target: SocketAddr, flood: Flood) -> Role {
    let sink = |ttfe_ms| Role::Sink {
        target,
        flood,
        ttfe_ms,
    };
    match pair {
        Pair::Bare => sink(0),
        Pair::Server => sink(OPENING_MS * flood.streams as u64),
        Pair::Client => Role::Weir { target, flood },
    }
}
