pub(crate) mod counted;
pub(crate) mod encoding;
pub(crate) mod events;
