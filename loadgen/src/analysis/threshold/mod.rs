//! What became of what is asked of a run's figures, on any report, and while it is being made.

mod evaluate;
mod judgement;
mod live;
mod series;
mod share;
mod source;
mod stretch;
mod windows;

pub use evaluate::judge;
pub(crate) use live::Live;
pub(crate) use share::Bad;
