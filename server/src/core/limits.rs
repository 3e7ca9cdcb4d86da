//! What clients may take of a server.

use std::time::Duration;

/// What clients may take of a server.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Streams open at a time. Who comes after that is answered 503.
    pub streams: usize,
    /// Streams of one address open at a time. Who comes after that is answered 429.
    pub streams_per_address: usize,
    /// Streams of one connection open at a time, where HTTP/2 lets there be several. A client is told, and keeps to it;
    /// what one opens beyond is refused (REFUSED_STREAM).
    pub streams_per_connection: u32,
    /// Of a request's head, in bytes; a longer one is answered 431.
    pub head_bytes: usize,
    /// Of a request's body, in bytes; a longer one is answered 413.
    pub body_bytes: usize,
    /// For a request to arrive: its first bytes (with TLS, the handshake), as long again its head, and as long again its
    /// body. A connection that is kept alive is closed when the
    /// next head has not come by then. Zero is for ever.
    pub request_time: Duration,
    /// For a peer to acknowledge what it was sent, and to read on: one that does neither for so long is cut off. Where it
    /// shares its connection, it is the stream that it does not read that is. One to
    /// which nothing is sent is asked from time to time whether it is still there. Zero is for ever.
    pub peer_time: Duration,
}

impl Limits {
    /// None is for ever.
    pub(crate) fn request_time(&self) -> Option<Duration> {
        (!self.request_time.is_zero()).then_some(self.request_time)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams: 100_000,
            streams_per_address: 100_000,
            streams_per_connection: 10_000,
            // A typewriter with a text of the greatest length is 24 KB percent-encoded.
            head_bytes: 32 * 1024,
            body_bytes: 1024 * 1024,
            request_time: Duration::from_secs(30),
            // A phone that changes networks, or a laptop that is shut for a moment, comes back within this.
            peer_time: Duration::from_secs(120),
        }
    }
}
