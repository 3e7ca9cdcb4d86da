//! What of a load was to start, and what of it did.

use crate::measure::Window;

/// What a worker's share of the arrivals came to, up to the end of its window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offered {
    /// Arrivals that were to start inside the window.
    pub streams: u64,
    /// When the last of all arrivals was to start, Unix nanoseconds; 0 without one.
    pub last_ns: u64,
    /// Whether that was the last one there was.
    pub is_whole: bool,
}

impl Offered {
    /// Of nobody's share.
    pub const NOTHING: Self = Self {
        streams: 0,
        last_ns: 0,
        is_whole: true,
    };

    /// Counts an arrival that was to start at `intended_ns`.
    pub fn count(&mut self, intended_ns: u64, window: Window) {
        self.streams += u64::from(window.contains(intended_ns));
        self.last_ns = self.last_ns.max(intended_ns);
    }

    /// Adds another worker's share.
    pub fn merge(&mut self, other: Self) {
        let Self {
            streams,
            last_ns,
            is_whole,
        } = other;
        self.streams += streams;
        self.last_ns = self.last_ns.max(last_ns);
        self.is_whole &= is_whole;
    }
}
