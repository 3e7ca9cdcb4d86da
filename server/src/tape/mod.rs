//! What is sent, encoded once and shared by all streams that send it.
//!
//! | part | is |
//! | --- | --- |
//! | `encoded` | the events of one shape, in blocks that are shared while they are in use |
//! | `shape` | what the bytes of events depend on |
//! | `tapes` | those of one thread |
//! | `filler` | events of random characters |
//! | `recording` | events of a recorded stream |

pub(crate) mod encoded;
pub(crate) mod filler;
pub(crate) mod recording;
pub(crate) mod shape;
pub(crate) mod tapes;
