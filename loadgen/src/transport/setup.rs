//! What all exchanges of a worker have in common.

use weir_time::Clock;

/// What they send, and what they go by.
pub(crate) struct ExchangeSetup {
    /// The request's bytes.
    pub(super) request: Box<[u8]>,
    pub(super) clock: Clock,
}
