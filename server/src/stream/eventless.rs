//! Blocks that are no events: a parser takes note of them, and hands nothing on.

use bytes::Bytes;
use weir_sse::Block;

/// A comment line in a block of its own: keeps proxies from taking a quiet stream for a dead one (WHATWG HTML 9.2.7).
pub(crate) const HEARTBEAT: &[u8] = b":\n\n";

/// Tells clients when to come back (WHATWG HTML 9.2.6).
pub(crate) fn retry(retry_ms: u64) -> Bytes {
    let mut out = Vec::new();
    let block = Block {
        retry_ms: Some(retry_ms),
        ..Block::default()
    };
    block.encode(&mut out);
    out.into()
}
