//! What takes an exchange as it goes on, and what it is given.

use std::ops::ControlFlow;

use crate::measure::{Failure, Received};

/// What takes an exchange as it goes on, in order. A break ends it from here: what is left of the read is not looked at.
pub(crate) trait Sink {
    /// The connection was established.
    fn connected(&mut self, at_ns: u64);

    /// The last of the request was written.
    fn requested(&mut self, at_ns: u64);

    /// A read gave bytes: what follows came with it.
    fn received(&mut self, received: Received);

    /// The head of the response, without informational ones before it.
    fn head(&mut self, head: Head) -> ControlFlow<()>;

    /// The next run of its content.
    fn content(&mut self, run: &[u8]) -> ControlFlow<()>;
}

/// What of a response's head matters to a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Status code, never 1xx.
    pub(crate) status: u16,
    /// Reason phrase, as sent.
    pub(crate) reason: String,
    /// `content-type`, as sent.
    pub(crate) content_type: Option<String>,
    /// `location`, as sent.
    pub(crate) location: Option<String>,
}

/// What one read came to.
pub(crate) struct Progress {
    /// Without bytes it is the connection's end.
    pub(crate) received: Received,
    /// Whether there was no more to read.
    pub(crate) is_all: bool,
    /// Whether the response is complete. What went before a failure has been handed over.
    pub(crate) is_complete: Result<bool, Failure>,
}

impl Head {
    /// Whether it announces an event stream: the essence of the media type is `text/event-stream`, whatever its
    /// parameters (WHATWG HTML, 9.2.3).
    pub(crate) fn is_event_stream(&self) -> bool {
        self.content_type.as_deref().is_some_and(|value| {
            let essence = value.split(';').next().unwrap_or_default();
            essence.trim().eq_ignore_ascii_case("text/event-stream")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stream_is_told_by_the_essence_of_its_type() {
        let is_event_stream = |content_type: Option<&str>| {
            let head = Head {
                status: 200,
                reason: String::new(),
                content_type: content_type.map(str::to_owned),
                location: None,
            };
            head.is_event_stream()
        };
        for good in [
            "text/event-stream",
            "TEXT/Event-Stream",
            "text/event-stream;",
            "text/event-stream;charset=windows-1252",
        ] {
            assert!(is_event_stream(Some(good)), "{good}");
        }
        for bad in [
            "x bogus",
            "text/x-bogus",
            "text/event-stream-x",
            "",
            "application/json",
        ] {
            assert!(!is_event_stream(Some(bad)), "{bad}");
        }
        assert!(!is_event_stream(None));
    }
}
