//! All that was found, as it is written to a file.

use std::time::SystemTime;

use serde::Serialize;
use weir::report::{Machine, Tool};

use super::costs::Costs;
use super::round::Round;
use super::summary::Ratio;

const SCHEMA: &str = "weir.ceiling/1";

/// A measurement and all it takes to judge it.
#[derive(Debug, Serialize)]
pub(super) struct Record {
    schema: &'static str,
    /// As typed.
    command: String,
    /// The commit it was built from, if it is known.
    pub(super) revision: &'static str,
    /// RFC 3339, in UTC.
    started_at: String,
    pub(super) machine: Machine,
    pub(super) costs: Costs,
    /// Raw figures.
    pub(super) rounds: Vec<Round>,
    pub(super) ratios: Vec<Ratio>,
}

impl Record {
    /// What is known before the first round.
    pub(super) fn begin() -> Self {
        Self {
            schema: SCHEMA,
            command: std::env::args().collect::<Vec<_>>().join(" "),
            revision: Tool::this().revision,
            started_at: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            machine: Machine::this(),
            costs: Costs::measure(),
            rounds: Vec::new(),
            ratios: Vec::new(),
        }
    }
}
