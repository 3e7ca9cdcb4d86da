//! The control: one thread, plain non-blocking sockets, epoll, a timerfd, and nothing else.

mod burn;
mod chunk;
mod epoll_sink;
mod tally;
mod wakes;
mod write_loop;

pub use burn::Burn;
pub use chunk::{Chunk, EVENT_BYTES};
pub use epoll_sink::{Received, Sink};
pub use tally::{CpuTime, Stretch, Tally};
pub use wakes::late_wakes_ns;
pub use write_loop::{Flood, write_loop};
