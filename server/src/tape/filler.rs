//! Events of random characters.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use weir_sse::Block;

use super::encoded::Script;
use super::shape::Shape;

/// What such events are like.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct FillerShape {
    pub(crate) size_bytes: usize,
    /// Whether event k carries `id: k`.
    pub(crate) ids: bool,
    /// The type of all of them.
    pub(crate) event: Option<Box<str>>,
    pub(crate) seed: u64,
}

impl Shape for FillerShape {
    fn script(&self) -> Box<dyn Script> {
        Box::new(Filler::new(self.clone()))
    }
}

/// Writes events whose data are windows into one pad of random characters: as quick as a copy, and different from event
/// to event.
pub(crate) struct Filler {
    shape: FillerShape,
    pad: String,
}

/// How many windows there are. More than the events of a block of the default size, so that none is in it twice.
const WINDOWS: u64 = 1024;
/// From one window to the next. Odd, so that all have their turn; far from a small shift, so that neighbours have no
/// long run in common that a compressing proxy would find.
const STEP: u64 = 397;

impl Filler {
    fn new(shape: FillerShape) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(shape.seed);
        let pad = (0..shape.size_bytes + WINDOWS as usize)
            // Visible ASCII, without the space that a client strips from the front of a field's value.
            .map(|_| char::from(random.random_range(b'!'..=b'~')))
            .collect();
        Self { shape, pad }
    }

    /// For events of which only the data are wanted.
    pub(crate) fn of_size(size_bytes: usize, seed: u64) -> Self {
        Self::new(FillerShape {
            size_bytes,
            ids: false,
            event: None,
            seed,
        })
    }

    /// The data of event `index`.
    pub(crate) fn data(&self, index: u64) -> &str {
        let start = (index % WINDOWS * STEP % WINDOWS) as usize;
        &self.pad[start..start + self.shape.size_bytes]
    }
}

impl Script for Filler {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let id = self.shape.ids.then(|| index.to_string());
        let block = Block {
            event: self.shape.event.as_deref(),
            id: id.as_deref(),
            data: Some(self.data(index)),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        u64::MAX
    }

    fn repeats(&self) -> bool {
        !self.shape.ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(shape: FillerShape, index: u64) -> String {
        let mut out = Vec::new();
        Filler::new(shape).encode(index, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn shape(size_bytes: usize, ids: bool, event: Option<&str>, seed: u64) -> FillerShape {
        FillerShape {
            size_bytes,
            ids,
            event: event.map(Box::from),
            seed,
        }
    }

    #[test]
    fn data_are_of_the_size_asked_for_and_differ() {
        let lines: Vec<String> = (0..600)
            .map(|index| encoded(shape(20, false, None, 0), index))
            .collect();
        assert!(
            lines
                .iter()
                .all(|line| line.len() == "data: \n\n".len() + 20)
        );
        let distinct: std::collections::HashSet<_> = lines.iter().collect();
        assert_eq!(distinct.len(), lines.len());
    }

    #[test]
    fn the_seed_decides_the_data() {
        assert_eq!(
            encoded(shape(64, true, None, 5), 9),
            encoded(shape(64, true, None, 5), 9)
        );
        assert_ne!(
            encoded(shape(64, true, None, 5), 9),
            encoded(shape(64, true, None, 6), 9)
        );
    }

    #[test]
    fn fields_stand_as_asked() {
        assert_eq!(
            encoded(shape(0, true, Some("tick"), 0), 12),
            "event: tick\nid: 12\ndata: \n\n"
        );
        assert_eq!(encoded(shape(0, false, None, 0), 12), "data: \n\n");
    }
}
