//! What is measured, and for how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::bare::Flood;

/// Events a second of each paced stream.
pub(super) const PACED_RATE: usize = 10;

/// Part of a measurement's length for which it is warmed up: at the usual 2 s this is half a second, where socket buffers
/// on loopback reach their size within some ten round trips.
const WARMUP_PART: u32 = 4;

/// What is measured.
#[derive(Debug, Serialize)]
pub(super) struct Settings {
    pub(super) smoke: bool,
    pub(super) rounds: u32,
    #[serde(flatten)]
    pub(super) span: Span,
    /// In the order in which they are listed, which goals go by.
    #[serde(skip)]
    pub(super) loads: Vec<Load>,
    pub(super) idle_streams: usize,
    pub(super) paced_streams: usize,
    pub(super) stamped: bool,
}

/// A load, and who is measured under it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) flood: Flood,
    pub(super) pairs: &'static [Pair],
}

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
    /// Write loop to a sink that spends as much user time on an event as weir: which is known, and measured, as soon as the bare
    /// pair and weir have been.
    Slowed,
}

impl Pair {
    /// All that may be asked for.
    pub(super) const ALL: [Self; 3] = [Self::Bare, Self::Server, Self::Client];
}

/// How long is measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Span {
    /// Without the opening of streams and the warm-up.
    pub(super) duration_s: f64,
}

impl Span {
    pub(super) fn duration(self) -> Duration {
        Duration::from_secs_f64(self.duration_s)
    }

    pub(super) fn warmup(self) -> Duration {
        self.duration() / WARMUP_PART
    }
}
