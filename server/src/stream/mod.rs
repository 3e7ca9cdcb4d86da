//! A stream on its way out, as the body of a response.

pub(crate) mod counted;
pub(crate) mod encoding;
pub(crate) mod eventless;
pub(crate) mod events;
pub(crate) mod plan;
