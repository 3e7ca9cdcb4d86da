//! When streams start, as values fixed in advance.

mod closed;
mod open;

pub use closed::ClosedPopulation;
pub use open::{Arrivals, Process};
