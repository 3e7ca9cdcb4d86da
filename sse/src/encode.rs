//! Blocks into bytes.

use memchr::memchr2;

/// One block of a stream, as a server writes it (WHATWG HTML 9.2.5): an event when it has `data`, else a heartbeat, a
/// new reconnection time or a new last event ID.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Block<'a> {
    /// Ignored by every client; one comment line per line of it.
    pub comment: Option<&'a str>,
    /// How long a client waits before it reconnects.
    pub retry_ms: Option<u64>,
    /// Event type. Without one, or with an empty one, clients see "message".
    pub event: Option<&'a str>,
    /// What a client sends back as `Last-Event-ID` when it reconnects. An empty one takes the earlier one back.
    pub id: Option<&'a str>,
    /// One data line per line of it. LF, CR LF and CR each end a line and are all LF to the client.
    pub data: Option<&'a str>,
}

impl Block<'_> {
    /// Appends the block, ended by its blank line.
    ///
    /// # Panics
    /// When `event` or `id` contains LF or CR, which would end its line, or `id` contains NUL, for which clients ignore
    /// it.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for line in self.comment.into_iter().flat_map(lines) {
            put_line(out, ":", line);
        }
        if let Some(retry_ms) = self.retry_ms {
            put_line(out, "retry: ", &retry_ms.to_string());
        }
        if let Some(event) = self.event {
            assert!(!event.contains(['\n', '\r']), "a line end in an event type");
            put_line(out, "event: ", event);
        }
        if let Some(id) = self.id {
            assert!(
                !id.contains(['\n', '\r', '\0']),
                "a line end or NUL in an id"
            );
            put_line(out, "id: ", id);
        }
        for line in self.data.into_iter().flat_map(lines) {
            put_line(out, "data: ", line);
        }
        out.push(b'\n');
    }
}

fn put_line(out: &mut Vec<u8>, prefix: &str, value: &str) {
    out.extend_from_slice(prefix.as_bytes());
    out.extend_from_slice(value.as_bytes());
    out.push(b'\n');
}

/// Unlike [`str::lines`], a CR alone ends a line, and what follows the last line end is a line even when it is empty.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr2(b'\n', b'\r', text.as_bytes()) else {
            return rest.take();
        };
        let (line, after) = text.split_at(end);
        rest = Some(after.strip_prefix("\r\n").unwrap_or(&after[1..]));
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn encoded(block: Block<'_>) -> String {
        let mut out = Vec::new();
        block.encode(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_field_in_its_place() {
        let block = Block {
            comment: Some("note"),
            retry_ms: Some(1_500),
            event: Some("add"),
            id: Some("7"),
            data: Some("x"),
        };
        assert_eq!(
            encoded(block),
            ":note\nretry: 1500\nevent: add\nid: 7\ndata: x\n\n"
        );
    }

    #[test]
    fn each_line_end_starts_a_line_of_its_own() {
        let data = Block {
            data: Some("a\nb\r\nc\rd\n\re\n"),
            ..Block::default()
        };
        assert_eq!(
            encoded(data),
            "data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \n\n"
        );
        let comment = Block {
            comment: Some("a\r\nb"),
            ..Block::default()
        };
        assert_eq!(encoded(comment), ":a\n:b\n\n");
    }

    #[test]
    fn empty_is_not_absent() {
        assert_eq!(encoded(Block::default()), "\n");
        let empty = Block {
            comment: Some(""),
            event: Some(""),
            id: Some(""),
            data: Some(""),
            ..Block::default()
        };
        assert_eq!(encoded(empty), ":\nevent: \nid: \ndata: \n\n");
    }

    #[test]
    fn what_would_be_read_as_something_else_panics() {
        let panics = |block| catch_unwind(|| encoded(block)).is_err();
        for text in ["1\ndata: x", "1\rdata: x", "\r\n"] {
            let event = Some(text);
            assert!(
                panics(Block {
                    event,
                    ..Block::default()
                }),
                "event {text:?}"
            );
        }
        for text in ["1\ndata: x", "1\rdata: x", "\r\n", "1\0"] {
            let id = Some(text);
            assert!(
                panics(Block {
                    id,
                    ..Block::default()
                }),
                "id {text:?}"
            );
        }
    }
}
