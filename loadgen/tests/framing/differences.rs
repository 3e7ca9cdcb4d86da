//! Where weir means to read a response other than hyper does. A difference that is not here is a bug of weir's.

use weir::transport::http1::ProtocolError;

use crate::readers::{End, Outcome};

/// What weir makes of responses that hyper takes otherwise, and why it may.
pub(crate) struct Difference {
    pub(crate) why: &'static str,
    pub(crate) weir: Result<End, ProtocolError>,
    /// Which responses those are, of the ones that weir ends so, at this byte of the body if it refused one.
    pub(crate) holds_for: fn(response: &[u8], refused: Option<u8>) -> bool,
    pub(crate) example: &'static [u8],
}

impl Difference {
    pub(crate) fn explains(&self, response: &[u8], weir: &Outcome<ProtocolError>) -> bool {
        weir.end == self.weir && (self.holds_for)(response, weir.refused)
    }
}

/// Whether weir means to have read this response as it has, though hyper did not.
pub(crate) fn explain(response: &[u8], weir: &Outcome<ProtocolError>) -> bool {
    DIFFERENCES
        .iter()
        .any(|difference| difference.explains(response, weir))
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        why: "RFC 9110, 10.1.4: who asked for no transfer coding is sent none but chunked, and RFC 9112, 6.1: that \
              once; hyper hands out what it cannot decode, be it the content of the last `chunked` or all until close",
        weir: Err(ProtocolError::TransferEncoding),
        holds_for: |response, _| !codings(response).eq_ignore_ascii_case(b"chunked"),
        example: b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    },
    Difference {
        why: "RFC 9110, 15.2.2: only who asked for an upgrade may be switched; hyper leaves that to its caller",
        weir: Err(ProtocolError::Upgrade),
        holds_for: |response, _| status(response) == Some(101),
        example: b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    },
    Difference {
        why: "RFC 9112, 2.2: a bare LF may be taken for a line end, and need not be: weir takes none in chunked \
              framing, as hyper does but for the trailers, which it hands to its parser of heads",
        weir: Err(ProtocolError::Trailer),
        holds_for: |_, refused| refused == Some(b'\n'),
        example: b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na: b\n\r\n\r\n",
    },
    Difference {
        why: "RFC 9110, 8.6: any number of digits is a length; hyper keeps the two highest of 64 bits for itself",
        weir: Ok(End::Truncated),
        holds_for: |response, _| {
            let lengths = values(response, "content-length");
            lengths.iter().any(|value| {
                value.ends_with(b"18446744073709551615") || value.ends_with(b"18446744073709551614")
            })
        },
        example: b"HTTP/1.1 200 OK\r\ncontent-length: 18446744073709551615\r\n\r\nx",
    },
    Difference {
        why: "RFC 9110, 8.4: no framing, but what weir cannot decode either; hyper leaves that to its caller",
        weir: Err(ProtocolError::ContentEncoding),
        holds_for: |response, _| {
            let codings = values(response, "content-encoding");
            status(response) == Some(200)
                && codings
                    .iter()
                    .any(|coding| !coding.eq_ignore_ascii_case(b"identity"))
        },
        example: b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nx",
    },
];

/// The transfer codings of a response, as one list.
fn codings(response: &[u8]) -> Vec<u8> {
    values(response, "transfer-encoding").join(&b", "[..])
}

/// Every value of a field of the response behind the informational ones.
fn values(response: &[u8], name: &str) -> Vec<Vec<u8>> {
    final_head(response, |head| {
        let fields = head.headers.iter();
        let named = fields.filter(|field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| field.value.to_vec()).collect()
    })
}

fn status(response: &[u8]) -> Option<u16> {
    final_head(response, |head| head.code)
}

/// What `read` finds in the head that is no 1xx, or the one that is 101; there is one, as weir has read it.
fn final_head<T>(response: &[u8], read: impl Fn(&httparse::Response<'_, '_>) -> T) -> T {
    let mut rest = response;
    loop {
        let mut fields = [httparse::EMPTY_HEADER; 100];
        let mut head = httparse::Response::new(&mut fields);
        let length = head.parse(rest).unwrap().unwrap();
        if matches!(head.code, Some(101 | 200..)) {
            return read(&head);
        }
        rest = &rest[length..];
    }
}
