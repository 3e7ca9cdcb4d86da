//! A part of a run that is told apart from the rest.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Encoded, Latency};
use crate::measure::{Counters, Metric};

/// What is reported of one cohort of streams, or of one phase of a load.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Part {
    /// Counts over the whole run, or over the phase.
    pub counters: Counters,
    /// Latencies by metric, as those of the run.
    pub latency: BTreeMap<Metric, Latency>,
    /// By metric.
    pub histograms: BTreeMap<Metric, Encoded>,
}
