//! What sockets are read into.

use nix::sys::time::TimeSpec;

use crate::measure::Received;

/// One buffer a worker: every socket of it is read into this one.
#[derive(Debug)]
pub(crate) struct ReadBuffer {
    pub(super) data: Box<[u8]>,
    pub(super) control: Vec<u8>,
}

/// 64 KiB: about what one loopback segment carries, so a flooded stream is read a segment at a time with one receive
/// time each, and the buffer stays in the second-level cache.
pub(super) const READ_BUFFER_BYTES: usize = 64 * 1024;

impl ReadBuffer {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self {
            data: vec![0; READ_BUFFER_BYTES].into_boxed_slice(),
            control: nix::cmsg_space!(TimeSpec),
        }
    }

    /// The most bytes that a read gives.
    pub(crate) fn capacity(&self) -> usize {
        self.data.len()
    }

    /// The bytes of the last read.
    pub(crate) fn bytes(&self, received: Received) -> &[u8] {
        &self.data[..received.bytes]
    }
}
