pub(crate) mod batching;
pub(crate) mod jitter;
pub(crate) mod pace;
pub(crate) mod timeline;
