//! When an event was due and when it was sent, on the wire.

/// What a Weir server puts before an event, as the comment line `:w1 <seq> <due> <sent>` of three 16-digit lowercase
/// hexadecimal numbers.
///
/// Of fixed length, so that a server can make room for it once and fill it in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Number of the event in its stream, from 0.
    pub seq: u64,
    /// When the schedule wanted it sent, in nanoseconds since the Unix epoch.
    pub due_ns: u64,
    /// When it was handed to the socket's writer, in nanoseconds since the Unix epoch.
    pub sent_ns: u64,
}

const DIGITS: usize = 16;

impl Stamp {
    /// Bytes of the line, its colon and its LF included.
    pub const LEN: usize = 55;

    /// Fills `out` with the line.
    pub fn write(&self, out: &mut [u8; Self::LEN]) {
        out[..4].copy_from_slice(b":w1 ");
        out[4..20].copy_from_slice(&to_hex(self.seq));
        out[20] = b' ';
        out[21..37].copy_from_slice(&to_hex(self.due_ns));
        out[37] = b' ';
        out[38..54].copy_from_slice(&to_hex(self.sent_ns));
        out[54] = b'\n';
    }

    /// Reads the stamp from a comment as [`Item::Comment`](crate::Item::Comment) gives it: without colon and line end.
    ///
    /// `None` for anything [`Stamp::write`] would not have written.
    #[must_use]
    pub fn parse(comment: &[u8]) -> Option<Self> {
        let (seq, rest) = comment.strip_prefix(b"w1 ")?.split_first_chunk()?;
        let (due, rest) = rest.strip_prefix(b" ")?.split_first_chunk()?;
        let sent = rest.strip_prefix(b" ")?.try_into().ok()?;
        Some(Self {
            seq: from_hex(seq)?,
            due_ns: from_hex(due)?,
            sent_ns: from_hex(sent)?,
        })
    }
}

fn to_hex(value: u64) -> [u8; DIGITS] {
    let bytes = value.to_be_bytes();
    std::array::from_fn(|i| {
        let byte = bytes[i / 2];
        let nibble = if i % 2 == 0 { byte >> 4 } else { byte & 0xf };
        b"0123456789abcdef"[usize::from(nibble)]
    })
}

fn from_hex(digits: &[u8; DIGITS]) -> Option<u64> {
    digits.iter().try_fold(0, |value, &digit| {
        let nibble = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        Some(value << 4 | u64::from(nibble))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp {
        seq: 0x12,
        due_ns: 0x1823_4567_89ab_cdef,
        sent_ns: u64::MAX,
    };
    const LINE: &[u8; Stamp::LEN] = b":w1 0000000000000012 1823456789abcdef ffffffffffffffff\n";

    #[test]
    fn writes_the_documented_line() {
        let mut line = [0; Stamp::LEN];
        STAMP.write(&mut line);
        assert_eq!(&line, LINE);
    }

    #[test]
    fn reads_the_comment_of_that_line_and_nothing_around_it() {
        assert_eq!(Stamp::parse(&LINE[1..54]), Some(STAMP));
        assert_eq!(Stamp::parse(LINE), None);
        assert_eq!(Stamp::parse(&LINE[1..]), None);
        assert_eq!(Stamp::parse(&LINE[1..53]), None);
        assert_eq!(Stamp::parse(b""), None);
    }

    #[test]
    fn refuses_every_other_byte_in_every_place() {
        let comment = &LINE[1..54];
        for place in 0..comment.len() {
            for byte in 0..=u8::MAX {
                let mut other = comment.to_vec();
                other[place] = byte;
                let separator = place < 3 || place % 17 == 2;
                let accepted = if separator {
                    byte == comment[place]
                } else {
                    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
                };
                assert_eq!(
                    Stamp::parse(&other).is_some(),
                    accepted,
                    "{byte:#x} at {place}"
                );
            }
        }
    }
}
