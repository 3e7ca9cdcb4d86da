//! Bytes into lines: LF, CR LF or CR ends one (WHATWG HTML 9.2.5).

use std::mem;

use memchr::memchr2;

use super::{DecodeError, empty};

/// U+FEFF as UTF-8. The standard's decode drops one at the start of a stream; any other is text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Blocks that are looked at in place before the search that is for long lines: those of chat are some 50 bytes long, and a
/// call with its choice of instructions takes longer than they do.
const NEAR_BLOCKS: usize = 4;
const BLOCK: usize = 32;

/// Where the first line end of `input` is.
#[inline]
pub(super) fn line_end(input: &[u8]) -> Option<usize> {
    let (blocks, _) = input.as_chunks::<BLOCK>();
    let near = blocks.len().min(NEAR_BLOCKS);
    for (index, block) in blocks[..near].iter().enumerate() {
        // Of text only line ends and tabs are as small; without a way out in the middle it is two vector instructions.
        if block.iter().fold(false, |any, &byte| any | (byte <= b'\r')) {
            return block_end(block).map_or_else(
                || far_end(input, (index + 1) * BLOCK),
                |at| Some(index * BLOCK + at),
            );
        }
    }
    far_end(input, near * BLOCK)
}

fn block_end(block: &[u8; BLOCK]) -> Option<usize> {
    let (words, _) = block.as_chunks();
    let ends = words
        .iter()
        .map(|word| line_ends(u64::from_le_bytes(*word)));
    let (index, ends) = ends.enumerate().find(|(_, ends)| *ends != 0)?;
    Some(index * size_of::<u64>() + (ends.trailing_zeros() / u8::BITS) as usize)
}

/// Where it is, if not before `from`.
fn far_end(input: &[u8], from: usize) -> Option<usize> {
    memchr2(b'\n', b'\r', &input[from..]).map(|at| from + at)
}

/// The high bit of each byte that is LF or CR, but for false ones above the first (Mycroft's test for a zero byte).
fn line_ends(word: u64) -> u64 {
    const ONES: u64 = u64::MAX / 0xff;
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & (0x80 * ONES);
    zeros(word ^ (u64::from(b'\n') * ONES)) | zeros(word ^ (u64::from(b'\r') * ONES))
}

/// A line without its line end.
#[derive(Clone, Copy)]
pub(super) enum Line<'i> {
    /// Wholly in the input.
    Fed(&'i [u8]),
    /// Arrived in pieces: [`Lines::kept`] has it until the next line is asked for.
    Kept,
}

#[derive(Debug)]
pub(super) struct Lines {
    limit_bytes: u32,
    /// The last line ended with a CR at the end of the input: an LF that follows belongs to it.
    after_cr: bool,
    at_start: bool,
    /// Most streams never have one, and then no room for it.
    kept: Option<Box<Kept>>,
}

/// A line that comes in pieces.
#[derive(Debug, Default)]
struct Kept {
    /// From earlier inputs.
    bytes: Vec<u8>,
    /// It is a whole line, that has been given out.
    is_ended: bool,
}

impl Lines {
    pub(super) fn new(limit_bytes: u32) -> Self {
        Self {
            limit_bytes,
            after_cr: false,
            at_start: true,
            kept: None,
        }
    }

    /// Takes the next line from the front of `input`; `None` when `input` is used up.
    pub(super) fn next<'i>(
        &mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Line<'i>>, DecodeError> {
        self.take_back();
        self.skip_lf(input);
        // Every block ends in an empty line, which takes no search.
        let end = match input {
            [b'\n', ..] => Some(0),
            _ => line_end(input),
        };
        let (part, rest) = input.split_at(end.unwrap_or(input.len()));
        *input = rest.strip_prefix(b"\r\n").or(rest.get(1..)).unwrap_or(rest);
        if part.len() > self.limit_bytes as usize - self.kept().len() {
            return Err(DecodeError::LineTooLong {
                limit_bytes: self.limit_bytes,
            });
        }
        if end.is_none() {
            if !part.is_empty() {
                let kept = self.kept.get_or_insert_default();
                kept.bytes.extend_from_slice(part);
            }
            return Ok(None);
        }
        self.after_cr = rest == b"\r";
        Ok(Some(self.end(part)))
    }

    /// Whether what is fed next begins a line, and not the first.
    pub(super) fn is_between(&self) -> bool {
        let is_whole = |kept: &Kept| kept.bytes.is_empty() || kept.is_ended;
        !self.after_cr && !self.at_start && self.kept.as_deref().is_none_or(is_whole)
    }

    pub(super) fn limit_bytes(&self) -> usize {
        self.limit_bytes as usize
    }

    /// The line that [`Line::Kept`] stands for.
    pub(super) fn kept(&self) -> &[u8] {
        self.kept.as_ref().map_or(b"", |kept| &kept.bytes)
    }

    #[cfg(test)]
    pub(super) fn capacity_bytes(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.bytes.capacity())
    }

    fn take_back(&mut self) {
        if let Some(kept) = &mut self.kept
            && mem::take(&mut kept.is_ended)
        {
            empty(&mut kept.bytes);
        }
    }

    fn skip_lf(&mut self, input: &mut &[u8]) {
        if self.after_cr && !input.is_empty() {
            self.after_cr = false;
            *input = input.strip_prefix(b"\n").unwrap_or(input);
        }
    }

    fn end<'i>(&mut self, last_part: &'i [u8]) -> Line<'i> {
        let at_start = mem::take(&mut self.at_start);
        let Some(kept) = self.kept.as_mut().filter(|kept| !kept.bytes.is_empty()) else {
            let mark = if at_start { BYTE_ORDER_MARK } else { b"" };
            return Line::Fed(last_part.strip_prefix(mark).unwrap_or(last_part));
        };
        kept.bytes.extend_from_slice(last_part);
        kept.is_ended = true;
        if at_start && kept.bytes.starts_with(BYTE_ORDER_MARK) {
            kept.bytes.drain(..BYTE_ORDER_MARK.len());
        }
        Line::Kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against one byte after the other.
        #[test]
        fn a_line_ends_where_its_first_end_is(
            input in prop::collection::vec(prop_oneof![20 => any::<u8>(), 1 => Just(b'\n'), 1 => Just(b'\r')], 0..200),
        ) {
            let end = input.iter().position(|byte| [b'\n', b'\r'].contains(byte));
            prop_assert_eq!(line_end(&input), end);
        }
    }
}
