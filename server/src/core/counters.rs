//! What a server has sent.

/// Totals over a server's life. A stream with faults counts as it was before them: an event that is lost, repeated or cut
/// off counts once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Event streams opened, and answers of language models that were waited for as a whole.
    pub streams: u64,
    /// Events handed to the sockets' writers; comments and `retry` blocks are not events.
    pub events: u64,
    /// Body bytes of event streams handed to the sockets' writers, without heads and chunk framing, and
    /// before they are encoded for who asks for it.
    pub bytes: u64,
    /// Event streams that were cut off, since they had not ended when the drain had taken its time.
    pub cut: u64,
}

impl Counters {
    /// Adds what another core has counted.
    pub fn merge(&mut self, other: &Self) {
        let Self {
            streams,
            events,
            bytes,
            cut,
        } = other;
        self.streams += streams;
        self.events += events;
        self.bytes += bytes;
        self.cut += cut;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_adds_each_to_its_own() {
        let mut total = Counters {
            streams: 1,
            events: 20,
            bytes: 300,
            cut: 2,
        };
        total.merge(&Counters {
            streams: 4,
            events: 50,
            bytes: 600,
            cut: 5,
        });
        let expected = Counters {
            streams: 5,
            events: 70,
            bytes: 900,
            cut: 7,
        };
        assert_eq!(total, expected);
    }
}
