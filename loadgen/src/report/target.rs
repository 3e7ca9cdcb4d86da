//! What the target used.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The target's figures over a run.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct TargetUse {
    /// Where they come from: `pid 4711`, or the URL of its metrics.
    pub source: String,
    /// Processor time inside the window, whoever it was used for, user and system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Processor time for an event that was received in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_event: Option<f64>,
    /// Memory resident before the first stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_before_bytes: Option<u64>,
    /// Most memory resident, of all samples inside the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_peak_bytes: Option<u64>,
    /// Memory resident after the last stream was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_after_bytes: Option<u64>,
    /// Most streams open, of the same samples, as the target counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams_open_peak: Option<u64>,
    /// Growth of memory from before the first stream to the peak, over the streams that were open then. What a target has
    /// kept of earlier streams and uses again is no growth: it is right for one that was just started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_stream: Option<f64>,
    /// Whether at least half of that growth was given back within [`TargetUse::RETURN_TIME`] after the streams were closed; of a growth of less than
    /// 1 MiB nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_returned: Option<bool>,
    /// Why the figures end before the run does, if they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost: Option<String>,
}

impl TargetUse {
    /// How long memory has to come back after the last stream: glibc gives back as it frees, and jemalloc has then given back
    /// half (opt.dirty_decay_ms, 10 s). What a garbage collector holds on to for longer is called not returned.
    pub const RETURN_TIME: Duration = Duration::from_secs(5);
}

/// The target at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct TargetSample {
    /// Processor time since the sample before, over the time between them: 1 is one core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ratio: Option<f64>,
    /// Memory resident.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// Streams open, as the target counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams_open: Option<u64>,
}
