//! From the listening socket to the bytes of one connection.
//!
//! | part | does |
//! | --- | --- |
//! | `listener` | binds one socket per core at the same address, and accepts |
//! | `detection` | finds out what a connection speaks, under TLS (`tls`) or in clear |
//! | `http1` | runs hyper on one that speaks HTTP/1.1, and takes it over while a stream is written |
//! | `http2` | runs hyper on one that speaks HTTP/2, with a task for each stream |
//! | `gate` | keeps each frame a write of its own, and breaks a connection off where that is asked for |
//! | `unsent` | knows what the streams of HTTP/2 have yet to send |
//! | `close_reason` | counts the limits that connections end by |
//! | `handler` | is what answers the requests |
//! | `request_body` | is what the requests have behind their heads |
//! | `body` | is what it answers with |

pub(crate) mod body;
pub(crate) mod close_reason;
pub(crate) mod detection;
pub(crate) mod gate;
pub(crate) mod handler;
pub(crate) mod http1;
pub(crate) mod http2;
pub(crate) mod listener;
pub(crate) mod request_body;
pub(crate) mod tls;
pub(crate) mod unsent;
