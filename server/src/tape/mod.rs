pub(crate) mod encoded;
pub(crate) mod library;
pub(crate) mod recording;
