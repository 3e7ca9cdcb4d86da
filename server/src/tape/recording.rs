//! An event stream that was recorded, as `curl -N` saves it.

use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};

use weir_sse::{Block, DecodeError, Decoder, Item};

use super::encoded::Script;
use super::shape::Shape;

/// The events of a recorded stream: their types and data. Their ids are numbered anew, from 0, so that it can be resumed.
#[derive(Debug, Clone)]
pub struct Recording {
    events: Arc<[Recorded]>,
}

#[derive(Debug)]
struct Recorded {
    event: Option<Box<str>>,
    data: Box<str>,
}

/// Why a file is not a recording.
#[derive(Debug, thiserror::Error)]
pub enum NotARecording {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line or an event of it is too long.
    #[error("it is not an event stream: {0}")]
    Decode(#[from] DecodeError),
    /// There is nothing to send.
    #[error("there is no event in it, that is, no block with data that ends in an empty line")]
    Empty,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, has no event in it, or an event that is too long.
    pub fn read(path: &Path) -> Result<Self, NotARecording> {
        Self::parse(&fs::read(path)?)
    }

    fn parse(mut wire: &[u8]) -> Result<Self, NotARecording> {
        let mut decoder = Decoder::new();
        let mut events = Vec::new();
        while let Some(item) = decoder.next(&mut wire)? {
            if let Item::Event(event) = item {
                let event_type = (!event.event.is_empty()).then(|| event.event_str().into());
                events.push(Recorded {
                    event: event_type,
                    data: event.data_str().into(),
                });
            }
        }
        if events.is_empty() {
            return Err(NotARecording::Empty);
        }
        Ok(Self {
            events: events.into(),
        })
    }
}

impl Shape for Recording {
    fn script(&self) -> Box<dyn Script> {
        Box::new(self.clone())
    }
}

impl Script for Recording {
    fn encode(&self, index: u64, out: &mut Vec<u8>) {
        let recorded = &self.events[index as usize];
        let block = Block {
            event: recorded.event.as_deref(),
            id: Some(&index.to_string()),
            data: Some(&recorded.data),
            ..Block::default()
        };
        block.encode(out);
    }

    fn len(&self) -> u64 {
        self.events.len() as u64
    }

    fn repeats(&self) -> bool {
        false
    }
}

/// A server has one, so that it need not be compared event by event.
impl PartialEq for Recording {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.events, &other.events)
    }
}

impl Eq for Recording {}

impl Hash for Recording {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.events.as_ptr().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_keep_their_type_and_data() {
        let wire =
            "retry: 5\n\n: hi\n\nid: x9\nevent: tick\ndata: a\ndata: b\n\ndata:c\r\rdata: cut";
        let recording = Recording::parse(wire.as_bytes()).unwrap();
        let mut out = Vec::new();
        (0..recording.len()).for_each(|index| recording.encode(index, &mut out));
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "event: tick\nid: 0\ndata: a\ndata: b\n\nid: 1\ndata: c\n\n"
        );
    }

    #[test]
    fn what_has_no_event_is_no_recording() {
        for wire in ["", ":hi\n\n", "data: cut", "<html></html>"] {
            let error = Recording::parse(wire.as_bytes()).unwrap_err();
            assert!(matches!(error, NotARecording::Empty), "{wire}");
        }
    }
}
