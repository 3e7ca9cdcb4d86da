//! When what a stream sends is due: values fixed in advance, and the order that follows from them.
//!
//! | part | is |
//! | --- | --- |
//! | `pace` | when event k is due: a pure function, never "now + interval" |
//! | `jitter` | what is drawn about it, in advance, too: gaps and stalls |
//! | `batching` | streams that advance together, as the answers of a batch do |
//! | `timing` | all of these of one stream, as a value |
//! | `timeline` | the order that its events and heartbeats come in |

pub(crate) mod batching;
pub(crate) mod jitter;
pub(crate) mod pace;
pub(crate) mod timeline;
pub(crate) mod timing;
