//! A server that streams Server-Sent Events straight from pre-encoded bytes, each at the instant its schedule says.
//!
//! # Where a change belongs
//!
//! From the top down: each imports only what stands below it.
//!
//! | module | is |
//! | --- | --- |
//! | `server` | the threads, one per core, each with a runtime of its own: starting and draining them |
//! | `config` | what a server is to be, put together of the settings that lie with what they set |
//! | `router` | which resource a request is for |
//! | `metrics`, `page` | what `/metrics` and `/` answer |
//! | `scenario` | what streams say: each file turns a request into a stream |
//! | `hub` | fan-out of what is published: once per core, then to that core's subscribers |
//! | `request` | a request as it is read, and what it is answered with |
//! | `fault` | what goes wrong with a stream because it is asked for: a body around its body |
//! | `stream` | a stream on its way out, as the body of a response |
//! | `connection` | from the listening socket to the bytes of one connection: TLS, HTTP/1.1, HTTP/2, one frame a write |
//! | `core` | one thread's share of the server: timers, the drain, limits, and figures of what it has done |
//! | `tape` | events encoded once, in blocks that all streams of the same shape share |
//! | `schedule` | when events are due: a pure function, never "now + interval" |
//! | `cache`, `number` | things that are shared as long as somebody holds them; numbers, read exactly |
//!
//! The way of a request: `connection` hands it to the `router`, which finds the `scenario`. That settles the whole stream as
//! a value, and `request` opens it, if another one may be open. `stream` hands over what is due as one frame: a slice of the
//! `tape`, at the instants of its `schedule`. Around it stand, where they are asked for, its `fault`s and its encoding.
//!
//! Per event, nothing is shared with another core, and an event is neither
//! copied nor allocated for unless it is stamped. Late events are sent late, never skipped, and a reader that does not
//! read holds back only its own stream, with one frame in memory.
//!
//! ```
//! use std::time::Duration;
//! use weir_server::{Config, Server};
//!
//! let server = Server::start(&Config {
//!     drain: Duration::from_secs(1),
//!     ..Config::default()
//! })?;
//! println!("streams at http://{}/sse", server.addr());
//! let counters = server.shutdown();
//! assert_eq!(counters.streams, 0);
//! # Ok::<(), std::io::Error>(())
//! ```

mod cache;
mod config;
mod connection;
mod core;
mod fault;
mod hub;
mod metrics;
mod number;
mod page;
mod request;
mod router;
mod scenario;
mod schedule;
mod server;
mod stream;
mod tape;

pub use config::Config;
pub use connection::tls::Tls;
pub use core::counters::Counters;
pub use core::limits::Limits;
pub use fault::kinds::Faults;
pub use fault::parse::BadFault;
pub use hub::settings::{Fanout, SlowSubscriber};
pub use scenario::upstream::{NotAnUpstream, Upstream};
pub use server::Server;
pub use tape::recording::{NotARecording, Recording};
