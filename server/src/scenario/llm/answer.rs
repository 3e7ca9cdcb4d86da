//! An answer as a value: what was asked, and what is said to it.

use super::format::Format;
use super::words::{self, Text};

/// What the bytes of an answer depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Shape {
    /// In which format it is said.
    pub(super) format: Format,
    /// As the request names it.
    pub(super) model: Box<str>,
    /// When the answer says that it was made, in seconds since the Unix epoch.
    pub(super) created_s: u64,
    pub(super) seed: u64,
    /// The model would say so many tokens.
    pub(super) tokens: u64,
    /// It may say so many.
    pub(super) max_tokens: Option<u64>,
    /// Tokens in an event.
    pub(super) chunk: u64,
    pub(super) prompt_tokens: u64,
    /// Whether the stream has an event with the usage, where the format leaves that to the request.
    pub(super) include_usage: bool,
    /// It fails after so many events with text.
    pub(super) fail_at: Option<u64>,
}

impl Shape {
    /// Whether the request's limit cuts the answer.
    pub(super) fn is_cut(&self) -> bool {
        self.max_tokens.is_some_and(|max| max < self.tokens)
    }

    /// Those that are said when it does not fail.
    pub(super) fn said_tokens(&self) -> u64 {
        self.max_tokens
            .map_or(self.tokens, |max| max.min(self.tokens))
    }

    /// Whether it fails before its end.
    pub(super) fn fails(&self) -> bool {
        self.fail_at.is_some_and(|at| at <= self.whole_chunks())
    }

    /// Events with text.
    pub(super) fn chunks(&self) -> u64 {
        self.fail_at
            .map_or(self.whole_chunks(), |at| at.min(self.whole_chunks()))
    }

    fn whole_chunks(&self) -> u64 {
        self.said_tokens().div_ceil(self.chunk)
    }
}

/// An answer, with its text.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) shape: Shape,
    pub(super) text: Text,
    /// Without what the format puts before it.
    id: String,
}

impl Answer {
    pub(super) fn new(shape: Shape) -> Self {
        Self {
            text: Text::new(shape.seed, shape.said_tokens()),
            id: words::id(shape.seed),
            shape,
        }
    }

    pub(super) fn id(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.id)
    }

    /// The text of event `number` (from 0) of those with text.
    pub(super) fn chunk(&self, number: u64) -> &str {
        self.text.piece(number, self.shape.chunk)
    }
}

/// One event of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Before the first text: which one, from 0.
    Opening(u64),
    Text(&'a str),
    /// After the last text: which one, from 0.
    Closing(u64),
    /// In place of what would have followed: which one, from 0.
    Failure(u64),
}
