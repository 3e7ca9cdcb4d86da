//! Bodies: content, and chunks of it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::responses::{Bytes, mostly};

/// Also what looks like framing and is none.
pub(crate) fn content() -> impl Strategy<Value = Vec<u8>> {
    let run = prop_oneof![
        4 => vec(any::<u8>(), 0..6),
        1 => select(&[b"\r\n" as Bytes, b"0\r\n\r\n", b"5\r\n", b"hello"]).prop_map(<[u8]>::to_vec),
        1 => (10..40_usize).prop_map(|length| vec![b'a'; length]),
    ];
    vec(run, 0..3).prop_map(|runs| runs.concat())
}

/// A chunked body that is right.
pub(crate) fn chunked() -> impl Strategy<Value = Vec<u8>> {
    let trailers = vec(select(TRAILERS), 0..3);
    (vec(full_chunk(), 0..4), trailers).prop_map(|(chunks, trailers)| {
        [&chunks.concat(), &b"0\r\n"[..], &trailers.concat(), b"\r\n"].concat()
    })
}

/// Any but the last one, which has no content.
fn full_chunk() -> impl Strategy<Value = Vec<u8>> {
    let content = content().prop_filter("the last chunk", |content| !content.is_empty());
    (content, select(SIZES), select(EXTENSIONS))
        .prop_map(|(content, size, extension)| chunk(&content, size, extension, b"\r\n", b"\r\n"))
}

/// A chunked body of which any part may be odd.
pub(crate) fn any_chunked() -> impl Strategy<Value = Vec<u8>> {
    let last = mostly(&[b"0\r\n"], ODD_LAST_CHUNKS);
    let trailer = prop_oneof![2 => select(TRAILERS), 1 => select(ODD_TRAILERS)];
    let trailers = prop_oneof![2 => Just(Vec::new()), 1 => vec(trailer, 1..4)];
    let end = mostly(&[b"\r\n"], ODD_LINE_ENDS);
    (vec(any_chunk(), 0..4), last, trailers, end).prop_map(|(chunks, last, trailers, end)| {
        [&chunks.concat(), last, &trailers.concat(), end].concat()
    })
}

fn any_chunk() -> impl Strategy<Value = Vec<u8>> {
    let size = prop_oneof![20 => select(SIZES), 1 => select(ODD_SIZES)];
    let extension = prop_oneof![3 => Just(&b""[..]), 2 => mostly(EXTENSIONS, ODD_EXTENSIONS)];
    let end = || mostly(&[b"\r\n"], ODD_LINE_ENDS);
    (content(), size, extension, end(), end()).prop_map(
        |(content, size, extension, line_end, data_end)| {
            chunk(&content, size, extension, line_end, data_end)
        },
    )
}

fn chunk(
    content: &[u8],
    size: Size,
    extension: &[u8],
    line_end: &[u8],
    data_end: &[u8],
) -> Vec<u8> {
    let size = size(content.len());
    [size.as_bytes(), extension, line_end, content, data_end].concat()
}

const ODD_LINE_ENDS: &[Bytes] = &[
    b"\n", b"\r", b"", b"\n\n", b"\r\r\n", b" \r\n", b"\rx", b"x\n",
];

/// How a chunk's length is written.
type Size = fn(usize) -> String;

const SIZES: &[Size] = &[
    |length| format!("{length:x}"),
    |length| format!("{length:X}"),
    |length| format!("0{length:x}"),
    |length| format!("{length:040x}"),
    |length| format!("{length:x} "),
    |length| format!("{length:x}\t \t"),
];

const ODD_SIZES: &[Size] = &[
    |length| format!("{:x}", length + 1),
    |length| format!("{:x}", length.saturating_sub(1)),
    |length| format!("+{length:x}"),
    |length| format!("-{length:x}"),
    |length| format!(" {length:x}"),
    |length| format!("0x{length:x}"),
    |length| format!("{length:x}h"),
    |length| format!("{length:x} {length:x}"),
    |length| format!("{length:x}\0"),
    |length| format!("{length:x}\u{b}"),
    |length| format!("{length:x},{length:x}"),
    |length| format!("1{length:016x}"),
    |length| format!("f{length:015x}"),
    |_| "ffffffffffffffff".to_owned(),
    |_| "fffffffffffffffff".to_owned(),
    |_| "g".to_owned(),
    |_| "\u{665}".to_owned(),
    |_| String::new(),
];

const EXTENSIONS: &[Bytes] = &[b"", b";a", b";a=b;c", b" ; a = b", b";a=\"b;\\\"c\"", b";"];

const ODD_EXTENSIONS: &[Bytes] = &[
    b";;",
    b"; a\tb ",
    b";a=\"",
    b";\0",
    b";\xff",
    b" a",
    b";a\nb",
    b";\n",
    b";a\rb",
    b";\r",
    b";a=\"\r\n\"",
];

const ODD_LAST_CHUNKS: &[Bytes] = &[
    b"",
    b"0000000000000000000000\r\n",
    b"0 \r\n",
    b"0;a\r\n",
    b"0\n",
    b"0\r",
    b"\r\n",
    b"-0\r\n",
    b"00x\r\n",
];

const TRAILERS: &[Bytes] = &[
    b"a: b\r\n",
    b"a:b\r\n",
    b"a:\r\n",
    b"!#$%&'*+-.^_`|~09azAZ: \t \xff \"\r\n",
    b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n",
];

const ODD_TRAILERS: &[Bytes] = &[
    b"a\r\n",
    b":b\r\n",
    b"a : b\r\n",
    b" a: b\r\n",
    b"a: b\r\n c\r\n",
    b"a(: b\r\n",
    b"\xe9: b\r\n",
    b"a: \0\r\n",
    b"a: \x7f\r\n",
    b"a: b\rc\r\n",
    b"a: b\r\r\n",
    b"a: b\n",
    b"a:\n",
    b"a\n",
    b"\n",
    b"0\r\n",
    b"HTTP/1.1 200 OK\r\n",
];
