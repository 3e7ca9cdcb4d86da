//! A second of the window.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encoded, TargetSample};
use crate::measure::{Counters, Metric};

/// A second of the window; the last may be shorter.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Interval {
    /// Its end, from the window's start.
    pub t_s: f64,
    /// Streams open at its end.
    pub streams_open: u64,
    /// Events received a second.
    pub events_per_s: f64,
    /// Bytes read a second.
    pub bytes_per_s: f64,
    /// Median gap, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p50_ns: Option<u64>,
    /// 99th percentile of the gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_p99_ns: Option<u64>,
    /// Median delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_p50_ns: Option<u64>,
    /// 99th percentile of the deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery_p99_ns: Option<u64>,
    /// 99th percentile of the generator's own delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_lag_p99_ns: Option<u64>,
    /// Streams that failed.
    pub errors: u64,
    /// What was counted; in the first one also before the window, in the last one also after it. All of them together are the
    /// run's, but for the peak of open streams, arrivals that never started, and events lost in one that came in a later one.
    pub counters: Counters,
    /// What the target used at its end, where that was asked for and could be found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetSample>,
    /// By metric; all of them together are the run's, but for what arrivals waited that never started.
    pub histograms: BTreeMap<Metric, Encoded>,
}
