//! When what a stream sends is due: values fixed in advance, and the order that follows from them.

pub(crate) mod batching;
pub(crate) mod jitter;
pub(crate) mod pace;
pub(crate) mod timeline;
pub(crate) mod timing;
