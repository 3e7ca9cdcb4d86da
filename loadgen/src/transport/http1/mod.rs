//! HTTP/1.1 as a client speaks it (RFC 9112): requests written once, responses read in place.

mod exchange;
mod request;
mod response;

pub(super) use exchange::Exchange;
pub(super) use request::encode_request;
pub use response::{Body, Framing, Head, HeadAndRest, PartialHead, ProtocolError};
