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
/// A one in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

impl Stamp {
    /// Bytes of the line, its colon and its LF included.
    pub const LEN: usize = 55;

    /// Fills `out` with the line.
    pub fn write(&self, out: &mut [u8; Self::LEN]) {
        out[..4].copy_from_slice(b":w1 ");
        Self::write_seq(self.seq, out);
        out[20] = b' ';
        out[21..37].copy_from_slice(&to_hex(self.due_ns));
        out[37] = b' ';
        out[38..54].copy_from_slice(&to_hex(self.sent_ns));
        out[54] = b'\n';
    }

    /// Renumbers a line that [`Stamp::write`] has filled: for the events of a batch, which differ in nothing else.
    pub fn write_seq(seq: u64, line: &mut [u8; Self::LEN]) {
        line[4..20].copy_from_slice(&to_hex(seq));
    }

    /// Reads the stamp from a comment as [`Item::Comment`](crate::Item::Comment) gives it: without colon and line end.
    ///
    /// `None` for anything [`Stamp::write`] would not have written.
    #[must_use]
    pub fn parse(comment: &[u8]) -> Option<Self> {
        StampReader::default().parse(comment)
    }
}

/// Reads stamps one after the other. Those of a batch differ in nothing but their number: what stands behind it is read
/// once.
#[derive(Debug, Default)]
pub struct StampReader {
    /// Of the stamp read last. No stamp has the default, so the first one is read.
    instants: Instants,
    due_ns: u64,
    sent_ns: u64,
    number: Number,
}

/// A stamp's number as it is written, in words whose last byte is the last digit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Number {
    high: u64,
    low: u64,
}

impl Number {
    fn of(digits: &[u8; DIGITS]) -> Self {
        let (words, _) = digits.as_chunks();
        Self {
            high: u64::from_be_bytes(words[0]),
            low: u64::from_be_bytes(words[1]),
        }
    }

    /// Whether it is the next one, as far as that shows in its last digit: of seven in eight.
    fn is_plainly_next(self, last: Self) -> bool {
        let is_digit = !matches!(self.low as u8, b':' | b'g');
        self.high == last.high && self.low == last.low.wrapping_add(1) && is_digit
    }
}

/// What stands behind a stamp's number, as it is written: both instants, each after a space.
type InstantsText = [u8; 2 * (1 + DIGITS)];

/// The same in words: compared in a few instructions where it lies, without a call, and without a copy, which would wait
/// for bytes that were just stored in other widths.
#[derive(Debug, Default, Clone, Copy)]
struct Instants {
    words: [u64; 4],
    rest: u16,
}

impl Instants {
    fn of(text: &InstantsText) -> Self {
        let (words, rest) = text.as_chunks();
        let word = |at: usize| u64::from_ne_bytes(words[at]);
        Self {
            words: [word(0), word(1), word(2), word(3)],
            rest: u16::from_ne_bytes([rest[0], rest[1]]),
        }
    }

    fn is(&self, other: &Self) -> bool {
        let [a, b, c, d] = self.words;
        let [e, f, g, h] = other.words;
        (a ^ e) | (b ^ f) | (c ^ g) | (d ^ h) | u64::from(self.rest ^ other.rest) == 0
    }
}

impl StampReader {
    /// Takes a stamp's line from the front of `input`, which has to begin a line, if one stands there whole.
    pub fn take(&mut self, input: &mut &[u8]) -> Option<Stamp> {
        let (line, rest) = input.split_first_chunk::<{ Stamp::LEN }>()?;
        let comment = line.strip_prefix(b":")?.strip_suffix(b"\n")?;
        let stamp = self.parse(comment)?;
        *input = rest;
        Some(stamp)
    }

    /// Passes over a stamp's line at the front of `input`, which has to begin a line, if it is the one before it but for its
    /// number, and that is `seq`, which is next. Says whether it was.
    #[inline]
    pub fn pass(&mut self, input: &mut &[u8], seq: u64) -> bool {
        let Some((line, rest)) = input.split_first_chunk::<{ Stamp::LEN }>() else {
            return false;
        };
        let [b':', b'w', b'1', b' ', comment @ .., b'\n'] = line else {
            return false;
        };
        let Some((digits, instants)) = comment.split_first_chunk() else {
            return false;
        };
        let Ok(instants) = instants.try_into() else {
            return false;
        };
        let number = Number::of(digits);
        let is_it = self.instants.is(&Instants::of(instants))
            && (number.is_plainly_next(self.number) || from_hex(digits) == Some(seq));
        if is_it {
            self.number = number;
            *input = rest;
        }
        is_it
    }

    /// Reads a stamp as [`Stamp::parse`] does.
    pub fn parse(&mut self, comment: &[u8]) -> Option<Stamp> {
        let (seq, text) = comment.strip_prefix(b"w1 ")?.split_first_chunk()?;
        let text: &InstantsText = text.try_into().ok()?;
        let instants = Instants::of(text);
        if !self.instants.is(&instants) {
            let (due, sent) = text.split_at(1 + DIGITS);
            self.due_ns = from_hex(due.strip_prefix(b" ")?.try_into().ok()?)?;
            self.sent_ns = from_hex(sent.strip_prefix(b" ")?.try_into().ok()?)?;
            self.instants = instants;
        }
        let number = Number::of(seq);
        let seq = from_hex(seq)?;
        self.number = number;
        Some(Stamp {
            seq,
            due_ns: self.due_ns,
            sent_ns: self.sent_ns,
        })
    }
}

fn to_hex(value: u64) -> [u8; DIGITS] {
    let mut digits = [0; DIGITS];
    let (high, low) = digits.split_at_mut(DIGITS / 2);
    high.copy_from_slice(&to_hex_half(value >> 32));
    low.copy_from_slice(&to_hex_half(value & 0xffff_ffff));
    digits
}

/// [`from_hex_half`] the other way round: a stamp takes 132 instructions, with one digit after the other 277 (callgrind).
fn to_hex_half(half: u64) -> [u8; DIGITS / 2] {
    let quads = (half | half << 16) & 0x0000_ffff_0000_ffff;
    let pairs = (quads | quads << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (pairs | pairs << 4) & (0x0f * ONES);
    let letters = (nibbles + 6 * ONES) >> 4 & ONES;
    written(nibbles, letters).to_be_bytes()
}

#[inline]
fn from_hex(digits: &[u8; DIGITS]) -> Option<u64> {
    let (high, low) = digits.split_at(DIGITS / 2);
    let half = |half: &[u8]| from_hex_half(u64::from_be_bytes(half.try_into().ok()?));
    Some(half(high)? << 32 | half(low)?)
}

/// Eight digits at once, one in each byte of a word: two thirds of the time of one digit after the other (`stamp/parse`
/// of the benches), on every stamped event.
#[inline]
fn from_hex_half(digits: u64) -> Option<u64> {
    // Of '0'..='9' and 'a'..='f', bit 6 tells letters, and the low bits count from 0 and from 1.
    let letters = digits >> 6 & ONES;
    let nibbles = (digits & (0x0f * ONES)) + 9 * letters;
    let at_least_ten = (nibbles + 6 * ONES) >> 4 & ONES;
    let valid = written(nibbles, letters) == digits
        && at_least_ten == letters
        && nibbles & (0xf0 * ONES) == 0;
    let pairs = (nibbles | nibbles >> 4) & 0x00ff_00ff_00ff_00ff;
    let quads = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    valid.then_some((quads | quads >> 16) & 0xffff_ffff)
}

/// The digits of eight nibbles, of which `letters` has a 1 for each that is above 9.
fn written(nibbles: u64, letters: u64) -> u64 {
    nibbles + u64::from(b'0') * ONES + u64::from(b'a' - b'9' - 1) * letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lowercase_hexadecimal_digits_count_in_every_place() {
        for byte in 0..=u8::MAX {
            for place in 0..DIGITS {
                let mut digits = *b"0123456789abcdef";
                digits[place] = byte;
                let text = std::str::from_utf8(&digits).ok();
                let plain = byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                let expected = text.filter(|_| plain);
                let expected = expected.map(|text| u64::from_str_radix(text, 16).unwrap());
                assert_eq!(from_hex(&digits), expected, "{byte:#x} in place {place}");
            }
        }
    }

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
        Stamp::write_seq(0xfedc_ba98_7654_3210, &mut line);
        assert_eq!(&line[..4], &LINE[..4]);
        assert_eq!(&line[4..20], b"fedcba9876543210");
        assert_eq!(&line[20..], &LINE[20..]);
    }

    #[test]
    fn digits_read_back_as_the_number_they_were_written_for() {
        for shift in 0..64 {
            for value in [
                1 << shift,
                u64::MAX >> shift,
                0x9a9a_9a9a_9a9a_9a9a >> shift,
            ] {
                assert_eq!(to_hex(value), format!("{value:016x}").as_bytes());
                assert_eq!(from_hex(&to_hex(value)), Some(value));
            }
        }
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
    fn stamps_one_after_the_other_are_read_as_each_alone() {
        let mut reader = StampReader::default();
        let stamps = [(1, 5, 6), (2, 5, 6), (3, 5, 7), (4, 8, 9), (5, 8, 9)];
        for (seq, due_ns, sent_ns) in stamps {
            let stamp = Stamp {
                seq,
                due_ns,
                sent_ns,
            };
            let mut line = [0; Stamp::LEN];
            stamp.write(&mut line);
            assert_eq!(reader.parse(&line[1..54]), Some(stamp));
            let mut input = [line.as_slice(), b"data"].concat();
            let mut front = input.as_slice();
            assert_eq!(reader.take(&mut front), Some(stamp));
            assert_eq!(front, b"data");
            input[54] = b'\r';
            assert_eq!(reader.take(&mut input.as_slice()), None);
            assert_eq!(reader.take(&mut &line[..54]), None);
            line[53] = b'X';
            assert_eq!(reader.parse(&line[1..54]), None);
        }
    }

    #[test]
    fn passes_over_the_next_of_a_batch_and_nothing_else() {
        let lines: Vec<[u8; Stamp::LEN]> = (0..600)
            .map(|seq| {
                let mut line = *LINE;
                Stamp::write_seq(seq, &mut line);
                line
            })
            .collect();
        let mut fresh = StampReader::default();
        assert!(!fresh.pass(&mut lines[0].as_slice(), 0), "none was read");
        let mut reader = StampReader::default();
        reader.take(&mut lines[0].as_slice()).unwrap();
        for (seq, line) in (1..).zip(&lines[1..]) {
            assert!(!reader.pass(&mut lines[seq - 1].as_slice(), seq as u64));
            let beyond = lines.get(seq + 1);
            assert!(beyond.is_none_or(|line| !reader.pass(&mut line.as_slice(), seq as u64)));
            for place in 0..line.len() {
                let mut other = *line;
                other[place] ^= 1;
                let passed = reader.pass(&mut other.as_slice(), seq as u64);
                assert!(!passed, "{seq} with another byte at {place}");
            }
            assert!(!reader.pass(&mut &line[..54], seq as u64), "cut");
            let wire = [line.as_slice(), b"data"].concat();
            let mut input = wire.as_slice();
            assert!(reader.pass(&mut input, seq as u64));
            assert_eq!(input, b"data");
        }
        // What is no stamp has no next one.
        let mut bad = lines[0];
        bad[4..20].copy_from_slice(b"xxxxxxxxxxxxxxx0");
        assert!(reader.take(&mut bad.as_slice()).is_none());
        bad[19] = b'1';
        assert!(!reader.pass(&mut bad.as_slice(), 1));
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
