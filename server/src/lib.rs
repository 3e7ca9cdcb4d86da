//! A server that streams Server-Sent Events straight from pre-encoded bytes, each at the instant its schedule says.
//!
//! # The way of a request
//!
//! | module | does |
//! | --- | --- |
//! | `server` | starts one thread per core, each with a runtime of its own, and drains them |
//! | `core` | is what the streams of one thread share: timers, tapes, and whether it drains |
//! | `shared` | is what the cores have in common: limits (`config`), open streams (`admission`), counts of each (`stats`) |
//! | `listener` | binds one socket per core at the same address, and accepts |
//! | `opening` | finds out what a connection speaks, under TLS (`tls`) or in clear |
//! | `connection` | runs hyper on one that speaks HTTP/1.1; `gate` keeps each frame a write of its own |
//! | `http2` | runs hyper on one that speaks HTTP/2, with a task for each stream |
//! | `ending` | counts the limits that connections end by |
//! | `route` | finds the resource for path and method |
//! | `call` | is the request on its way there; it reads the body and opens the stream of the answer |
//! | `scenario` | reads the request (`query`) and settles the stream as a value: a plan |
//! | `tape` | has the events of the plan's shape encoded, in blocks that the core's `library` shares among streams |
//! | `pace` | says when event k is due: a pure function, never "now + interval" |
//! | `chance` | draws what `pace` does not fix: gaps and stalls, in advance, too |
//! | `schedule` | puts them in order, with heartbeats among them |
//! | `steps` | lets streams advance together, as the answers of a batch do |
//! | `body` | hands over what is due as one frame: a slice of the tape, or a copy of it with stamps |
//! | `hub` | fans out what is published: once per core, then to that core's subscribers |
//! | `upstream` | is where the relay's streams come from |
//! | `outlet` | is what all streams have in common as bodies |
//! | `metrics`, `host` | say what the server, its process and its host are doing |
//! | `coding` | encodes it for who asks, each frame flushed |
//! | `fault` | is what goes wrong with a stream because it is asked for: a body around its body |
//! | `reply` | builds the responses around it |
//! | `page` | is the page at `/`, with its style and scripts |
//!
//! Per event, nothing on that way is shared with another core, and an event is neither
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

mod admission;
mod body;
mod call;
mod chance;
mod coding;
mod config;
mod connection;
mod core;
mod counters;
mod ending;
mod fault;
mod gate;
mod host;
mod http2;
mod hub;
mod library;
mod listener;
mod metrics;
mod opening;
mod outlet;
mod pace;
mod page;
mod query;
mod recording;
mod reply;
mod respond;
mod route;
mod scenario;
mod schedule;
mod server;
mod shared;
mod shelf;
mod stats;
mod steps;
mod tape;
mod tls;
mod unsent;
mod upstream;

pub use config::{Config, Fanout, Limits, SlowSubscriber, Tls};
pub use counters::Counters;
pub use fault::{BadFault, Faults};
pub use recording::{NotARecording, Recording};
pub use server::Server;
pub use upstream::{NotAnUpstream, Upstream};
