//! Events encoded once, for every stream that sends the same ones.

use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;

use crate::cache::Cache;

/// Where a block is full: about 500 events of 118 bytes. A bare write loop sends 15 million events a second in writes
/// of this size, against 0.1 million one by one; a larger block would gain little on that, be longer in the making,
/// and take more memory for each shape.
const BLOCK_BYTES: usize = 64 * 1024;

/// What is on a tape.
pub(crate) trait Script {
    /// Appends event `index`.
    fn encode(&self, index: u64, out: &mut Vec<u8>);

    /// The number of events there are; `u64::MAX` when they do not end.
    fn len(&self) -> u64;

    /// What is said in place of event `index` and all behind it when the server ends, if these events have words for
    /// that. Else clients are told when to come back.
    fn farewell(&self, index: u64) -> Option<Bytes> {
        let _ = index;
        None
    }

    /// Whether events carry nothing that tells their place, so that one block of them can be sent again and again.
    fn repeats(&self) -> bool;
}

/// The events of one script, in blocks that are encoded when they are first wanted and shared while they are in use.
/// The first one is kept as long as the tape, for whoever starts next.
pub(crate) struct Tape {
    script: Box<dyn Script>,
    block_events: u64,
    first: Rc<Block>,
    others: Cache<u64, Block>,
}

impl Tape {
    /// A tape of `script`, which has at least one event.
    pub(crate) fn new(script: Box<dyn Script>) -> Self {
        let mut one = Vec::new();
        script.encode(0, &mut one);
        let block_events = (BLOCK_BYTES / one.len()).max(1) as u64;
        let first = Rc::new(Block::encode(&*script, 0..block_events.min(script.len())));
        Self {
            script,
            block_events,
            first,
            others: Cache::default(),
        }
    }

    /// The number of its block, and where in that block it is.
    fn place(&self, index: u64) -> (u64, usize) {
        let number = index / self.block_events;
        let at = (index % self.block_events) as usize;
        if self.script.repeats() {
            (0, at)
        } else {
            (number, at)
        }
    }

    fn block(&self, number: u64) -> Rc<Block> {
        if number == 0 {
            return Rc::clone(&self.first);
        }
        self.others.find_or_make(&number, || {
            let start = number * self.block_events;
            let end = start
                .saturating_add(self.block_events)
                .min(self.script.len());
            Rc::new(Block::encode(&*self.script, start..end))
        })
    }
}

/// Contiguous events.
struct Block {
    bytes: Bytes,
    /// Where each event ends.
    ends: Box<[u32]>,
}

impl Block {
    fn encode(script: &dyn Script, events: Range<u64>) -> Self {
        let mut bytes = Vec::with_capacity(BLOCK_BYTES);
        let ends = events
            .map(|index| {
                script.encode(index, &mut bytes);
                u32::try_from(bytes.len())
                    .expect("a block of small events, or one event, is below 4 GiB")
            })
            .collect();
        bytes.shrink_to_fit();
        Self {
            bytes: bytes.into(),
            ends,
        }
    }

    fn start_of(&self, at: usize) -> usize {
        at.checked_sub(1)
            .map_or(0, |before| self.ends[before] as usize)
    }
}

/// One stream's place on a tape. It holds the block it is in.
pub(crate) struct Cursor {
    tape: Rc<Tape>,
    number: u64,
    block: Rc<Block>,
}

impl Cursor {
    pub(crate) fn new(tape: Rc<Tape>) -> Self {
        let block = tape.block(0);
        Self {
            tape,
            number: 0,
            block,
        }
    }

    /// What is said in place of event `index` and all behind it when the server ends.
    pub(crate) fn farewell(&self, index: u64) -> Option<Bytes> {
        self.tape.script.farewell(index)
    }

    /// Event `index` and those after it, `count` in all or as many as are in its block.
    pub(crate) fn run(&mut self, index: u64, count: u64) -> Run<'_> {
        let (number, at) = self.tape.place(index);
        if number != self.number {
            self.block = self.tape.block(number);
            self.number = number;
        }
        let left = self.block.ends.len() - at;
        let count = usize::try_from(count).map_or(left, |count| count.min(left));
        Run {
            block: &self.block,
            events: at..at + count,
        }
    }
}

/// Events that lie one after the other in a block.
pub(crate) struct Run<'a> {
    block: &'a Block,
    events: Range<usize>,
}

impl Run<'_> {
    /// How many.
    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    /// Bytes of all of them.
    pub(crate) fn size_bytes(&self) -> usize {
        self.place().len()
    }

    /// All of them, shared with the block.
    pub(crate) fn bytes(&self) -> Bytes {
        self.block.bytes.slice(self.place())
    }

    /// Each of them.
    pub(crate) fn events(&self) -> impl Iterator<Item = &[u8]> {
        self.events.clone().map(|at| {
            let start = self.block.start_of(at);
            &self.block.bytes[start..self.block.start_of(at + 1)]
        })
    }

    /// Where in the block they lie.
    fn place(&self) -> Range<usize> {
        let Range { start, end } = self.events;
        self.block.start_of(start)..self.block.start_of(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Event k is `size` bytes that begin with k.
    struct Numbers {
        size: usize,
        len: u64,
        repeats: bool,
    }

    impl Script for Numbers {
        fn encode(&self, index: u64, out: &mut Vec<u8>) {
            let end = out.len() + self.size;
            out.extend_from_slice(index.to_string().as_bytes());
            out.resize(end, b'.');
        }

        fn len(&self) -> u64 {
            self.len
        }

        fn repeats(&self) -> bool {
            self.repeats
        }
    }

    fn tape(size: usize, len: u64, repeats: bool) -> Rc<Tape> {
        Rc::new(Tape::new(Box::new(Numbers { size, len, repeats })))
    }

    #[test]
    fn a_run_is_one_slice_of_the_block_up_to_its_end() {
        let mut cursor = Cursor::new(tape(16 * 1024, u64::MAX, false));
        let run = cursor.run(1, 2);
        assert_eq!(run.len(), 2);
        assert_eq!(run.bytes().len(), 2 * 16 * 1024);
        assert!(run.bytes().starts_with(b"1.") && run.bytes()[16 * 1024..].starts_with(b"2."));
        let starts: Vec<u8> = run.events().map(|event| event[0]).collect();
        assert_eq!(starts, *b"12");
        assert_eq!(cursor.run(2, 100).len(), 2, "a block holds four of 16 KiB");
        assert!(cursor.run(4, 1).bytes().starts_with(b"4."));
    }

    #[test]
    fn streams_at_the_same_place_share_the_bytes() {
        let tape = tape(1_000, u64::MAX, false);
        let [mut one, mut other] = [(); 2].map(|()| Cursor::new(Rc::clone(&tape)));
        for index in [0, 1_000_000] {
            let bytes = one.run(index, 1).bytes();
            assert_eq!(bytes.as_ptr(), other.run(index, 1).bytes().as_ptr());
        }
    }

    #[test]
    fn a_block_nobody_is_in_is_freed() {
        let mut cursor = Cursor::new(tape(1_000, u64::MAX, false));
        cursor.run(1_000_000, 1);
        let left = Rc::downgrade(&cursor.block);
        cursor.run(2_000_000, 1);
        assert!(left.upgrade().is_none());
    }

    #[test]
    fn what_repeats_needs_one_block() {
        let mut cursor = Cursor::new(tape(16 * 1024, u64::MAX, true));
        let first = cursor.run(3, 1).bytes();
        assert_eq!(
            cursor.run(4_000_000_003, 1).bytes().as_ptr(),
            first.as_ptr()
        );
    }

    #[test]
    fn the_last_block_ends_with_the_script() {
        let mut cursor = Cursor::new(tape(16 * 1024, 6, false));
        assert_eq!(cursor.run(4, 100).len(), 2);
    }

    #[test]
    fn an_event_larger_than_a_block_is_a_block() {
        let mut cursor = Cursor::new(tape(2 * BLOCK_BYTES, u64::MAX, false));
        assert_eq!(cursor.run(7, 9).len(), 1);
        assert_eq!(cursor.run(8, 9).bytes().len(), 2 * BLOCK_BYTES);
    }
}
