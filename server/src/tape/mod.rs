//! What is sent, encoded once and shared by all streams that send it.

pub(crate) mod encoded;
pub(crate) mod filler;
pub(crate) mod recording;
pub(crate) mod shape;
pub(crate) mod tapes;
