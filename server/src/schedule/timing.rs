//! How a stream lies in time, as a value.

use super::batching::Batching;
use super::jitter::Jitter;
use super::pace::Pace;

/// How a stream lies in time, settled before its first byte.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) pace: Pace,
    /// What is drawn rather than fixed by `pace`.
    pub(crate) jitter: Option<Jitter>,
    /// The batch that it advances with, instead of going by itself.
    pub(crate) batching: Option<Batching>,
    /// From one heartbeat to the next.
    pub(crate) heartbeat_ns: Option<u64>,
}

impl Timing {
    /// By `pace` alone.
    pub(crate) fn paced(pace: Pace) -> Self {
        Self {
            pace,
            jitter: None,
            batching: None,
            heartbeat_ns: None,
        }
    }
}
