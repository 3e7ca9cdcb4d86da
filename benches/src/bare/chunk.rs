//! One write's worth of events, as one chunk of an HTTP/1.1 body (RFC 9112, section 7.1).

use weir_sse::Stamp;

/// Bytes of one event, with or without a stamp; chunk framing comes on top.
pub const EVENT_BYTES: usize = 118;

const FIELD: &[u8] = b"data: ";
const END: &[u8] = b"\n\n";
const CRLF: &str = "\r\n";

/// A chunk that is built once; only its stamps are written anew.
pub struct Chunk {
    bytes: Vec<u8>,
    /// Where the first event begins: behind the line that holds the size.
    head_bytes: usize,
    events: usize,
}

impl Chunk {
    /// A chunk of `events` events, each with the place for a stamp if they are to be `stamped`.
    #[must_use]
    pub fn new(events: usize, stamped: bool) -> Self {
        let mut bytes = size_line(events).into_bytes();
        let head_bytes = bytes.len();
        for _ in 0..events {
            push_event(&mut bytes, stamped);
        }
        bytes.extend_from_slice(CRLF.as_bytes());
        Self {
            bytes,
            head_bytes,
            events,
        }
    }

    /// Bytes of `data` in an event of [`EVENT_BYTES`]: what a server must be asked for to send events of that size.
    #[must_use]
    pub fn data_bytes(stamped: bool) -> usize {
        let stamp_bytes = if stamped { Stamp::LEN } else { 0 };
        EVENT_BYTES - stamp_bytes - FIELD.len() - END.len()
    }

    /// Bytes on the wire of a chunk of `events` events, its framing included.
    #[must_use]
    pub fn wire_bytes(events: usize) -> usize {
        size_line(events).len() + events * EVENT_BYTES + CRLF.len()
    }

    /// Numbers the events from `first_seq` on, all due and sent at `now_ns`. The same arguments give the same bytes.
    pub fn stamp(&mut self, first_seq: u64, now_ns: u64) {
        let events = self.bytes[self.head_bytes..].chunks_exact_mut(EVENT_BYTES);
        for (seq, event) in (first_seq..).zip(events.take(self.events)) {
            let stamp = Stamp {
                seq,
                due_ns: now_ns,
                sent_ns: now_ns,
            };
            let line = event.first_chunk_mut();
            stamp.write(line.expect("an event is longer than its stamp"));
        }
    }

    /// The chunk as it goes over the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many events it holds.
    #[must_use]
    pub fn events(&self) -> usize {
        self.events
    }
}

fn size_line(events: usize) -> String {
    format!("{:X}{CRLF}", events * EVENT_BYTES)
}

fn push_event(bytes: &mut Vec<u8>, stamped: bool) {
    let end = bytes.len() + EVENT_BYTES;
    if stamped {
        bytes.resize(bytes.len() + Stamp::LEN, 0);
    }
    bytes.extend_from_slice(FIELD);
    bytes.resize(end - END.len(), b'x');
    bytes.extend_from_slice(END);
}

#[cfg(test)]
mod tests {
    use weir_sse::{Decoder, Item};

    use super::*;

    #[test]
    fn a_chunk_is_as_long_as_it_says_and_holds_what_it_says() {
        for (events, stamped) in [(1, false), (1, true), (64, true), (500, false)] {
            let mut chunk = Chunk::new(events, stamped);
            if stamped {
                chunk.stamp(7, 1_000);
            }
            assert_eq!(chunk.bytes().len(), Chunk::wire_bytes(events));
            let text = std::str::from_utf8(chunk.bytes()).unwrap();
            let (size, rest) = text.split_once("\r\n").unwrap();
            let body = rest.strip_suffix("\r\n").unwrap();
            assert_eq!(usize::from_str_radix(size, 16).unwrap(), body.len());

            let (mut input, mut decoder) = (body.as_bytes(), Decoder::new());
            let (mut seqs, mut sizes) = (Vec::new(), Vec::new());
            while let Some(item) = decoder.next(&mut input).unwrap() {
                match item {
                    Item::Event(event) => sizes.push(event.data.len()),
                    Item::Comment(comment) => seqs.push(Stamp::parse(comment).unwrap().seq),
                }
            }
            assert_eq!(sizes, vec![Chunk::data_bytes(stamped); events]);
            let stamps = if stamped { events as u64 } else { 0 };
            assert_eq!(seqs, (7..7 + stamps).collect::<Vec<u64>>());
        }
    }
}
