//! The standard's text (WHATWG HTML 9.2.5 and 9.2.6) as plain code: the whole stream at once, every buffer a copy.

use super::{Decoded, OwnedItem};

/// Interprets a whole stream.
pub(crate) fn decode(stream: &[u8]) -> Decoded {
    let stream = stream.strip_prefix(b"\xef\xbb\xbf").unwrap_or(stream);
    let mut state = State::default();
    for line in lines(stream) {
        state.process(&line);
    }
    state.decoded
}

/// The lines that were ended. What follows the last line end is discarded with the end of the stream.
fn lines(stream: &[u8]) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let end_bytes = match &stream[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        if end_bytes == 0 {
            line.push(stream[at]);
            at += 1;
        } else {
            lines.push(std::mem::take(&mut line));
            at += end_bytes;
        }
    }
    lines
}

#[derive(Default)]
struct State {
    data_buffer: Vec<u8>,
    event_type_buffer: Vec<u8>,
    last_event_id_buffer: Vec<u8>,
    /// Whether the block had an id field that counts.
    has_id: bool,
    decoded: Decoded,
}

impl State {
    fn process(&mut self, line: &[u8]) {
        if line.is_empty() {
            return self.dispatch();
        }
        match line.iter().position(|&byte| byte == b':') {
            Some(0) => {
                let comment = OwnedItem::Comment(line[1..].to_vec());
                self.decoded.items.push(comment);
            }
            Some(colon) => {
                let value = &line[colon + 1..];
                self.field(&line[..colon], value.strip_prefix(b" ").unwrap_or(value));
            }
            None => self.field(line, b""),
        }
    }

    fn field(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"event" => self.event_type_buffer = value.to_vec(),
            b"data" => {
                self.data_buffer.extend(value);
                self.data_buffer.push(b'\n');
            }
            b"id" if !value.contains(&0) => {
                self.last_event_id_buffer = value.to_vec();
                self.has_id = true;
            }
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                let digits = str::from_utf8(value).expect("digits are ASCII");
                self.decoded.retry_ms = Some(digits.parse().unwrap_or(u64::MAX));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        self.decoded.last_event_id = self.last_event_id_buffer.clone();
        let mut data = std::mem::take(&mut self.data_buffer);
        let event = std::mem::take(&mut self.event_type_buffer);
        let has_id = std::mem::take(&mut self.has_id);
        if data.is_empty() {
            return;
        }
        if data.ends_with(b"\n") {
            data.pop();
        }
        let id = self.last_event_id_buffer.clone();
        self.decoded.items.push(OwnedItem::Event {
            event,
            data,
            id,
            has_id,
        });
    }
}
