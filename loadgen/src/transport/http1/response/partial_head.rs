//! A response head that comes in pieces.

use std::borrow::Cow;

use super::head::HEAD_LIMIT_BYTES;
use super::{Head, ProtocolError};

/// A head, and what came behind it.
pub type HeadAndRest<'b> = (Head, Cow<'b, [u8]>);

/// What has come of a head.
///
/// It is parsed when it may be complete, and besides whenever it has become twice as long: what is wrong shows early, and a head that
/// comes byte by byte takes time in proportion to its length, not to its square.
#[derive(Debug, Default)]
pub struct PartialHead {
    bytes: Vec<u8>,
    /// How much there was when it was parsed.
    parsed_bytes: usize,
}

impl PartialHead {
    /// Takes more of it; gives the head, and what came behind it, when it is complete.
    ///
    /// # Errors
    /// As [`Head::parse`].
    pub fn take<'b>(&mut self, bytes: &'b [u8]) -> Result<Option<HeadAndRest<'b>>, ProtocolError> {
        if self.bytes.is_empty() {
            // Most heads come whole.
            if let Some((head, length)) = Head::parse(bytes)? {
                return Ok(Some((head, Cow::Borrowed(&bytes[length..]))));
            }
            self.bytes.extend_from_slice(bytes);
            self.parsed_bytes = bytes.len();
            return Ok(None);
        }
        let old_bytes = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        if !self.may_tell(old_bytes) {
            return Ok(None);
        }
        let Some((head, length)) = self.parse()? else {
            return Ok(None);
        };
        let mut rest = std::mem::take(&mut self.bytes);
        rest.drain(..length);
        Ok(Some((head, Cow::Owned(rest))))
    }

    /// The end of what comes.
    ///
    /// # Errors
    /// When what there is could not have become a head.
    pub fn end(&mut self) -> Result<(), ProtocolError> {
        self.parse().map(|_| ())
    }

    fn parse(&mut self) -> Result<Option<(Head, usize)>, ProtocolError> {
        self.parsed_bytes = self.bytes.len();
        Head::parse(&self.bytes)
    }

    /// Whether parsing may tell more than it did before the last piece came, which begins at `from`.
    fn may_tell(&self, from: usize) -> bool {
        let length = self.bytes.len();
        length >= 2 * self.parsed_bytes
            || length > HEAD_LIMIT_BYTES
            || has_empty_line(&self.bytes[from.saturating_sub(2)..])
    }
}

/// Whether an empty line is in it, behind the end of another, be the lines' ends CR LF or LF (RFC 9112, 2.2).
fn has_empty_line(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    // What stands behind the last end of a line is not a whole one.
    let _unended = lines.next_back();
    lines.skip(1).any(|line| line.is_empty() || line == b"\r")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] =
        b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";

    /// Takes pieces of so many bytes, and counts how many are parsed.
    fn parsed_bytes(bytes: &[u8], piece: usize) -> (Option<(Head, Vec<u8>)>, usize) {
        let (mut part, mut sum) = (PartialHead::default(), 0);
        for piece in bytes.chunks(piece) {
            let before = part.parsed_bytes;
            let taken = part.take(piece).unwrap();
            if part.parsed_bytes != before {
                sum += part.parsed_bytes;
            }
            if let Some((head, rest)) = taken {
                return (Some((head, rest.into_owned())), sum);
            }
        }
        (None, sum)
    }

    #[test]
    fn pieces_of_any_length_give_the_same_head_and_what_is_behind_it() {
        let bytes = [HEAD, b"data: x"].concat();
        let whole = Head::parse(&bytes).unwrap().unwrap().0;
        for piece in 1..bytes.len() {
            let (read, _) = parsed_bytes(&bytes, piece);
            let (head, rest) = read.unwrap();
            assert_eq!(head, whole, "pieces of {piece}");
            assert!(b"data: x".starts_with(&rest), "pieces of {piece}");
        }
    }

    #[test]
    fn lines_may_end_without_cr_in_any_piece() {
        for piece in 1..10 {
            let (read, _) = parsed_bytes(b"HTTP/1.1 200 OK\nx: y\n\n", piece);
            assert!(read.is_some(), "pieces of {piece}");
        }
    }

    #[test]
    fn a_head_that_drips_is_not_parsed_again_for_each_byte() {
        let field = "x-filler: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n";
        let head = format!("HTTP/1.1 200 OK\r\n{}\r\n", field.repeat(90));
        let (read, parsed) = parsed_bytes(head.as_bytes(), 1);
        assert!(read.is_some());
        assert!(parsed < 4 * head.len(), "{parsed} of {}", head.len());
    }

    #[test]
    fn what_is_wrong_shows_at_once_or_at_the_end() {
        let mut part = PartialHead::default();
        assert!(part.take(b"SSH-2.0").is_err());
        let mut part = PartialHead::default();
        assert_eq!(part.take(b"HTTP/1.1 200 OK\r\n").unwrap(), None);
        assert_eq!(part.take(b" x").unwrap(), None);
        assert!(part.end().is_err());
    }

    #[test]
    fn one_that_is_too_long_is_not_waited_for() {
        let mut part = PartialHead::default();
        let line = [b"x-filler: ".as_slice(), &[b'y'; 999], b"\r\n"].concat();
        assert_eq!(part.take(b"HTTP/1.1 200 OK\r\n").unwrap(), None);
        let taken = (0..HEAD_LIMIT_BYTES / 1_000 + 1).find_map(|_| part.take(&line).err());
        let limit_bytes = HEAD_LIMIT_BYTES;
        assert_eq!(taken, Some(ProtocolError::HeadTooLong { limit_bytes }));
    }
}
