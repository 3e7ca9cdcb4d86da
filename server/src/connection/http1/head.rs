//! The head of a stream's response, as hyper writes it.

use std::time::SystemTime;

use http::header::{CONNECTION, CONTENT_LENGTH, DATE, HeaderName, TRAILER, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode, Version};

use crate::connection::body::Reply;

/// What hyper looks into: a reply that has one of these is left to it.
const LEFT_TO_HYPER: [HeaderName; 5] =
    [CONNECTION, CONTENT_LENGTH, DATE, TRAILER, TRANSFER_ENCODING];

/// Whether [`encode`] writes the head of `reply` as hyper would.
pub(super) fn is_plain(reply: &Reply) -> bool {
    let headers = reply.headers();
    reply.status() == StatusCode::OK
        && reply.version() == Version::HTTP_11
        && reply.extensions().is_empty()
        && !LEFT_TO_HYPER.iter().any(|name| headers.contains_key(name))
}

/// A head with `headers`, of a body in chunks that is the last thing sent where the connection `closes` behind it.
pub(super) fn encode(headers: &HeaderMap, closes: bool) -> Vec<u8> {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    let mut line = |name: &str, value: &[u8]| {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    };
    for (name, value) in headers {
        line(name.as_str(), value.as_bytes());
    }
    if closes {
        line("connection", b"close");
    }
    line("transfer-encoding", b"chunked");
    let now = httpdate::fmt_http_date(SystemTime::now());
    line("date", now.as_bytes());
    head.extend_from_slice(b"\r\n");
    head
}
