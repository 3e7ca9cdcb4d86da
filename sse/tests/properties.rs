//! What holds for every stream, every way of splitting it, every block and every stamp.

mod common;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use weir_sse::{Block, Decoder, Limits, Stamp};

use self::common::{Decoded, OwnedItem, decode, reference};

proptest! {
    #[test]
    fn agrees_with_the_reference(stream in stream()) {
        prop_assert_eq!(decode(Decoder::new(), [&stream[..]]), reference::decode(&stream));
    }

    #[test]
    fn agrees_with_the_reference_on_any_bytes(stream in vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(decode(Decoder::new(), [&stream[..]]), reference::decode(&stream));
    }

    #[test]
    fn every_split_gives_the_same(stream in stream(), sizes in piece_sizes()) {
        let split = decode(Decoder::new(), pieces(&stream, &sizes));
        prop_assert_eq!(split, decode(Decoder::new(), [&stream[..]]));
    }

    #[test]
    fn every_split_fails_alike(
        stream in stream(),
        sizes in piece_sizes(),
        line_bytes in 0..20_u32,
        event_bytes in 0..20_u32,
    ) {
        let decoder = || Decoder::with_limits(Limits { line_bytes, event_bytes });
        let split = decode(decoder(), pieces(&stream, &sizes));
        prop_assert_eq!(split, decode(decoder(), [&stream[..]]));
    }

    #[test]
    fn blocks_come_back(blocks in vec(block(), 0..4), sizes in piece_sizes()) {
        let mut wire = Vec::new();
        for block in &blocks {
            block.borrow().encode(&mut wire);
        }
        prop_assert_eq!(decode(Decoder::new(), pieces(&wire, &sizes)), meaning(&blocks));
    }

    #[test]
    fn stamps_come_back(stamp in stamp()) {
        prop_assert_eq!(Stamp::parse(&comment(stamp)), Some(stamp));
    }

    #[test]
    fn a_stamp_is_written_in_one_way(stamp in stamp(), at in 0..53_usize, byte in stamp_byte()) {
        let written = comment(stamp);
        let mut changed = written.clone();
        changed[at] = byte;
        prop_assert!(Stamp::parse(&changed).is_none_or(|stamp| comment(stamp) == changed));
        let mut longer = written.clone();
        longer.insert(at, byte);
        prop_assert_eq!(Stamp::parse(&longer), None);
        let mut shorter = written;
        shorter.remove(at);
        prop_assert_eq!(Stamp::parse(&shorter), None);
    }
}

/// Bytes that are mostly what the syntax is made of, rarely what it is not.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let token = prop_oneof![
        6 => select(&[b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"]),
        6 => select(&[b"data", b"event", b"id", b"retry", b"data:", b"event: ", b"id: ", b"retry:"]),
        3 => select(&[b":", b" ", b": ", b":w1 "]),
        2 => select(&[b"x", b"12", b"99999999999999999999", b"dat", b"Data"]),
        1 => select(&[b"\xef\xbb\xbf", b"\xef\xbb", b"\n\xef\xbb\xbfdata:x\n"]),
        1 => select(&[b"\0", b"\xff", b"\xe2\x82", b"\xe2\x80\xa8"]),
    ];
    let start = prop_oneof![
        2 => Just(&b""[..]),
        1 => select(&[b"\xef\xbb\xbf", b"\xef\xbb", b"\xef", b"\xef\xbb\xbf\xef\xbb\xbf"]),
    ];
    (start, vec(token, 0..40)).prop_map(|(start, tokens)| [start, &tokens.concat()].concat())
}

fn select(tokens: &[&'static [u8]]) -> impl Strategy<Value = &'static [u8]> + use<> {
    prop::sample::select(tokens.to_vec())
}

fn piece_sizes() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 0..4_usize, 1 => 4..40_usize], 1..20)
}

/// Cuts pieces of these sizes off the front of `stream`; what is left is the last piece.
fn pieces<'a>(stream: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let mut rest = stream;
    let mut pieces = Vec::new();
    for &size_bytes in sizes {
        let piece;
        (piece, rest) = rest.split_at(size_bytes.min(rest.len()));
        pieces.push(piece);
    }
    pieces.push(rest);
    pieces
}

#[derive(Debug)]
struct OwnedBlock {
    comment: Option<String>,
    retry_ms: Option<u64>,
    event: Option<String>,
    id: Option<String>,
    data: Option<String>,
}

impl OwnedBlock {
    fn borrow(&self) -> Block<'_> {
        Block {
            comment: self.comment.as_deref(),
            retry_ms: self.retry_ms,
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            data: self.data.as_deref(),
        }
    }
}

prop_compose! {
    fn block()(
        comment in option::of("[a: \r\n\0\u{feff}\u{e9}]{0,8}"),
        retry_ms in option::of(any::<u64>()),
        event in option::of("[a: \0\u{feff}\u{e9}]{0,8}"),
        id in option::of("[1: \u{feff}\u{e9}]{0,8}"),
        data in option::of("[a: \r\n\0\u{feff}\u{e9}]{0,8}"),
    ) -> OwnedBlock {
        OwnedBlock { comment, retry_ms, event, id, data }
    }
}

/// What clients must understand by `blocks`.
fn meaning(blocks: &[OwnedBlock]) -> Decoded {
    let mut decoded = Decoded::default();
    for block in blocks {
        if let Some(comment) = &block.comment {
            let lines = with_lf(comment);
            let comments = lines
                .split('\n')
                .map(|line| OwnedItem::Comment(line.into()));
            decoded.items.extend(comments);
        }
        if let Some(id) = &block.id {
            decoded.last_event_id = id.clone().into_bytes();
        }
        if let Some(data) = &block.data {
            decoded.items.push(OwnedItem::Event {
                event: block.event.clone().unwrap_or_default().into_bytes(),
                data: with_lf(data).into_bytes(),
                id: decoded.last_event_id.clone(),
                has_id: block.id.is_some(),
            });
        }
        decoded.retry_ms = block.retry_ms.or(decoded.retry_ms);
    }
    decoded
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

prop_compose! {
    fn stamp()(seq: u64, due_ns: u64, sent_ns: u64) -> Stamp {
        Stamp { seq, due_ns, sent_ns }
    }
}

/// What a careless reader might let pass for a digit or a separator.
fn stamp_byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        prop::sample::select(b"0189afgAFx+- w\t\n\0/:`@".to_vec()),
        any::<u8>()
    ]
}

/// The stamp as a decoder gives it.
fn comment(stamp: Stamp) -> Vec<u8> {
    let mut line = [0; Stamp::LEN];
    stamp.write(&mut line);
    line[1..Stamp::LEN - 1].to_vec()
}
