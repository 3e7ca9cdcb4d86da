//! Frames as chunks (RFC 9112, section 7.1), written from where they lie.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use hyper::rt::Write;

use super::requests::WRITE_BUFFER_BYTES;

/// Frames in one write. A batch no larger than a block of the tape, stamps and all, spans two blocks at most, so both of its
/// frames go out together.
const FRAMES_MAX: usize = 2;

/// Before a frame its size, behind it the end of its chunk, and at last the end of all.
const SLICES_MAX: usize = 3 * FRAMES_MAX + 1;

const CHUNK_END: &[u8] = b"\r\n";

/// The chunk without bytes, and no trailers.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// What goes out in one write.
#[derive(Default)]
pub(super) struct Chunks {
    frames: [Bytes; FRAMES_MAX],
    count: usize,
    /// Whether no more come.
    pub(super) are_last: bool,
}

impl Chunks {
    /// Whether another frame may go out with these: not if there are more bytes than are held, with one more frame, for a
    /// reader that does not read.
    pub(super) fn have_room(&self) -> bool {
        let size_bytes: usize = self.frames.iter().map(Bytes::len).sum();
        self.count < FRAMES_MAX && size_bytes < WRITE_BUFFER_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0 && !self.are_last
    }

    /// Adds a frame, for which there is room. One without bytes would be the last chunk.
    pub(super) fn push(&mut self, frame: Bytes) {
        if !frame.is_empty() {
            self.frames[self.count] = frame;
            self.count += 1;
        }
    }

    /// Writes as much as goes in one write; what does not is left in `unwritten`.
    pub(super) fn poll_write(
        &self,
        io: &mut (impl Write + Unpin),
        unwritten: &mut Unwritten,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let sizes: [SizeLine; FRAMES_MAX] =
            std::array::from_fn(|at| SizeLine::new(self.frames[at].len()));
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let mut filled = 0;
        let mut left = 0;
        for slice in self.slices(&sizes) {
            slices[filled] = IoSlice::new(slice);
            filled += 1;
            left += slice.len();
        }
        let polled = Pin::new(io).poll_write_vectored(cx, &slices[..filled])?;
        match polled {
            Poll::Ready(written) if written == left => return Poll::Ready(Ok(())),
            Poll::Ready(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(written) => {
                unwritten.push(self);
                unwritten.advance(written);
            }
            Poll::Pending => unwritten.push(self),
        }
        polled.map(|_| Ok(()))
    }

    fn slices<'a>(&'a self, sizes: &'a [SizeLine]) -> impl Iterator<Item = &'a [u8]> {
        let chunks = self.frames.iter().zip(sizes).take(self.count);
        let last = self.are_last.then_some(LAST_CHUNK);
        chunks
            .flat_map(|(frame, size)| [size.as_bytes(), frame, CHUNK_END])
            .chain(last)
    }
}

/// What could not be written yet, in the order in which it is to be.
#[derive(Default)]
pub(super) struct Unwritten(VecDeque<Bytes>);

impl Unwritten {
    /// Begins with the head of a response.
    pub(super) fn begin(head: Vec<u8>) -> Self {
        Self(VecDeque::from([head.into()]))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds `chunks`, whose frames are not copied.
    pub(super) fn push(&mut self, chunks: &Chunks) {
        for frame in &chunks.frames[..chunks.count] {
            let size = SizeLine::new(frame.len());
            self.0.push_back(Bytes::copy_from_slice(size.as_bytes()));
            self.0.push_back(frame.clone());
            self.0.push_back(Bytes::from_static(CHUNK_END));
        }
        if chunks.are_last {
            self.0.push_back(Bytes::from_static(LAST_CHUNK));
        }
    }

    /// Ready when all of it is written, and no memory is kept for it.
    pub(super) fn poll_write(
        &mut self,
        io: &mut (impl Write + Unpin),
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        while !self.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES_MAX + 1];
            let filled = slices.iter_mut().zip(&self.0);
            let filled = filled.map(|(slice, piece)| *slice = IoSlice::new(piece));
            let filled = filled.count();
            let written = ready!(Pin::new(&mut *io).poll_write_vectored(cx, &slices[..filled]))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.advance(written);
        }
        self.0 = VecDeque::new();
        Poll::Ready(Ok(()))
    }

    fn advance(&mut self, mut written: usize) {
        while let Some(piece) = self.0.front_mut() {
            if written < piece.len() {
                piece.advance(written);
                return;
            }
            written -= piece.len();
            self.0.pop_front();
        }
    }
}

/// The line before a chunk: its size in bytes, in hexadecimal digits.
struct SizeLine {
    line: [u8; Self::LEN_MAX],
    start: usize,
}

impl SizeLine {
    const LEN_MAX: usize = usize::BITS as usize / 4 + CHUNK_END.len();

    fn new(mut size_bytes: usize) -> Self {
        let mut line = [0; Self::LEN_MAX];
        let mut start = Self::LEN_MAX - CHUNK_END.len();
        line[start..].copy_from_slice(CHUNK_END);
        loop {
            start -= 1;
            line[start] = b"0123456789ABCDEF"[size_bytes % 16];
            size_bytes /= 16;
            if size_bytes == 0 {
                return Self { line, start };
            }
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.line[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(chunks: &Chunks) -> Vec<u8> {
        let mut unwritten = Unwritten::default();
        unwritten.push(chunks);
        let pieces: Vec<u8> = unwritten.0.iter().flatten().copied().collect();
        let sizes = [0, 1].map(|at| SizeLine::new(chunks.frames[at].len()));
        let slices: Vec<&[u8]> = chunks.slices(&sizes).collect();
        assert_eq!(slices.concat(), pieces);
        pieces
    }

    #[test]
    fn a_size_is_written_in_hexadecimal_digits() {
        for size_bytes in [0, 1, 9, 10, 15, 16, 255, 256, 65_536, usize::MAX] {
            let expected = format!("{size_bytes:X}\r\n");
            assert_eq!(SizeLine::new(size_bytes).as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn frames_are_chunks_and_empty_ones_are_none() {
        let mut chunks = Chunks::default();
        chunks.push(Bytes::new());
        assert!(chunks.is_empty() && chunks.have_room());
        chunks.push("0123456789".into());
        assert_eq!(wire(&chunks), b"A\r\n0123456789\r\n");
        chunks.push("a".into());
        chunks.are_last = true;
        assert_eq!(wire(&chunks), b"A\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n");
        assert!(!chunks.have_room());
    }

    #[test]
    fn no_more_is_held_than_a_block_and_a_frame() {
        let mut chunks = Chunks::default();
        chunks.push(vec![0; WRITE_BUFFER_BYTES - 1].into());
        assert!(chunks.have_room());
        let mut chunks = Chunks::default();
        chunks.push(vec![0; WRITE_BUFFER_BYTES].into());
        assert!(!chunks.have_room());
    }

    #[test]
    fn what_is_left_of_a_write_begins_anywhere() {
        let mut chunks = Chunks::default();
        chunks.push("0123456789".into());
        chunks.are_last = true;
        let whole = wire(&chunks);
        for written in 0..=whole.len() {
            let mut unwritten = Unwritten::default();
            unwritten.push(&chunks);
            unwritten.advance(written);
            let left: Vec<u8> = unwritten.0.iter().flatten().copied().collect();
            assert_eq!(left, whole[written..]);
        }
        assert!(whole.len() > 10);
    }
}
