//! One load, measured with each pair.

use std::net::SocketAddr;

use anyhow::ensure;
use serde::Serialize;

use super::child::Child;
use super::role::{Part, Role};
use super::settings::Load;
use crate::bare::{Received, Tally};

/// Who talks to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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
    const ALL: [Self; 3] = [Self::Bare, Self::Server, Self::Client];

    fn server(self) -> Role {
        match self {
            Self::Bare | Self::Client => Role::WriteLoop,
            Self::Server => Role::WeirServer,
        }
    }

    fn client(self, target: SocketAddr) -> Role {
        match self {
            Self::Bare | Self::Server => Role::Sink { target },
            Self::Client => Role::Weir { target },
        }
    }
}

/// What the pairs did under one load, within seconds of each other.
#[derive(Debug, Serialize)]
pub(super) struct Round {
    pub(super) load: Load,
    pub(super) bare: Moved,
    /// weir-server to the bare sink.
    pub(super) server: Moved,
    /// The bare loop to weir.
    pub(super) client: Moved,
}

/// What the two sides of a pair say of themselves.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Moved {
    pub(super) sent: Tally,
    pub(super) received: Received,
}

impl Round {
    /// Measures all pairs, beginning with another one each round, so that none always follows the same.
    pub(super) fn measure(index: u32, load: Load) -> anyhow::Result<Self> {
        let mut moved = [Moved::default(); Pair::ALL.len()];
        for turn in 0..Pair::ALL.len() {
            let place = (index as usize + turn) % Pair::ALL.len();
            moved[place] = measure(Pair::ALL[place], load)?;
        }
        let [bare, server, client] = moved;
        Ok(Self {
            load,
            bare,
            server,
            client,
        })
    }
}

fn measure(pair: Pair, load: Load) -> anyhow::Result<Moved> {
    let mut server = Child::spawn(&Part {
        role: pair.server(),
        load,
    })?;
    let target = server.receive()?;
    let mut client = Child::spawn(&Part {
        role: pair.client(target),
        load,
    })?;
    let received: Received = client.receive()?;
    server.dismiss();
    let sent: Tally = server.receive()?;
    ensure!(
        (1..=sent.events).contains(&received.whole.events),
        "{pair:?} under {load:?}: {} events were received of {} sent",
        received.whole.events,
        sent.events
    );
    Ok(Moved { sent, received })
}
