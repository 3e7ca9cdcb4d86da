//! What became of what is asked of a run's figures, on any report, and while it is being made.

mod evaluate;
mod live;
mod share;
mod source;
mod stretch;

pub use evaluate::judge;
pub(crate) use live::Live;
pub(crate) use share::Bad;
