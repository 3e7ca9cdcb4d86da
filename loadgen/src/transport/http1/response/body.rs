//! The response body's framing.

use super::{Framing, ProtocolError};

/// Bytes of chunk extensions and trailers that are passed over in one response (as hyper's limit).
const EXTRAS_LIMIT_BYTES: u32 = 16 * 1024;

/// Strips a body's framing as its bytes come, in any cut, without copying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    state: State,
    /// Bytes of extensions and trailers so far.
    extras_bytes: u32,
}

/// Where in the framing the next byte stands. Chunked: RFC 9112, 7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    UntilClose,
    Length { left: u64 },
    Size { value: u64, digits: u8 },
    SizeSpace { value: u64 },
    Extension { value: u64 },
    SizeLf { value: u64 },
    Data { left: u64 },
    DataCr,
    DataLf,
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    EndLf,
    Complete,
}

impl Body {
    /// A body of which nothing has been read.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        let state = match framing {
            Framing::Chunked => State::Size {
                value: 0,
                digits: 0,
            },
            Framing::Length(0) => State::Complete,
            Framing::Length(left) => State::Length { left },
            Framing::UntilClose => State::UntilClose,
        };
        Self {
            state,
            extras_bytes: 0,
        }
    }

    /// Takes the next run of content from the front of `input`; `None` when `input` is used up or the body complete.
    ///
    /// # Errors
    /// When the framing is broken; the body must not be read further.
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, ProtocolError> {
        while !input.is_empty() {
            match self.state {
                State::Complete => return Ok(None),
                State::UntilClose => return Ok(Some(std::mem::take(input))),
                State::Length { left } => {
                    let content = take(input, left);
                    let left = left - content.len() as u64;
                    self.state = if left == 0 {
                        State::Complete
                    } else {
                        State::Length { left }
                    };
                    return Ok(Some(content));
                }
                State::Data { left } => {
                    let content = take(input, left);
                    let left = left - content.len() as u64;
                    self.state = if left == 0 {
                        State::DataCr
                    } else {
                        State::Data { left }
                    };
                    return Ok(Some(content));
                }
                framing => {
                    self.state = self.step(framing, input[0])?;
                    *input = &input[1..];
                }
            }
        }
        Ok(None)
    }

    /// Whether the end has been read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// Whether the connection's end here is the body's end.
    #[must_use]
    pub fn may_end(&self) -> bool {
        matches!(self.state, State::Complete | State::UntilClose)
    }

    /// One byte of chunked framing.
    fn step(&mut self, state: State, byte: u8) -> Result<State, ProtocolError> {
        match (state, byte) {
            (State::Size { value, digits }, _) => size_digit(value, digits, byte),
            (State::SizeSpace { value }, b' ' | b'\t') => Ok(State::SizeSpace { value }),
            (State::SizeSpace { value } | State::Extension { value }, b'\r') => {
                Ok(State::SizeLf { value })
            }
            (State::SizeSpace { value }, b';') => Ok(State::Extension { value }),
            (State::SizeSpace { .. }, _) => Err(ProtocolError::ChunkSize),
            (State::Extension { .. }, b'\n') => Err(ProtocolError::ChunkEnd),
            (State::Extension { value }, _) => self.extra(State::Extension { value }),
            (State::SizeLf { value: 0 }, b'\n') => Ok(State::TrailerStart),
            (State::SizeLf { value }, b'\n') => Ok(State::Data { left: value }),
            (State::DataCr, b'\r') => Ok(State::DataLf),
            (State::DataLf, b'\n') => Ok(State::Size {
                value: 0,
                digits: 0,
            }),
            (State::TrailerStart, b'\r') => Ok(State::EndLf),
            (State::EndLf, b'\n') => Ok(State::Complete),
            (State::TrailerStart | State::TrailerName | State::TrailerValue, _) => {
                self.trailer(state, byte)
            }
            (State::TrailerLf, b'\n') => Ok(State::TrailerStart),
            _ => Err(ProtocolError::ChunkEnd),
        }
    }

    /// One byte of a trailer: nobody reads it, but what is none could be another response to a less careful reader.
    fn trailer(&mut self, state: State, byte: u8) -> Result<State, ProtocolError> {
        match (state, byte) {
            (State::TrailerName, b':') => self.extra(State::TrailerValue),
            (State::TrailerValue, b'\r') => Ok(State::TrailerLf),
            (State::TrailerValue, _) if is_field_content(byte) => self.extra(State::TrailerValue),
            (State::TrailerStart | State::TrailerName, _) if is_token(byte) => {
                self.extra(State::TrailerName)
            }
            _ => Err(ProtocolError::Trailer),
        }
    }

    fn extra(&mut self, next: State) -> Result<State, ProtocolError> {
        self.extras_bytes += 1;
        if self.extras_bytes > EXTRAS_LIMIT_BYTES {
            return Err(ProtocolError::ChunkTooLong {
                limit_bytes: EXTRAS_LIMIT_BYTES,
            });
        }
        Ok(next)
    }
}

fn size_digit(value: u64, digits: u8, byte: u8) -> Result<State, ProtocolError> {
    if let Some(digit) = (byte as char).to_digit(16) {
        let value = value.checked_mul(16).ok_or(ProtocolError::ChunkSize)? + u64::from(digit);
        return Ok(State::Size {
            value,
            digits: digits.saturating_add(1),
        });
    }
    match byte {
        _ if digits == 0 => Err(ProtocolError::ChunkSize),
        b'\r' => Ok(State::SizeLf { value }),
        b';' => Ok(State::Extension { value }),
        b' ' | b'\t' => Ok(State::SizeSpace { value }),
        _ => Err(ProtocolError::ChunkSize),
    }
}

/// What a field's name is made of (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What a field's value is made of (RFC 9110, 5.5).
fn is_field_content(byte: u8) -> bool {
    byte == b'\t' || byte >= b' ' && byte != 0x7f
}

/// The front of `input`, at most `limit` bytes of it.
fn take<'i>(input: &mut &'i [u8], limit: u64) -> &'i [u8] {
    let length = usize::try_from(limit).map_or(input.len(), |limit| limit.min(input.len()));
    let (front, rest) = input.split_at(length);
    *input = rest;
    front
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads `pieces` one after the other: the content, and what was left of the piece in which the body ended.
    fn read(framing: Framing, pieces: &[&[u8]]) -> Result<(Vec<u8>, Body), ProtocolError> {
        let mut body = Body::new(framing);
        let mut content = Vec::new();
        for piece in pieces {
            let mut input = *piece;
            while let Some(run) = body.next(&mut input)? {
                content.extend_from_slice(run);
            }
        }
        Ok((content, body))
    }

    #[test]
    fn chunks_in_every_cut_give_the_same_content() {
        let text =
            b"3\r\nabc\r\n00A;name=\"v\"\r\n0123456789\r\n1 \r\nx\r\n0\r\nTrailer: t\r\n\r\n";
        for cut in 0..=text.len() {
            let (content, body) = read(Framing::Chunked, &[&text[..cut], &text[cut..]]).unwrap();
            assert_eq!(content, b"abc0123456789x", "cut at {cut}");
            assert!(body.is_complete());
        }
        for cut in 0..text.len() {
            let (_, body) = read(Framing::Chunked, &[&text[..cut]]).unwrap();
            assert!(!body.may_end(), "an end after {cut} bytes is a truncation");
        }
    }

    #[test]
    fn broken_chunks_are_refused() {
        let cases: [(&[u8], ProtocolError); 14] = [
            (b"\r\n", ProtocolError::ChunkSize),
            (b"x\r\n", ProtocolError::ChunkSize),
            (b"-1\r\n", ProtocolError::ChunkSize),
            (b"1 1\r\n", ProtocolError::ChunkSize),
            (b"10000000000000000\r\n", ProtocolError::ChunkSize),
            (b"3\n", ProtocolError::ChunkSize),
            (b"3\r\nabcd", ProtocolError::ChunkEnd),
            (b"3;x\nabc", ProtocolError::ChunkEnd),
            (b"0\r\n\rx", ProtocolError::ChunkEnd),
            (b"0\r\nt\r\n", ProtocolError::Trailer),
            (b"0\r\n t: x\r\n", ProtocolError::Trailer),
            (b"0\r\nt : x\r\n", ProtocolError::Trailer),
            (b"0\r\nt: \0\r\n", ProtocolError::Trailer),
            (b"0\r\nt: x\n", ProtocolError::Trailer),
        ];
        for (text, error) in cases {
            assert_eq!(
                read(Framing::Chunked, &[text]),
                Err(error),
                "{:?}",
                text.escape_ascii().to_string()
            );
        }
        let extension = [
            b"1;".as_slice(),
            &vec![b'x'; EXTRAS_LIMIT_BYTES as usize + 1],
        ]
        .concat();
        let limit_bytes = EXTRAS_LIMIT_BYTES;
        assert_eq!(
            read(Framing::Chunked, &[&extension]),
            Err(ProtocolError::ChunkTooLong { limit_bytes })
        );
    }

    #[test]
    fn a_length_ends_where_it_says() {
        let (content, body) = read(Framing::Length(3), &[b"ab", b"cd"]).unwrap();
        assert_eq!(content, b"abc");
        assert!(body.is_complete());
        let (_, body) = read(Framing::Length(3), &[b"ab"]).unwrap();
        assert!(!body.may_end());
    }

    #[test]
    fn without_framing_the_end_of_the_connection_is_the_end() {
        let (content, body) = read(Framing::UntilClose, &[b"ab", b"cd"]).unwrap();
        assert_eq!(content, b"abcd");
        assert!(body.may_end() && !body.is_complete());
    }

    proptest! {
        #[test]
        fn any_content_in_any_chunks_and_any_cuts_comes_through(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..50), 0..10),
            piece_bytes in 1usize..20,
        ) {
            let mut wire = Vec::new();
            for chunk in &chunks {
                wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(b"0\r\n\r\n");
            let pieces: Vec<&[u8]> = wire.chunks(piece_bytes).collect();
            let (content, body) = read(Framing::Chunked, &pieces).unwrap();
            prop_assert_eq!(content, chunks.concat());
            prop_assert!(body.is_complete());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(Framing::Chunked, &[&bytes]);
        }
    }
}
