//! When bytes were received, and who says so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where receive times come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rx {
    /// `SO_TIMESTAMPNS`: taken by the kernel when the segment arrived, whatever the generator was doing.
    Kernel,
    /// The clock read right after the read returned.
    User,
}

/// What one read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// How many bytes; 0 is the end.
    pub bytes: usize,
    /// When they were received, Unix nanoseconds.
    pub rx_ns: u64,
    /// Who says so.
    pub rx: Rx,
}
