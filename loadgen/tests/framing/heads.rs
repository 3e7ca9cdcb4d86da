//! Heads: status lines and fields.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::responses::{Bytes, mostly};

/// A head of which any part may be odd.
pub(crate) fn any_head() -> impl Strategy<Value = Vec<u8>> {
    let informational = mostly(&[b""], INFORMATIONAL);
    let status_line = mostly(&[b"HTTP/1.1 200 OK\r\n"], STATUS_LINES);
    let end = mostly(&[b"\r\n"], &[b"\n", b"\r", b""]);
    (informational, status_line, fields(), end).prop_map(
        |(informational, status_line, fields, end)| {
            [informational, status_line, &fields, end].concat()
        },
    )
}

const INFORMATIONAL: &[Bytes] = &[
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\ncontent-length: 9\r\n\r\n",
    b"HTTP/1.0 199 \r\ntransfer-encoding: gzip\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n",
    b"\r\n",
    b"\n",
    b"\r",
    b" ",
];

const STATUS_LINES: &[Bytes] = &[
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 200\r\n",
    b"HTTP/1.1 200 \r\n",
    b"HTTP/1.1 200 OK\n",
    b"HTTP/1.1 200 OK\r",
    b"HTTP/1.1 200 caf\xe9\r\n",
    b"HTTP/1.1 200 O\0K\r\n",
    b"HTTP/1.1  200 OK\r\n",
    b"HTTP/1.1\t200 OK\r\n",
    b"HTTP/1.1 200OK\r\n",
    b"HTTP/1.1 20 OK\r\n",
    b"HTTP/1.1 2000 OK\r\n",
    b"HTTP/1.1 +20 OK\r\n",
    b"HTTP/1.1 000 Nothing\r\n",
    b"HTTP/1.1 099 Low\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\n",
    b"HTTP/1.1 204 No Content\r\n",
    b"HTTP/1.0 304 Not Modified\r\n",
    b"HTTP/1.1 205 Reset Content\r\n",
    b"HTTP/1.1 500 Oops\r\n",
    b"HTTP/1.1 999 High\r\n",
    b"HTTP/1.2 200 OK\r\n",
    b"HTTP/2 200 OK\r\n",
    b"HTTP/0.9 200 OK\r\n",
    b"http/1.1 200 OK\r\n",
    b"ICY 200 OK\r\n",
    b"200 OK\r\n",
    b"",
];

fn fields() -> impl Strategy<Value = Vec<u8>> {
    let length = field(&[b"Content-Length", b"content-length"], &[b"5"], LENGTHS);
    let codings: &[Bytes] = &[b"Transfer-Encoding", b"transfer-encoding"];
    let coding = field(codings, &[b"chunked"], CODINGS);
    let other = select(OTHER_FIELDS).prop_map(<[u8]>::to_vec);
    let any = vec(prop_oneof![3 => length, 4 => coding, 1 => other], 0..3);
    prop_oneof![
        1 => Just(b"Transfer-Encoding: chunked\r\n".to_vec()),
        1 => any.prop_map(|fields| fields.concat()),
    ]
}

/// A field line, usually with one of the right values.
fn field(
    names: &'static [Bytes],
    right: &'static [Bytes],
    odd: &'static [Bytes],
) -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![2 => select(right), 1 => select(odd)];
    let before = mostly(
        &[b": ", b":"],
        &[b" : ", b"\t:", b":\t \t", b"::", b"\0:", b""],
    );
    let after = mostly(
        &[b"\r\n"],
        &[b" \t\r\n", b"\n", b"\r\r\n", b"\r", b"\r\n ", b""],
    );
    (
        mostly(&[b""], &[b" ", b"\t", b"x"]),
        select(names),
        before,
        value,
        after,
    )
        .prop_map(|(indent, name, before, value, after)| {
            [indent, name, before, value, after].concat()
        })
}

const LENGTHS: &[Bytes] = &[
    b"0",
    b"3",
    b"6",
    b"05",
    b"00000000000000000000000005",
    b"5, 5",
    b"5,5",
    b"5\t,\t5",
    b"5, 6",
    b"5,",
    b",5",
    b"5,,5",
    b"5;5",
    b"5 5",
    b"",
    b",",
    b"+5",
    b"-5",
    b"-0",
    b"5.0",
    b"5e0",
    b"0x5",
    b"five",
    b"\"5\"",
    b"5\xa0",
    b"\xd9\xa5",
    b"5\0",
    b"5\x0b",
    b"5\r\n 5",
    b"18446744073709551613",
    b"18446744073709551614",
    b"18446744073709551615",
    b"18446744073709551616",
    b"18446744073709551621",
];

const CODINGS: &[Bytes] = &[
    b"Chunked",
    b"CHUNKED",
    b"gzip, chunked",
    b"gzip",
    b"identity",
    b"chunked, gzip",
    b"chunked, identity",
    b"chunked, chunked",
    b"chunked,",
    b",chunked",
    b"chunked;q=1",
    b"\"chunked\"",
    b"chun ked",
    b"xchunked",
    b"chunkedx",
    b"chunke",
    b"chunked\xa0",
    b"chunked\0",
    b"chunked\x0b",
    b"\x0bchunked",
    b"\r\n chunked",
    b"chunked\r\n\t",
    b"",
];

const OTHER_FIELDS: &[Bytes] = &[
    b"a: b\r\n",
    b"a:\r\n",
    b"a: b\r\n c\r\n",
    b"a: \xff\r\n",
    b"a: \0\r\n",
    b"a: \x7f\r\n",
    b"a: b\rc\r\n",
    b"a\r\n",
    b":b\r\n",
    b": b\r\n",
    b"a b: c\r\n",
    b"\xe9: b\r\n",
    b"content-encoding: gzip\r\n",
    b"content-encoding: Identity\r\n",
    b"connection: close\r\n",
    b"connection: upgrade\r\nupgrade: x\r\n",
    b"trailer: content-length\r\n",
    b"x-content-length: 3\r\n",
    b"content_length: 3\r\n",
];
