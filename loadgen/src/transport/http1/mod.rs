//! HTTP/1.1 as a client reads it.

mod response;

pub use response::{Body, Framing, Head, ProtocolError};
