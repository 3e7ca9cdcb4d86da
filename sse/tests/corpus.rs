//! Cases gathered from the web platform tests, from the tests of other decoders, and from the standard's text.

mod common;

use serde::Deserialize;
use weir_sse::{Decoder, Event};

use self::common::{Decoded, OwnedItem, decode, reference};

/// Cases in the fixture: one that was emptied or cut short must not pass.
const CASES: usize = 88;

#[derive(Deserialize)]
struct Case {
    name: String,
    chunks: Vec<Chunk>,
    expect: Vec<Expected>,
    comments: Option<Vec<String>>,
    last_event_id_after: String,
    /// One case asks for more than a `u64` holds.
    retry: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Chunk {
    Text(String),
    Bytes { b64: String },
}

#[derive(Debug, Deserialize, PartialEq)]
struct Expected {
    event: String,
    data: String,
    id: String,
}

impl Chunk {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Text(text) => text.clone().into_bytes(),
            Self::Bytes { b64 } => base64(b64),
        }
    }
}

impl Case {
    fn check(&self, feeding: &str, decoded: &Decoded) {
        let name = &self.name;
        assert_eq!(decoded.error, None, "{name}, {feeding}");
        assert_eq!(events(decoded), self.expect, "{name}, {feeding}");
        if let Some(expected) = &self.comments {
            assert_eq!(&comments(decoded), expected, "{name}, {feeding}");
        }
        let last_event_id = String::from_utf8_lossy(&decoded.last_event_id);
        assert_eq!(last_event_id, self.last_event_id_after, "{name}, {feeding}");
        // Saturates, as `retry_ms` does.
        let retry_ms = self.retry.map(|retry| retry as u64);
        assert_eq!(decoded.retry_ms, retry_ms, "{name}, {feeding}");
    }
}

#[test]
fn every_case_in_every_feeding() {
    let cases: Vec<Case> =
        serde_json::from_str(include_str!("fixtures/sse_cases.json")).expect("a list of cases");
    assert_eq!(cases.len(), CASES);
    for case in &cases {
        let chunks: Vec<Vec<u8>> = case.chunks.iter().map(Chunk::bytes).collect();
        let wire = chunks.concat();
        let feed = |pieces: &[&[u8]]| decode(Decoder::new(), pieces.iter().copied());
        let as_chunked: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        case.check("as chunked", &feed(&as_chunked));
        case.check("whole", &feed(&[&wire]));
        case.check("byte by byte", &decode(Decoder::new(), wire.chunks(1)));
        for point in 0..=wire.len() {
            let (before, after) = wire.split_at(point);
            case.check(&format!("split at {point}"), &feed(&[before, after]));
        }
        case.check("by the reference", &reference::decode(&wire));
    }
}

fn events(decoded: &Decoded) -> Vec<Expected> {
    let expected = |item: &OwnedItem| match item {
        OwnedItem::Comment(_) => None,
        OwnedItem::Event {
            event,
            data,
            id,
            has_id,
        } => {
            let event = Event {
                event,
                data,
                id,
                has_id: *has_id,
            };
            Some(Expected {
                event: event.event_str().into_owned(),
                data: event.data_str().into_owned(),
                id: event.id_str().into_owned(),
            })
        }
    };
    decoded.items.iter().filter_map(expected).collect()
}

fn comments(decoded: &Decoded) -> Vec<String> {
    let text = |item: &OwnedItem| match item {
        OwnedItem::Comment(comment) => Some(String::from_utf8_lossy(comment).into_owned()),
        OwnedItem::Event { .. } => None,
    };
    decoded.items.iter().filter_map(text).collect()
}

/// RFC 4648, section 4.
fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut bits_held) = (0_usize, 0);
    for digit in text.trim_end_matches('=').chars() {
        let value = ALPHABET.find(digit).expect("a digit of base64");
        bits = bits << 6 | value;
        bits_held += 6;
        if bits_held >= 8 {
            bits_held -= 8;
            bytes.push(u8::try_from(bits >> bits_held & 0xff).expect("eight bits"));
        }
    }
    bytes
}
