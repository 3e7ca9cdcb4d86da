//! The control: one thread, plain non-blocking sockets, epoll, and nothing else.

mod chunk;
mod epoll_sink;
mod tally;
mod write_loop;

pub use chunk::{Chunk, EVENT_BYTES};
pub use epoll_sink::{Received, Sink, epoll_sink};
pub use tally::{CpuTime, Stretch, Tally};
pub use write_loop::{Flood, write_loop};
