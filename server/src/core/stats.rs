//! What a core has done, counted by it alone and read by any thread.

use std::sync::atomic::{AtomicU64, Ordering};

use super::counters::Counters;

/// A count that one thread adds to. Others may read it, and see it a moment later.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Adds `more`. Only for the one thread whose count it is: two that add at once would lose one of the two, which is
    /// what makes it as cheap as adding to a number.
    pub(crate) fn add(&self, more: u64) {
        self.0
            .store(self.get().wrapping_add(more), Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What a core has done since it started. On cache lines of its own, or cores would slow each other down.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Stats {
    pub(crate) connections: Count,
    /// Connections that were none, since what came was no TLS, or none we speak.
    pub(crate) handshakes_failed: Count,
    pub(crate) streams_opened: Count,
    pub(crate) streams_closed: Count,
    pub(crate) reached: Reached,
    pub(crate) events: Count,
    pub(crate) bytes: Count,
    /// Events that slow subscribers have lost.
    pub(crate) dropped: Count,
    /// Subscribers disconnected because they were slow.
    pub(crate) overrun: Count,
    pub(crate) lag: Lag,
}

impl Stats {
    /// Streams that are open now, for the thread whose counts these are.
    pub(crate) fn open_streams(&self) -> u64 {
        self.streams_opened.get() - self.streams_closed.get()
    }

    /// What of it belongs to the outcome of a server, of which nothing is cut off yet.
    pub(crate) fn counters(&self) -> Counters {
        Counters {
            streams: self.streams_opened.get(),
            events: self.events.get(),
            bytes: self.bytes.get(),
            cut: 0,
        }
    }
}

/// How often each limit was reached (see [`Limits`](crate::Limits)), but that on the streams of an HTTP/2 connection, which
/// h2 keeps to itself.
#[derive(Debug, Default)]
pub(crate) struct Reached {
    pub(crate) streams: Count,
    pub(crate) streams_per_address: Count,
    /// Heads of HTTP/1.1 that were too long; h2 keeps those of HTTP/2 to itself.
    pub(crate) head_bytes: Count,
    /// Connections whose next head, or TLS handshake, had not come in time, with HTTP/1.1 those kept alive without one
    /// among them.
    pub(crate) head_time: Count,
    pub(crate) body_bytes: Count,
    pub(crate) body_time: Count,
    /// Connections, and streams of HTTP/2.
    pub(crate) peer_time: Count,
}

impl Reached {
    /// Each of them, with the name of its limit.
    pub(crate) fn by_limit(&self) -> [(&'static str, u64); 7] {
        let Self {
            streams,
            streams_per_address,
            head_bytes,
            head_time,
            body_bytes,
            body_time,
            peer_time,
        } = self;
        [
            ("streams", streams.get()),
            ("streams_per_address", streams_per_address.get()),
            ("head_bytes", head_bytes.get()),
            ("head_time", head_time.get()),
            ("body_bytes", body_bytes.get()),
            ("body_time", body_time.get()),
            ("peer_time", peer_time.get()),
        ]
    }
}

/// How late events were sent: counts in classes, each twice as wide as the one before.
#[derive(Debug, Default)]
pub(crate) struct Lag {
    classes: [Count; Self::CLASSES],
    sum_ns: Count,
}

impl Lag {
    /// Up to 16 us, 32 us, ..., 16.8 s, and beyond.
    pub(crate) const CLASSES: usize = 22;
    const FIRST_BITS: u32 = 14;

    /// `events` that were sent `lag_ns` after they were due.
    pub(crate) fn record(&self, lag_ns: u64, events: u64) {
        let bits = u64::BITS - lag_ns.leading_zeros();
        let class = bits.saturating_sub(Self::FIRST_BITS) as usize;
        self.classes[class.min(Self::CLASSES - 1)].add(events);
        self.sum_ns.add(lag_ns.saturating_mul(events));
    }

    /// Upper end of a class in nanoseconds, exclusive; None of the last, which has none.
    pub(crate) fn end_ns(class: usize) -> Option<u64> {
        (class + 1 < Self::CLASSES).then(|| 1 << (Self::FIRST_BITS as usize + class))
    }

    /// Events in each class.
    pub(crate) fn classes(&self) -> [u64; Self::CLASSES] {
        std::array::from_fn(|class| self.classes[class].get())
    }

    pub(crate) fn sum_ns(&self) -> u64 {
        self.sum_ns.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_below_the_end_of_its_class_and_not_below_that_of_the_one_before() {
        for lag_ns in [0, 1, 16_383, 16_384, 32_767, 32_768, 1 << 33, u64::MAX] {
            let lag = Lag::default();
            lag.record(lag_ns, 1);
            let class = lag.classes().iter().position(|count| *count == 1).unwrap();
            assert!(Lag::end_ns(class).is_none_or(|end_ns| lag_ns < end_ns));
            let before = class.checked_sub(1).and_then(Lag::end_ns);
            assert!(before.is_none_or(|end_ns| lag_ns >= end_ns));
            assert_eq!(lag.sum_ns(), lag_ns);
        }
    }
}
