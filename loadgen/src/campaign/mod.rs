//! What makes several runs: a comparison of two sides, a search for a capacity, a calibration; and the servers that they start.

pub mod calibrate;
pub mod capacity;
pub mod compare;
pub mod embedded;
mod interrupt;
pub mod server;

pub use interrupt::Interrupt;

/// Threads that this machine has a processor for.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
