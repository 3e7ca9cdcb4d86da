//! A stream as a value, settled before its first byte.

use std::ops::Range;

use crate::schedule::timing::Timing;
use crate::tape::shape::AnyShape;

/// A stream, settled before its first byte.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) shape: AnyShape,
    /// The events to send, by their numbers in the whole stream.
    pub(crate) events: Range<u64>,
    pub(crate) timing: Timing,
    /// To be told first.
    pub(crate) retry_ms: Option<u64>,
    /// Whether each event is preceded by its stamp.
    pub(crate) stamped: bool,
}
