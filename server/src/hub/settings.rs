//! How what is published reaches its subscribers.

/// How what is published reaches its subscribers.
#[derive(Debug, Clone)]
pub struct Fanout {
    /// Events that wait for one subscriber, 1 or more; fewer where they come to more than 1 MiB, but always one.
    pub queue: usize,
    /// What becomes of a subscriber whose queue is full.
    pub slow: SlowSubscriber,
    /// Events kept of a topic, for those that come back with a `Last-Event-ID`.
    pub history: usize,
}

impl Default for Fanout {
    fn default() -> Self {
        Self {
            // A quarter of a minute of a busy topic (10 events/s), and beyond what the sockets hold.
            queue: 256,
            slow: SlowSubscriber::DropOldest,
            history: 1_000,
        }
    }
}

/// What becomes of a subscriber that reads more slowly than is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlowSubscriber {
    /// It loses the oldest event that waits for it.
    DropOldest,
    /// It is disconnected, and may come back with its `Last-Event-ID`. Over HTTP/2, one that has stopped reading is
    /// disconnected only after [`crate::Limits::peer_time`].
    Disconnect,
}
