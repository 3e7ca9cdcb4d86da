//! What a stream delivers.

use std::borrow::Cow;

/// One dispatched event (WHATWG HTML 9.2.6), borrowed from the decoder or from the bytes it was fed.
///
/// Bytes, because the syntax is ASCII and most consumers never need text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// Event type as sent; empty when none was, which means "message".
    pub event: &'a [u8],
    /// The data lines, joined by LF.
    pub data: &'a [u8],
    /// Last event ID at dispatch: of this event, or of the latest before it that had one.
    pub id: &'a [u8],
    /// Whether the event's own block had an id: tells an event that repeats an id from one that has none.
    pub has_id: bool,
}

impl<'a> Event<'a> {
    /// Event type as text: "message" when none was sent.
    #[must_use]
    pub fn event_str(&self) -> Cow<'a, str> {
        if self.event.is_empty() {
            return Cow::Borrowed("message");
        }
        text(self.event)
    }

    /// Data as text.
    #[must_use]
    pub fn data_str(&self) -> Cow<'a, str> {
        text(self.data)
    }

    /// Last event ID as text.
    #[must_use]
    pub fn id_str(&self) -> Cow<'a, str> {
        text(self.id)
    }
}

/// The standard decodes the whole stream as UTF-8, with U+FFFD for what is malformed, and splits it afterwards. Every
/// place it splits at is ASCII, which ends a malformed sequence, so decoding the parts gives the same text.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_replaced_where_malformed_and_the_type_has_a_default() {
        let plain = Event {
            event: b"",
            data: b"a\xff\xe2\x82",
            id: "\u{2026}".as_bytes(),
            has_id: true,
        };
        assert_eq!(plain.event_str(), "message");
        assert_eq!(plain.data_str(), "a\u{fffd}\u{fffd}");
        assert_eq!(plain.id_str(), "\u{2026}");
        let named = Event {
            event: b"add\xff",
            ..plain
        };
        assert_eq!(named.event_str(), "add\u{fffd}");
    }
}
