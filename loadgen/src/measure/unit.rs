//! What figures count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Ns,
    /// Things.
    Count,
    /// Parts of a whole.
    Ratio,
    /// Things a second.
    PerS,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerS,
}
