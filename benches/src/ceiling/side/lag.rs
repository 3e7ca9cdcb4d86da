//! A delay.

use serde::{Deserialize, Serialize};
use weir::report::Latency;

/// A delay's distribution, in short.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Lag {
    pub(crate) count: u64,
    pub(crate) p50_ns: u64,
    pub(crate) p99_ns: u64,
}

impl From<&Latency> for Lag {
    fn from(latency: &Latency) -> Self {
        Self {
            count: latency.count,
            p50_ns: latency.p50_ns,
            p99_ns: latency.p99_ns,
        }
    }
}
