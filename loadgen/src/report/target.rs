//! What the target used.

use serde::{Deserialize, Serialize};

/// The target's figures over a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TargetUse {
    /// Where they come from: `pid 4711`, or the URL of its metrics.
    pub source: String,
    /// Processor time inside the window, user and system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Processor time for an event that was received in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ns_per_event: Option<f64>,
    /// Memory resident before the first stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_before_bytes: Option<u64>,
    /// Most memory resident of all samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_peak_bytes: Option<u64>,
    /// Memory resident after the last stream was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_after_bytes: Option<u64>,
    /// Most streams open of all samples, as the target counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub streams_open_peak: Option<u64>,
    /// Growth of memory from before the first stream to the peak, over the streams that were open then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_stream: Option<f64>,
    /// Whether most of that growth was given back after the streams were closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_returned: Option<bool>,
}

/// The target at one time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
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
