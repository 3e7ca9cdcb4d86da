//! Responses to read: right ones, and ones with something odd about them, which may or may not be wrong.

use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::bodies::{any_chunked, chunked, content};
use crate::heads::any_head;

pub(crate) type Bytes = &'static [u8];

/// A response that is right, and says where it ends.
pub(crate) fn framed_response() -> impl Strategy<Value = Vec<u8>> {
    let length = content().prop_map(|content| {
        let field = format!("Content-Length: {}\r\n\r\n", content.len());
        [field.as_bytes(), &content].concat()
    });
    let chunked =
        chunked().prop_map(|body| [&b"Transfer-Encoding: chunked\r\n\r\n"[..], &body].concat());
    prop_oneof![1 => length, 2 => chunked]
        .prop_map(|rest| [b"HTTP/1.1 200 OK\r\n", &rest[..]].concat())
}

/// A response of which any part may be odd, with any body behind any head, damaged or ended anywhere.
pub(crate) fn any_response() -> impl Strategy<Value = Vec<u8>> {
    let body = prop_oneof![2 => any_chunked(), 1 => content()];
    let rest = mostly(&[b""], &[b"x", b"\r\n", b"HTTP/1.1 200 OK\r\n\r\n"]);
    let whole =
        (any_head(), body, rest).prop_map(|(head, body, rest)| [&head, &body, rest].concat());
    let damage = (
        any::<Index>(),
        select(&[0, 1, usize::MAX][..]),
        option::of(byte()),
    );
    (whole, option::weighted(0.2, damage)).prop_map(|(whole, damage)| match damage {
        Some((place, missing, added)) => damaged(&whole, place, missing, added),
        None => whole,
    })
}

/// Any one that is right before any that is odd: what is wrong more than once is refused for the first.
pub(crate) fn mostly(
    right: &'static [Bytes],
    odd: &'static [Bytes],
) -> impl Strategy<Value = Bytes> {
    prop_oneof![20 => select(right), 1 => select(odd)]
}

fn byte() -> impl Strategy<Value = u8> {
    let framing = b"\r\n \t:;,0159afg-\0\x7f\xff";
    prop_oneof![1 => select(&framing[..]), 1 => any::<u8>()]
}

/// `bytes` with so many of them missing at a place, and perhaps another one there.
fn damaged(bytes: &[u8], place: Index, missing: usize, added: Option<u8>) -> Vec<u8> {
    let (front, rest) = bytes.split_at(place.index(bytes.len() + 1));
    let rest = rest.get(missing..).unwrap_or_default();
    [front, added.as_slice(), rest].concat()
}
