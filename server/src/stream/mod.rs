//! A stream on its way out, as the body of a response.
//!
//! | part | is |
//! | --- | --- |
//! | `plan` | a stream as a value, settled before its first byte |
//! | `events` | the stream of a plan: what is due now, as a slice of the tape or a copy of it with stamps |
//! | `counted` | what all streams have in common as bodies |
//! | `eventless` | blocks that are no events: heartbeats, and when to come back |
//! | `encoding` | zstd, br and gzip, each frame flushed |

pub(crate) mod counted;
pub(crate) mod encoding;
pub(crate) mod eventless;
pub(crate) mod events;
pub(crate) mod plan;
