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
    /// What the slowed sink was to burn, if there was one.
    pub(crate) burn_ns_per_event: Option<f64>,
}

/// What the two sides of a pair say of themselves.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Moved {
    /// From the server's first instant to its last.
    pub(crate) sent: Tally,
    pub(crate) received: Received,
}

impl Loaded {
    /// Measures all pairs, beginning with another one each round, so that none always follows the same. The slowed sink comes as
    /// soon as it is known how slow it is to be: no more lies between it and weir than between any two.
    pub(crate) fn measure(index: u32, load: Load, span: Span) -> anyhow::Result<Self> {
        let Load { flood, pairs } = load;
        let mut order = pairs.to_vec();
        order.rotate_left(index as usize % pairs.len());
        let mut loaded = Self {
            load: flood,
            moved: BTreeMap::new(),
            burn_ns_per_event: None,
        };
        for pair in order {
            loaded.add(pair, span)?;
            if loaded.burn_ns_per_event.is_none() {
                loaded.burn_ns_per_event = beyond_the_sink_ns(&loaded.moved);
                if loaded.burn_ns_per_event.is_some() {
                    loaded.add(Pair::Slowed, span)?;
                }
            }
        }
        Ok(loaded)
    }

    fn add(&mut self, pair: Pair, span: Span) -> anyhow::Result<()> {
        let flood = self.load;
        let mut server = Child::spawn(server(pair, flood), span)?;
        let target = server.receive()?;
        let burn_ns_per_event = self.burn_ns_per_event.unwrap_or_default();
        let mut client = Child::spawn(client(pair, target, flood, burn_ns_per_event), span)?;
        let received: Received = client.receive()?;
        server.dismiss();
        let sent: Tally = server.receive()?;
        let most = sent.events + sent.events / FRAMING_PART;
        ensure!(
            received.measured.events > 0 && received.events <= most,
            "{pair:?} under {flood:?}: {received:?} of {sent:?}"
        );
        self.moved.insert(pair, Moved { sent, received });
        Ok(())
    }
}

/// User time that weir spends on an event and the bare sink does not, once both have been measured.
fn beyond_the_sink_ns(moved: &BTreeMap<Pair, Moved>) -> Option<f64> {
    let user_ns = |pair| {
        let moved: &Moved = moved.get(&pair)?;
        Some(moved.received.measured.user_ns_per_event())
    };
    Some((user_ns(Pair::Client)? - user_ns(Pair::Bare)?).max(0.0))
}

fn server(pair: Pair, flood: Flood) -> Role {
    match pair {
        Pair::Bare | Pair::Client | Pair::Slowed => Role::WriteLoop { flood },
        Pair::Server => Role::WeirServer,
    }
}

fn client(pair: Pair, target: SocketAddr, flood: Flood, burn_ns_per_event: f64) -> Role {
    let sink = |ttfe_ms, burn_ns_per_event| Role::Sink {
        target,
        flood,
        ttfe_ms,
        burn_ns_per_event,
    };
    match pair {
        Pair::Bare => sink(0, 0.0),
        Pair::Server => sink(OPENING_MS * flood.streams as u64, 0.0),
        Pair::Client => Role::Weir { target, flood },
        Pair::Slowed => sink(0, burn_ns_per_event),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ceiling::fixture::loaded;

    #[test]
    fn what_is_burnt_is_what_weir_spends_beyond_the_sink() {
        use Pair::{Bare, Client};
        // Half a second of user time each.
        let beyond_ns = |moved: &[_]| beyond_the_sink_ns(&loaded(1, moved).moved);
        assert_eq!(beyond_ns(&[(Bare, 1_000), (Client, 250)]), Some(1.5e6));
        assert_eq!(beyond_ns(&[(Bare, 250), (Client, 1_000)]), Some(0.0));
        assert_eq!(beyond_ns(&[(Bare, 1_000)]), None);
        assert_eq!(beyond_ns(&[(Client, 1_000)]), None);
    }
}
