//! When streams start, as values fixed in advance.

mod admission;
mod closed;
mod open;

pub(crate) use admission::Gauge;
pub use closed::ClosedPopulation;
pub use open::{Arrivals, Process};
