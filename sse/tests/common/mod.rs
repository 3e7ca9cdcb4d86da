//! What a stream came to, for comparing decoders and ways of feeding them.

pub(crate) mod reference;

use weir_sse::{DecodeError, Decoder, Item};

/// All that a decoder tells about a stream.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Decoded {
    pub(crate) items: Vec<OwnedItem>,
    pub(crate) last_event_id: Vec<u8>,
    pub(crate) retry_ms: Option<u64>,
    pub(crate) error: Option<DecodeError>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum OwnedItem {
    Event {
        event: Vec<u8>,
        data: Vec<u8>,
        id: Vec<u8>,
        has_id: bool,
    },
    Comment(Vec<u8>),
}

impl From<Item<'_>> for OwnedItem {
    fn from(item: Item<'_>) -> Self {
        match item {
            Item::Comment(comment) => Self::Comment(comment.to_vec()),
            Item::Event(event) => Self::Event {
                event: event.event.to_vec(),
                data: event.data.to_vec(),
                id: event.id.to_vec(),
                has_id: event.has_id,
            },
        }
    }
}

/// Feeds a decoder piece by piece. Each piece is a buffer of its own that does not outlive its turn.
pub(crate) fn decode<'a>(
    mut decoder: Decoder,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Decoded {
    let mut items = Vec::new();
    let mut feed = |piece: &[u8]| -> Result<(), DecodeError> {
        let mut input = piece;
        while let Some(item) = decoder.next(&mut input)? {
            items.push(item.into());
        }
        assert!(input.is_empty(), "None before the input was used up");
        Ok(())
    };
    let error = pieces.into_iter().try_for_each(&mut feed).err();
    Decoded {
        items,
        last_event_id: decoder.last_event_id().to_vec(),
        retry_ms: decoder.retry_ms(),
        error,
    }
}
