//! One thread's share of the server.
//!
//! | part | is |
//! | --- | --- |
//! | `thread` | the share itself: timers, the drain, and what follows here |
//! | `shared` | what the shares of all threads have in common |
//! | `limits` | what clients may take of a server |
//! | `admission` | whether another stream may be open: counts of all threads, under one lock |
//! | `ticket` | a stream's leave to be open, until it is dropped |
//!
//! Figures of what the server does lie in these places, and nowhere else:
//!
//! | part | has |
//! | --- | --- |
//! | `stats` | what one thread has done so far: counted by it alone, read by all |
//! | `counters` | what `Server::shutdown` gives in the end: some of the stats of all threads, added up |
//! | `usage` | what the process and its host use, as the kernel tells it |
//! | `shared::Snapshot` | stats and usage at an instant, for who wants to know what changed between two |
//!
//! `metrics` and `scenario::monitor` write them down for others, and keep none.

pub(crate) mod admission;
pub(crate) mod counters;
pub(crate) mod limits;
pub(crate) mod shared;
pub(crate) mod stats;
pub(crate) mod thread;
pub(crate) mod ticket;
pub(crate) mod usage;
