//! Writes that are smaller than what is to be written.

use bytes::Bytes;

use super::kinds::{Fault, Split};

/// What is left of a write that is taken apart.
pub(crate) struct Pieces {
    /// The write is one piece where there are none.
    splits: Vec<Split>,
    rest: Bytes,
}

impl Pieces {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let splits = faults.iter().filter_map(|fault| match fault {
            Fault::Split(split) => Some(*split),
            _ => None,
        });
        Self {
            splits: splits.collect(),
            rest: Bytes::new(),
        }
    }

    /// Takes what is to be written, once there is nothing left of the write before.
    pub(crate) fn load(&mut self, bytes: Bytes) {
        self.rest = if self.splits.contains(&Split::Crlf) {
            with_crlf(&bytes)
        } else {
            bytes
        };
    }

    /// The next piece, if there is one.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        if self.rest.is_empty() {
            return None;
        }
        let sizes = self
            .splits
            .iter()
            .filter_map(|split| split.first_size(&self.rest));
        let size = sizes.min().unwrap_or(self.rest.len());
        Some(self.rest.split_to(size))
    }
}

impl Split {
    /// Of the first piece of `bytes`, which is all of them where it is None.
    fn first_size(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Byte => Some(1),
            Self::Crlf => behind(bytes, |byte| byte == b'\r'),
            // The first byte of a character of several; what follows in it is below.
            Self::Utf8 => behind(bytes, |byte| byte >= 0b1100_0000),
        }
    }
}

fn behind(bytes: &[u8], is_last: impl Fn(u8) -> bool) -> Option<usize> {
    bytes
        .iter()
        .position(|byte| is_last(*byte))
        .map(|at| at + 1)
}

/// Every line end as CR LF, also those that are so already.
fn with_crlf(bytes: &[u8]) -> Bytes {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        if byte == b'\n' && out.last() != Some(&b'\r') {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(splits: &[Split], text: &'static str) -> Vec<Vec<u8>> {
        let faults: Vec<Fault> = splits.iter().map(|split| Fault::Split(*split)).collect();
        let mut pieces = Pieces::new(&faults);
        pieces.load(text.into());
        std::iter::from_fn(|| pieces.take())
            .map(|piece| piece.to_vec())
            .collect()
    }

    #[test]
    fn a_write_is_one_piece_unless_it_is_split() {
        assert_eq!(pieces(&[], "data: ä\n\n"), ["data: ä\n\n".as_bytes()]);
        assert!(pieces(&[Split::Byte], "").is_empty());
    }

    #[test]
    fn pieces_are_bytes_or_end_inside_line_ends_and_characters() {
        assert_eq!(pieces(&[Split::Byte], "ab\n"), [b"a", b"b", b"\n"]);
        assert_eq!(
            pieces(&[Split::Crlf], "a\nb\r\n\n"),
            [&b"a\r"[..], b"\nb\r", b"\n\r", b"\n"]
        );
        assert_eq!(
            pieces(&[Split::Utf8], "aäb你👍c"),
            [
                &b"a\xc3"[..],
                b"\xa4b\xe4",
                b"\xbd\xa0\xf0",
                b"\x9f\x91\x8dc"
            ]
        );
        assert_eq!(
            pieces(&[Split::Utf8, Split::Crlf], "ä\n"),
            [&b"\xc3"[..], b"\xa4\r", b"\n"]
        );
        assert_eq!(pieces(&[Split::Byte, Split::Crlf], "\n"), [b"\r", b"\n"]);
    }
}
