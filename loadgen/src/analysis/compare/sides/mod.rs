//! What both sides are, before any figure of theirs is held against another: whether they can be compared at all, in which order
//! their runs were made, and what has to be known of them.

mod comparable;
mod copies;
mod difference;
mod order;
mod remarks;
mod runs;

pub use comparable::Incomparable;
pub(super) use comparable::check;
pub use difference::{Difference, DifferenceError};
pub(super) use order::out_of_turn;
pub(super) use remarks::{all, doubts, invalid};
pub(super) use runs::{Run, runs};
