//! Bytes into events, as they arrive (WHATWG HTML 9.2.5 and 9.2.6).

mod field;
mod line;
mod pending;
#[cfg(test)]
mod tests;

use thiserror::Error;

use self::line::{Line, Lines, line_end};
use self::pending::{Fed, Pending, Step};
use crate::Event;

/// How much a decoder holds before it gives up on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The longest line, without its line end. A byte order mark counts.
    pub line_bytes: u32,
    /// The most data in one event, its lines joined by LF.
    pub event_bytes: u32,
}

impl Default for Limits {
    /// 16 MiB each: twice what an image of 6 MiB takes as one line of base64, and what a stream that never ends a line
    /// can make the decoder hold.
    fn default() -> Self {
        Self {
            line_bytes: 16 << 20,
            event_bytes: 16 << 20,
        }
    }
}

/// Why a decoder gave up on a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// A line longer than [`Limits::line_bytes`].
    #[error("a line is longer than {limit_bytes} bytes")]
    LineTooLong {
        /// The limit that was passed.
        limit_bytes: u32,
    },
    /// An event with more data than [`Limits::event_bytes`].
    #[error("the data of an event is longer than {limit_bytes} bytes")]
    EventTooLong {
        /// The limit that was passed.
        limit_bytes: u32,
    },
}

/// What a stream consists of, to those who read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// A block that had data.
    Event(Event<'a>),
    /// A comment line: what follows its colon, up to the line end.
    Comment(&'a [u8]),
}

/// Reads one stream, in whatever pieces it arrives.
///
/// An event that lies wholly in the piece it was fed with comes back as slices of that piece; only its id, and several
/// data lines, are copied to buffers that are used again. A stream that ends is simply not fed any more: what is
/// unfinished is then discarded, as the standard wants it.
#[derive(Debug)]
pub struct Decoder {
    lines: Lines,
    pending: Pending,
    failed: Option<DecodeError>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder at the start of a stream, with the default [`Limits`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_limits(Limits::default())
    }

    /// A decoder at the start of a stream.
    #[must_use]
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            lines: Lines::new(limits.line_bytes),
            pending: Pending::new(limits.event_bytes),
            failed: None,
        }
    }

    /// Takes from the front of `input` up to and with the next item; `None` when `input` is used up.
    ///
    /// What is unfinished then is kept, so `input` need not be.
    ///
    /// # Errors
    /// When a line or an event is longer than the [`Limits`] allow. Every later call gives the same error.
    pub fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Item<'a>>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match self.find(input) {
            Ok(found) => Ok(found.map(|found| self.lend(found))),
            Err(error) => {
                self.failed = Some(error);
                Err(error)
            }
        }
    }

    /// What a reconnect would send as `Last-Event-ID`: the id of the latest block that was ended, with or without data.
    #[must_use]
    pub fn last_event_id(&self) -> &[u8] {
        self.pending.last_event_id()
    }

    /// The reconnection time the stream asked for, `u64::MAX` when it is more than that.
    #[must_use]
    pub fn retry_ms(&self) -> Option<u64> {
        self.pending.retry_ms()
    }

    /// Whether what is fed next begins a line, and not the stream's first.
    ///
    /// A caller that knows a comment there by its length may then take it from the input itself, without a search.
    #[must_use]
    pub fn is_between_lines(&self) -> bool {
        self.lines.is_between()
    }

    /// Passes over the commonest block, one data line and the empty one, if `input` begins with the whole of it. Says whether it did.
    ///
    /// What an event is read for where nobody looks at its data.
    #[must_use]
    #[inline]
    pub fn pass_data(&mut self, input: &mut &[u8]) -> bool {
        self.failed.is_none() && {
            self.pending.take_back();
            self.find_data(input).is_some()
        }
    }

    /// The commonest block, one data line and the empty one, if the input begins with the whole of it: half the time of
    /// the two lines one after the other (`decode` of the benches).
    #[inline]
    fn find_data<'i>(&mut self, input: &mut &'i [u8]) -> Option<Found<'i>> {
        const FIELD: &[u8] = b"data: ";
        let line = input
            .strip_prefix(FIELD)
            .filter(|_| self.lines.is_between())?;
        let end = line_end(line)?;
        let (data, rest) = line.split_at(end);
        let rest = rest.strip_prefix(b"\n\n")?;
        if FIELD.len() + data.len() > self.lines.limit_bytes() {
            return None;
        }
        let fed = self.pending.take_whole(data)?;
        *input = rest;
        Some(Found::Event(fed))
    }

    fn find<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Found<'i>>, DecodeError> {
        self.pending.take_back();
        if let Some(found) = self.find_data(input) {
            return Ok(Some(found));
        }
        let mut fed = Fed::default();
        while let Some(line) = self.lines.next(input)? {
            let step = match line {
                Line::Fed(line) => self.pending.read(line, &mut fed)?,
                Line::Kept => self.pending.read_kept(self.lines.kept())?,
            };
            match step {
                Step::More => {}
                Step::Event => return Ok(Some(Found::Event(fed))),
                Step::Comment => {
                    self.pending.keep(fed);
                    return Ok(Some(Found::Comment(line)));
                }
            }
        }
        self.pending.keep(fed);
        Ok(None)
    }

    fn lend<'a>(&'a self, found: Found<'a>) -> Item<'a> {
        match found {
            Found::Event(fed) => Item::Event(self.pending.event(fed)),
            Found::Comment(Line::Fed(line)) => Item::Comment(&line[1..]),
            Found::Comment(Line::Kept) => Item::Comment(&self.lines.kept()[1..]),
        }
    }
}

/// An item that was found: what of it lies in the input. The rest lies in the decoder's buffers.
#[derive(Clone, Copy)]
enum Found<'i> {
    Event(Fed<'i>),
    Comment(Line<'i>),
}

/// Capacity a buffer may keep for its next use.
///
/// Filling a fresh buffer in pieces of 1,460 bytes takes 1.6 times as long as filling a kept one at 4 KiB, 1.25 times
/// at 16 KiB and 1.05 times at 64 KiB: beyond that, keeping it saves nothing, and costs memory for as long as the
/// stream is open.
const KEEP_BYTES: usize = 64 << 10;

fn empty(buffer: &mut Vec<u8>) {
    if buffer.capacity() > KEEP_BYTES {
        *buffer = Vec::new();
    } else {
        buffer.clear();
    }
}
