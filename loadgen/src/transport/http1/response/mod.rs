//! HTTP/1.1 as a client reads it (RFC 9112), in place: the head by `httparse`, the body by a scan over the bytes as they
//! lie in the worker's read buffer.

mod body;
mod head;
mod partial_head;

pub use body::Body;
pub use head::{Framing, Head};
pub use partial_head::{HeadAndRest, PartialHead};

use thiserror::Error;

/// What makes a response not HTTP/1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProtocolError {
    /// The head does not parse.
    #[error("response head: {0}")]
    Head(httparse::Error),
    /// The head is longer than is read.
    #[error("response head longer than {limit_bytes} bytes")]
    HeadTooLong {
        /// The limit.
        limit_bytes: usize,
    },
    /// `content-length` is no number, or there are several that differ (RFC 9112, 6.3).
    #[error("invalid content-length")]
    ContentLength,
    /// A transfer coding other than `chunked` was not asked for and cannot be read.
    #[error("transfer-encoding other than chunked")]
    TransferEncoding,
    /// HTTP/1.0 knows no transfer codings: who sends one there does not know what it sends (RFC 9112, 6.1).
    #[error("transfer-encoding in HTTP/1.0")]
    TransferEncodingVersion,
    /// A content coding was not asked for and cannot be read.
    #[error("content-encoding, though none was asked for")]
    ContentEncoding,
    /// The server wants another protocol.
    #[error("101 Switching Protocols, though none was asked for")]
    Upgrade,
    /// A chunk's size line is not hexadecimal digits, or its number too large (RFC 9112, 7.1).
    #[error("invalid chunk size")]
    ChunkSize,
    /// Chunk extensions or trailers are longer than is read.
    #[error("chunk extensions or trailers longer than {limit_bytes} bytes")]
    ChunkTooLong {
        /// The limit.
        limit_bytes: u32,
    },
    /// A chunk or a line of chunked framing does not end in CR LF.
    #[error("chunk without CR LF at its end")]
    ChunkEnd,
    /// What follows the last chunk is no field line (RFC 9112, 7.1.2).
    #[error("invalid trailer")]
    Trailer,
}
