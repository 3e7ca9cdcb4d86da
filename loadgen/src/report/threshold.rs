//! What was asked of a run's figures.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measure::Unit;

/// A threshold and what became of it.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct ThresholdResult {
    /// As typed.
    pub expression: String,
    /// What was found, in `unit`; of a window the worst one. Absent where there was nothing to find.
    pub observed: Option<f64>,
    /// What it was held against, in `unit`.
    pub limit: f64,
    /// Of both.
    pub unit: Unit,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether that is `passed`.
    pub passed: bool,
    /// What has to be known beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// What became of a threshold.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, JsonSchema, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// The figures cannot say.
    Inconclusive,
    /// It is breached.
    Failed,
}

/// A threshold that ended a run, since it was breached.
#[derive(Debug, Clone, PartialEq, JsonSchema, Serialize, Deserialize)]
pub struct Aborted {
    /// As typed.
    pub expression: String,
    /// When, from the window's start.
    pub t_s: f64,
    /// What was found then, in the figure's unit.
    pub observed: f64,
}
