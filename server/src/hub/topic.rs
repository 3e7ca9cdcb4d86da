//! What one subscribes to, and what is published to it.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

/// An event as it is published.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Of its topic, from 0.
    pub(crate) number: u64,
    /// When it was to be published, in Unix nanoseconds.
    pub(crate) due_ns: u64,
    /// Encoded, its id is its number.
    pub(crate) bytes: Bytes,
}

/// What one subscribes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Topic {
    pub(super) kind: Kind,
    name: Arc<str>,
}

/// What a topic is for. Topics of two kinds may have one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// `/topic/{name}`.
    Plain,
    /// `/api/chat/{room}`.
    Room,
    /// `/api/notifications/{user}`.
    User,
}

impl Topic {
    pub(crate) fn new(kind: Kind, name: &str) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

/// What publishes to a topic by itself: how often, and events of what size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticker {
    /// In a million seconds; above 0.
    pub(crate) per_megasecond: u64,
    pub(crate) size_bytes: usize,
}

/// As logs have it: a name is what a stranger has chosen, and cannot end a line.
impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Plain => write!(f, "topic {:?}", self.name),
            Kind::Room => write!(f, "room {:?}", self.name),
            Kind::User => write!(f, "user {:?}", self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_forge_lines_of_a_log() {
        let topic = Topic::new(Kind::Room, "a\n2026 \u{1b}[31mINFO\u{2028}\"你");
        let escaped = r#"room "a\n2026 \u{1b}[31mINFO\u{2028}\"你""#;
        assert_eq!(topic.to_string(), escaped);
    }
}
