//! A response that is no event stream.

use std::ops::ControlFlow;

use crate::measure::{ErrorKind, Failure};
use crate::transport::Head;

/// How much of its body is shown, in bytes.
const EXCERPT_BYTES: usize = 200;

/// Why the response was refused, and the first bytes of its body, for which it is read on.
pub(super) struct Refusal {
    kind: ErrorKind,
    reason: String,
    excerpt: Vec<u8>,
}

impl Refusal {
    /// What is wrong with a head, if it announces no event stream.
    pub(super) fn of(head: &Head) -> Option<Self> {
        let (kind, reason) = if head.status != 200 {
            (ErrorKind::HttpStatus, status(head))
        } else if head.is_event_stream() {
            return None;
        } else {
            (ErrorKind::ContentType, content_type(head))
        };
        Some(Self {
            kind,
            reason,
            excerpt: Vec::new(),
        })
    }

    /// Takes more of the body; breaks when enough has been seen.
    pub(super) fn take(&mut self, content: &[u8]) -> ControlFlow<()> {
        let room = EXCERPT_BYTES - self.excerpt.len();
        self.excerpt
            .extend_from_slice(&content[..content.len().min(room)]);
        if self.excerpt.len() == EXCERPT_BYTES {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    /// The failure, with what of the body has been seen.
    pub(super) fn failure(&self) -> Failure {
        let text = printable(&self.excerpt);
        let body = match text.trim() {
            "" => "empty body".to_owned(),
            text => format!("body: {text}"),
        };
        Failure::new(self.kind, format!("{}, {body}", self.reason))
    }
}

/// As text on one line, and without what a terminal would obey.
fn printable(bytes: &[u8]) -> String {
    let shown = |symbol: char| if symbol.is_control() { ' ' } else { symbol };
    String::from_utf8_lossy(bytes).chars().map(shown).collect()
}

fn status(head: &Head) -> String {
    let to = head
        .location
        .as_ref()
        .map(|location| format!(" to {location}"));
    format!(
        "status {} {}{}",
        head.status,
        head.reason,
        to.unwrap_or_default()
    )
}

fn content_type(head: &Head) -> String {
    head.content_type.as_ref().map_or_else(
        || "no content-type".to_owned(),
        |content_type| format!("content-type {content_type:?}"),
    )
}
